import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseOffer } from '../../sdp/offer.ts';
import type { SipResponse } from '../../sip/message.ts';
import { pushRequest } from '../../sip/test-core.ts';
import type { ProfileInput } from '../profile.ts';
import { FOR_MMS, FROM_PSA, GRUU, offerOf, TestTerminal } from '../test-terminal.ts';

const FILE = { name: 'a.txt', content: Buffer.from('hello'), type: 'text/plain' };
const FOR_OTHERS = 'Accept-Contact: *;+g.oma.pusheventapp="x.ua"';
const FROM_EVE = 'P-Asserted-Identity: <sip:eve@evil.test>';

describe('OPTIONS (PRA-CAP-04, RFC 3261 §11.2)', () => {
  let test: TestTerminal;

  beforeEach(() => begin({}));

  afterEach(() => test.close());

  async function begin(settings: Partial<ProfileInput>): Promise<void> {
    test = await TestTerminal.open(settings);
  }

  async function ask(options: Parameters<typeof pushRequest>[1] = {}): Promise<SipResponse> {
    test.core.send(pushRequest('OPTIONS', options));
    return test.core.response();
  }

  it('says what the terminal can do: methods, types, extensions, feature tags on the GRUU', async () => {
    const answer = await ask();
    expect(answer.code).toBe(200);
    expect(answer.headers('Allow')).toEqual(
      expect.arrayContaining(['INVITE', 'MESSAGE', 'OPTIONS', 'PRACK', 'UPDATE']),
    );
    expect(answer.headers('Accept')).toEqual(['application/sdp', 'message/external-body', '*/*']);
    expect(answer.headers('Accept-Encoding')).toContain('gzip');
    expect(answer.headers('Supported')).toEqual(expect.arrayContaining(['gruu', 'timer', '100rel']));
    expect(answer.headers('Allow-Events')).toEqual(['refer']);
    expect(answer.header('Contact')).toBe(`<${GRUU}>;+g.oma.pusheventapp="mms.ua,wml.ua"`);
  });

  it('and in SDP: a media line for MSRP at port 0, with an empty file-selector and nothing else of files', async () => {
    const answer = await ask();
    expect(answer.header('Content-Type')).toBe('application/sdp');
    const sdp = answer.body.toString();
    expect(sdp).toMatch(/^m=message 0 TCP\/MSRP \*\r$/m);
    expect(sdp).toMatch(/^a=file-selector\r$/m);
    expect(sdp).toMatch(/^a=accept-types:message\/cpim \*\r$/m);
    expect(sdp.match(/a=file/g)).toHaveLength(1);
    expect(parseOffer(sdp).kind).toBe('ok');
    // RFC 3264 §9: no two of them have the same session id.
    expect((await ask()).body.toString()).not.toBe(sdp);
  });

  it.each([
    ['nothing said', [], true],
    ['SDP wanted', ['Accept: text/plain, application/sdp'], true],
    ['anything wanted', ['Accept: */*'], true],
    ['other things wanted', ['Accept: text/plain'], false],
  ])('%s in Accept', async (_name, headers, hasSdp) => {
    expect((await ask({ headers })).body.length > 0).toBe(hasSdp);
  });

  it.each([
    ['no application, as cores ask that only look', 200, []],
    ['an application it serves, by a trusted sender', 200, [FOR_MMS, FROM_PSA]],
    ['an application it does not serve', 403, [FOR_OTHERS, FROM_PSA]],
    ['an application, by a sender who is not asserted', 403, [FOR_MMS]],
    ['an application, by a sender who is not trusted', 403, [FOR_MMS, FROM_EVE]],
    ['an extension it does not have', 420, ['Require: teleport']],
    ['one that it has', 200, ['Require: norefersub, gruu']],
  ])('%s: %i, as an INVITE', async (_name, code, headers) => {
    expect((await ask({ headers })).code).toBe(code);
  });

  it.each([
    ['somebody else', 404, 'sip:carol@push.test'],
    ['a telephone', 416, 'tel:+1555'],
    ['its GRUU', 200, GRUU],
  ])('for %s: %i', async (_name, code, to) => {
    expect((await ask({ to })).code).toBe(code);
  });

  it('with no hops left is answered by whom it reaches (§11)', async () => {
    test.core.send(pushRequest('OPTIONS').replace('Max-Forwards: 70', 'Max-Forwards: 0'));
    expect((await test.core.response()).code).toBe(200);
  });

  it('is answered 486 when one more INVITE would be', async () => {
    const sdp = offerOf([FILE]);
    for (let call = 0; call < 64; call += 1) {
      test.core.send(
        pushRequest('INVITE', {
          callId: `call-${call}`,
          headers: ['Contact: <sip:psa@127.0.0.1:7777>', FOR_MMS, FROM_PSA, 'Content-Type: application/sdp'],
          body: sdp,
        }),
      );
    }
    while (test.events.filter(({ event }) => event === 'offer').length < 64) {
      const known = new Set(test.events);
      await test.event('offer', (event) => !known.has(event));
    }
    expect((await ask()).code).toBe(486);
  });

  it('inside a session tells the same', async () => {
    test.invite([FILE]);
    test.terminal.accept((await test.event('offer')).offer, [0]);
    const answer = await test.core.response();
    test.inDialog('ACK', answer, 1);
    test.inDialog('OPTIONS', answer, 2);
    const options = await test.core.response();
    expect(options.code).toBe(200);
    expect(options.header('Contact')).toContain(GRUU);
    expect(options.body.toString()).toContain('a=file-selector');
  });

  it('in a burst gets 503 beyond a hundred a second', async () => {
    const count = 150;
    for (let at = 0; at < count; at += 1) test.core.send(pushRequest('OPTIONS', { branch: `burst${at}` }));
    const codes: number[] = [];
    while (codes.length < count) codes.push((await test.core.response()).code);
    expect(codes.filter((code) => code === 200)).toHaveLength(100);
    expect(codes.filter((code) => code === 503)).toHaveLength(50);
  });

  it('over TLS names the transport, and the link to the UAProf document where there is one', async () => {
    await test.close();
    await begin({
      msrp: { tls: true },
      files: { accept: ['image/*', 'text/plain'] },
      content: { accept: ['text/plain'] },
      device: { uaProf: 'https://lab.test/device.rdf' },
    });
    const answer = await ask();
    expect(answer.body.toString()).toMatch(/^m=message 0 TCP\/TLS\/MSRP \*\r$/m);
    expect(answer.body.toString()).toMatch(/^a=accept-wrapped-types:image\/\* text\/plain\r$/m);
    expect(answer.headers('Accept')).toEqual(['application/sdp', 'message/external-body', 'text/plain']);
    expect(answer.header('x-wap-profile')).toBe('"https://lab.test/device.rdf"');
  });
});
