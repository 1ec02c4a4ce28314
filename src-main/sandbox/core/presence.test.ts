import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mangled } from '../../content/test-random.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { parseXmlDocument } from '../../sip/xml-document.ts';
import { composePresence, isPresenceDocument, PIDF_TYPE, PresencePackage } from './presence-package.ts';
import type { TestPeer } from './test-peer.ts';
import { BOB, TestWorld } from './test-world.ts';

type Headers = Readonly<Record<string, string>>;

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.open();
});
afterEach(async () => {
  await world.close();
});

describe('PUBLISH of presence (RFC 3903 §6)', () => {
  it('is challenged, gets an entity-tag, and its document goes to watchers', async () => {
    const { desk, psa } = world;
    const first = await watch(psa);
    expect(tuplesOf(first)).toEqual([]);
    const ok = await publish(desk, pidf('a'));
    expect(ok.header('SIP-ETag')).toMatch(/^[0-9a-f]{16}$/);
    expect(ok.header('Expires')).toBe('3600');
    const notify = await psa.nextRequest('NOTIFY');
    expect(notify.header('Event')).toBe('presence');
    expect(notify.header('Content-Type')).toBe(PIDF_TYPE);
    expect(notify.body.toString()).toBe(pidf('a'));
  });

  it('is refreshed without a body under a new tag, and nobody is told', async () => {
    const { desk, psa } = world;
    const { tag } = await published(desk, 'a');
    await watch(psa);
    const ok = await publish(desk, '', { 'SIP-If-Match': tag });
    expect(ok.header('SIP-ETag')).not.toBe(tag);
    expect(await refused(desk, '', { 'SIP-If-Match': tag })).toBe(412);
    expect(psa.unread).toEqual([]);
  });

  it('is changed by another document and removed by Expires 0', async () => {
    const { desk, psa } = world;
    const { tag } = await published(desk, 'a');
    expect(tuplesOf(await watch(psa))).toEqual(['a']);
    const changed = await publish(desk, pidf('b'), { 'SIP-If-Match': tag });
    expect(tuplesOf(await answered(psa))).toEqual(['b']);
    const removed = await publish(desk, '', {
      'SIP-If-Match': changed.header('SIP-ETag') ?? '',
      Expires: '0',
    });
    expect(removed.header('Expires')).toBe('0');
    expect(tuplesOf(await answered(psa))).toEqual([]);
  });

  it('of two terminals is told as one document with unique ids', async () => {
    const { desk, phone, psa } = world;
    await published(desk, 'a');
    await published(phone, 'a');
    expect(tuplesOf(await watch(psa))).toEqual(['a', 'a-2']);
  });

  it.each<[string, string, Headers, number]>([
    ['of another event', pidf('a'), { Event: 'dialog' }, 489],
    ['without an event', pidf('a'), { Event: '' }, 489],
    ['without a body', '', {}, 400],
    ['of another type', pidf('a'), { 'Content-Type': 'text/plain' }, 415],
    ['of no XML', '<presence', {}, 400],
    ['of another document', '<presence xmlns="urn:other"/>', {}, 400],
    ['with an unknown tag', pidf('a'), { 'SIP-If-Match': 'nobody' }, 412],
    ['for too short a time', pidf('a'), { Expires: '5' }, 423],
    ['that is too long', pidf('a'.repeat(20_000)), {}, 413],
    ['that requires what the core does not know', pidf('a'), { Require: 'wings' }, 420],
  ])('%s is refused', async (_what, body, headers, code) => {
    expect(await refused(world.desk, body, headers)).toBe(code);
  });

  it('by another user is refused with 403, to nobody with 404', async () => {
    expect(await refused(world.psa, pidf('a'))).toBe(403);
    expect(await refused(world.psa, pidf('a'), {}, 'sip:nobody@push.test')).toBe(404);
  });

  it('has a bounded number of publications a user', async () => {
    const { desk } = world;
    for (let number = 0; number < 20; number++) await published(desk, `t${number}`);
    expect(await refused(desk, pidf('more'))).toBe(403);
  });
});

