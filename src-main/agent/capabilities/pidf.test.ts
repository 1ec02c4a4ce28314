import { describe, expect, it } from 'vitest';
import { parseXmlDocument } from '../../sip/xml-document.ts';
import { type PushCapabilities, pidfOf } from './pidf.ts';

const CAPS = 'urn:ietf:params:xml:ns:pidf:caps';
const BOB: PushCapabilities = {
  aor: 'sip:bob@push.test',
  instanceId: 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
  contact: 'sip:bob@push.test;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
  tags: [
    '+g.oma.pusheventapp="mms.ua,wml.ua"',
    '+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel"',
  ],
  types: ['text/plain', 'Image/*', 'text/plain'],
  uaProfile: 'https://lab.test/device.rdf?a=1&b=2',
};

function read(capabilities: PushCapabilities) {
  const parsed = parseXmlDocument(Buffer.from(pidfOf(capabilities)));
  if (parsed.kind === 'bad') throw new Error(parsed.reason);
  const { root } = parsed;
  const all = (name: string) => [...root.getElementsByTagName(name)];
  return { root, all, texts: (name: string) => all(name).map((element) => element.textContent) };
}

describe('the presence document of push capabilities (RFC 5196)', () => {
  it('is about the user, with a tuple for this instance and its GRUU', () => {
    const { root, all, texts } = read(BOB);
    expect(root.namespaceURI).toBe('urn:ietf:params:xml:ns:pidf');
    expect(root.getAttribute('entity')).toBe(BOB.aor);
    expect(all('tuple').map((tuple) => tuple.getAttribute('id'))).toEqual([
      'push-f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    ]);
    expect(texts('contact')).toEqual([BOB.contact]);
    expect(texts('basic')).toEqual(['open']);
  });

  it('lists the capabilities in the order of the schema', () => {
    const [servcaps] = read(BOB).all('caps:servcaps');
    const names = [...(servcaps?.childNodes ?? [])].flatMap(({ nodeName }) =>
      nodeName === '#text' ? [] : [nodeName],
    );
    expect(names).toEqual([
      'caps:event-packages',
      'caps:extensions',
      'caps:message',
      'caps:methods',
      'caps:type',
      'caps:type',
      'push:feature',
      'push:feature',
      'push:uaprof',
    ]);
    expect(servcaps?.namespaceURI).toBe(CAPS);
  });

  it('names applications, methods, extensions, types and the UAProf link', () => {
    const { all, texts } = read(BOB);
    expect(all('push:feature').map((one) => [one.getAttribute('name'), one.textContent])).toEqual([
      ['g.oma.pusheventapp', 'mms.ua,wml.ua'],
      ['g.3gpp.icsi-ref', 'urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel'],
    ]);
    for (const name of ['MESSAGE', 'INVITE', 'timer', 'rel100', 'gruu'])
      expect(all(`caps:${name}`)).toHaveLength(1);
    expect(texts('caps:type')).toEqual(['text/plain', 'image/*']);
    expect(texts('push:uaprof')).toEqual([BOB.uaProfile]);
  });

  it('is closed and names no application while push is withdrawn (X-05)', () => {
    const { all, texts } = read({ ...BOB, tags: [], uaProfile: null });
    expect(texts('basic')).toEqual(['closed']);
    expect(all('push:feature')).toEqual([]);
    expect(all('push:uaprof')).toEqual([]);
  });

  it('holds any application identifier as text', () => {
    const odd = 'a<b>&\'"]]>';
    const { all } = read({ ...BOB, tags: [`+g.oma.pusheventapp="${odd.replace('"', '\\"')}"`] });
    expect(all('push:feature').map((one) => one.textContent)).toEqual([odd]);
  });
});