describe('PresencePackage', () => {
  it('composes once for all watchers of an AOR, and anew when something else is published', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => Buffer.from(pidf(id)));
    if (a === undefined || b === undefined || c === undefined) throw new Error('no documents');
    let documents = [a, b];
    const presence = new PresencePackage(() => [...documents]);
    const bodies = [BOB, BOB, 'sip:alice@push.test'].map((aor) => presence.watch(aor).document(0).body);
    expect(bodies[1]).toBe(bodies[0]);
    expect(bodies[2]?.toString()).toContain('alice');
    documents = [a, c];
    expect(presence.watch(BOB).document(1).body.toString()).toContain('id="c"');
  });
});

describe('composePresence', () => {
  it('gives elements ids of their own in a moment, though thousands claim the same', () => {
    const flood = pidf('a').replace(/<tuple.*<\/tuple>/, '<n id="a"/><n id="a-2"/>'.repeat(700));
    const documents = Array.from({ length: 20 }, () => Buffer.from(flood));
    const start = performance.now();
    const composed = composePresence(BOB, documents).toString();
    const ids = [...composed.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids).toHaveLength(28_000);
    expect(new Set(ids).size).toBe(28_000);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('reads any bytes and writes a document', () => {
    for (const bytes of mangled([Buffer.from(pidf('a')), Buffer.from(pidf('b'))], 2000, 7)) {
      const documents = [bytes, bytes, Buffer.from(pidf('b'))].filter(isPresenceDocument);
      if (documents.length > 1) expect(parseXmlDocument(composePresence(BOB, documents)).kind).toBe('ok');
    }
  });
});

function pidf(id: string): string {
  return `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="${BOB}"><tuple id="${id}"><status><basic>open</basic></status></tuple></presence>`;
}

function publication(peer: TestPeer, body: string, headers: Headers, uri = BOB): SipRequest {
  const type = body === '' ? {} : { 'Content-Type': PIDF_TYPE };
  return peer.newRequest('PUBLISH', uri, { Event: 'presence', Contact: '', ...type, ...headers }, body);
}

async function publish(peer: TestPeer, body: string, headers: Headers = {}): Promise<SipResponse> {
  await peer.sendAuthenticated(publication(peer, body, headers));
  return peer.nextResponse(200);
}

async function published(peer: TestPeer, id: string): Promise<{ readonly tag: string }> {
  return { tag: (await publish(peer, pidf(id))).header('SIP-ETag') ?? '' };
}

/** The code of the answer, after a challenge if there is one. */
async function refused(peer: TestPeer, body: string, headers: Headers = {}, uri = BOB): Promise<number> {
  const request = publication(peer, body, headers, uri);
  peer.send(request);
  const first = await response(peer);
  if (first.code !== 407) return first.code;
  peer.send(peer.answer(request, first));
  return (await response(peer)).code;
}

async function response(peer: TestPeer): Promise<SipResponse> {
  const message = await peer.next();
  if (message.kind !== 'response') throw new Error(`expected an answer, got ${message.startLine}`);
  return message;
}

async function watch(peer: TestPeer): Promise<SipRequest> {
  await peer.sendAuthenticated(peer.newRequest('SUBSCRIBE', BOB, { Event: 'presence', Accept: PIDF_TYPE }));
  await peer.nextResponse(200);
  return answered(peer);
}

async function answered(peer: TestPeer): Promise<SipRequest> {
  const notify = await peer.nextRequest('NOTIFY');
  peer.reply(notify, 200);
  return notify;
}

function tuplesOf(notify: SipRequest): readonly string[] {
  const result = parseXmlDocument(notify.body);
  if (result.kind === 'bad') throw new Error(result.reason);
  return [...result.root.children].map((tuple) => tuple.getAttribute('id') ?? '');
}
