import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HistoryBusyError } from '../history/history.ts';
import type { SipResponse } from '../sip/message.ts';
import { pushRequest } from '../sip/test-core.ts';
import { FOR_MMS, FROM_PSA, TestTerminal } from './test-terminal.ts';

const TEXT = 'Content-Type: text/plain';
const FOR_OTHERS = 'Accept-Contact: *;+g.oma.pusheventapp="x.ua"';
const FROM_EVE = 'P-Asserted-Identity: <sip:eve@evil.test>';
const IMAGE = 'Content-Type: image/png';
const UNKNOWN_EXTENSION = 'Require: Teleport, gruu';
const LARGE = 'x'.repeat(1024 * 1024 + 1);

type Request = Parameters<typeof pushRequest>[1] & { readonly method?: string };

describe('the codes of pager mode', () => {
  let test: TestTerminal;

  beforeEach(async () => {
    test = await TestTerminal.open({ content: { accept: ['text/*'] } });
  });

  afterEach(() => test.close());

  async function answerTo(request: Request, change = (text: string) => text): Promise<SipResponse> {
    test.core.send(change(pushRequest(request.method ?? 'MESSAGE', { body: 'hello', ...request })));
    return test.core.response();
  }

  async function rows(): Promise<number> {
    return (await test.history.counts()).total;
  }

  describe('of several faults', () => {
    const everyFault = { to: 'tel:+1555', headers: [UNKNOWN_EXTENSION, FOR_OTHERS, IMAGE] };

    it.each([
      ['the version', 505, { ...everyFault, version: 'SIP/3.0', hops: 'many' }],
      ['the syntax', 400, { ...everyFault, hops: 'many', method: 'PUBLISH' }],
      ['a method it does not know', 501, { ...everyFault, method: 'TELEPORT' }],
      ['a method it does not serve', 405, { ...everyFault, method: 'PUBLISH' }],
      ['a To tag of no dialog (X-35)', 481, { ...everyFault, toTag: 'x' }],
      ['the scheme of the URI', 416, everyFault],
      ['whom it is for', 404, { ...everyFault, to: 'sip:carol@push.test' }],
      ['an extension it does not have', 420, { ...everyFault, to: 'sip:bob@push.test' }],
    ])('%s counts first: %i, and no row', async (_name, code, request) => {
      const { version = 'SIP/2.0', hops = '70', ...rest }: Request & Change = request;
      const changed = (text: string) =>
        text.replace('SIP/2.0\r\n', `${version}\r\n`).replace('Max-Forwards: 70', `Max-Forwards: ${hops}`);
      const answer = await answerTo(rest, changed);
      expect(answer.code).toBe(code);
      expect(answer.header('Unsupported')).toBe(code === 420 ? 'Teleport' : undefined);
      if (code === 405 || code === 501) expect(answer.headers('Allow')).toContain('MESSAGE');
      expect(await rows()).toBe(0);
    });

    it.each([
      ['the application', 403, [FOR_OTHERS, IMAGE], /called x\.ua/],
      ['no application', 403, [IMAGE], /names no application/],
      ['the identity', 403, [FOR_MMS, IMAGE], /asserts no identity/],
      ['the sender', 403, [FOR_MMS, FROM_EVE, IMAGE], /not on the list/],
      ['the size', 513, [FOR_MMS, FROM_PSA, IMAGE], /at most 1048576/],
    ])('%s counts next: %i, and one row that says why', async (_name, code, headers, reason) => {
      const answer = await answerTo({ headers, body: LARGE });
      expect(answer.code).toBe(code);
      expect(answer.header('Warning')).toMatch(reason);
      await test.reached('refused');
      expect(await rows()).toBe(1);
      expect(test.events.some(({ event }) => event === 'push')).toBe(false);
    });

    it.each([
      ['a malformed type', 400, ['Content-Type: text', 'Content-Encoding: x']],
      ['the type', 415, [IMAGE, 'Content-Encoding: x']],
      ['the encoding', 415, [TEXT, 'Content-Encoding: x']],
    ])('%s counts last: %i', async (name, code, headers) => {
      const answer = await answerTo({ headers: [FOR_MMS, FROM_PSA, ...headers] });
      expect(answer.code).toBe(code);
      expect(answer.header('Accept')).toBe(code === 415 ? 'text/*' : undefined);
      expect(answer.header('Accept-Encoding') !== undefined).toBe(name === 'the encoding');
    });

    it('a merged request is 482 before its extensions and its application are looked at', async () => {
      const same = { callId: 'forked', headers: [FOR_MMS, FROM_PSA, TEXT] };
      expect((await answerTo({ ...same, branch: 'one' })).code).toBe(200);
      const again = { callId: 'forked', branch: 'two', headers: [UNKNOWN_EXTENSION, FOR_OTHERS] };
      expect((await answerTo(again)).code).toBe(482);
      expect(await rows()).toBe(1);
    });
  });

  it('gives a retransmission the same answer, refusals too, and keeps nothing twice', async () => {
    const good = { branch: 'good', callId: 'good', headers: [FOR_MMS, FROM_PSA, TEXT] };
    const bad = { branch: 'bad', callId: 'bad', headers: [FOR_OTHERS] };
    const first = [await answerTo(good), await answerTo(bad)];
    const again = [await answerTo(good), await answerTo(bad)];
    expect(again.map(({ code }) => code)).toEqual([200, 403]);
    expect(again.map(({ toTag }) => toTag)).toEqual(first.map(({ toTag }) => toTag));
    await expect.poll(rows).toBe(2);
  });

  it.each([
    ['full', new HistoryBusyError(), 503],
    ['broken', new Error('disk full'), 500],
  ])(
    'where history is %s says when to come back, tells nobody, and takes it then',
    async (_name, error, code) => {
      const add = vi.spyOn(test.history, 'add').mockRejectedValueOnce(error);
      const push = { callId: 'later', headers: [FOR_MMS, FROM_PSA, TEXT] };
      const refused = await answerTo({ ...push, branch: 'one', cseq: 1 });
      expect([refused.code, refused.header('Retry-After')]).toEqual([code, '10']);
      expect(refused.header('Warning')).toMatch(/^399 push-terminal "(?:Too many pushes|The push could not)/);
      expect(test.events.some(({ event }) => event === 'push' || event === 'push-changed')).toBe(false);
      expect((await answerTo({ ...push, branch: 'two', cseq: 2 })).code).toBe(200);
      expect(await rows()).toBe(1);
      add.mockRestore();
    },
  );

  it('answers 200 without body and Contact, with the header fields of the request (RFC 3428 §7, PRA-PAG-11)', async () => {
    const headers = ['Via: SIP/2.0/UDP psa.test;branch=z9hG4bKpsa', FOR_MMS, FROM_PSA, TEXT];
    const answer = await answerTo({ branch: 'top', callId: 'c', cseq: 42, headers });
    expect(answer.code).toBe(200);
    expect(answer.headers('Via')).toEqual([
      'SIP/2.0/TCP core.push.test;branch=z9hG4bKtop',
      'SIP/2.0/UDP psa.test;branch=z9hG4bKpsa',
    ]);
    expect(answer.header('From')).toBe('<sip:psa@push.test>;tag=sender');
    expect(answer.header('To')).toMatch(/^<sip:bob@push\.test>;tag=[0-9a-f]{16}$/);
    expect([answer.callId, answer.header('CSeq')]).toEqual(['c', '42 MESSAGE']);
    expect([answer.header('Contact'), answer.header('Content-Type'), answer.header('Accept')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(answer.body).toHaveLength(0);
  });

  it.each([
    ['Max-Forwards 0 (RFC 4475 §3.3.11)', [FOR_MMS, FROM_PSA, TEXT], /Max-Forwards: 70/, 'Max-Forwards: 0'],
    ['an im: To and From', [FOR_MMS, FROM_PSA, TEXT], /^(From|To): <sip:/gm, '$1: <im:'],
    ['a SIP and a tel identity in one field', [FOR_MMS, `${FROM_PSA}, <tel:+1555>`, TEXT]],
    [
      'the trusted one of two identities in two',
      [FOR_MMS, 'P-Asserted-Identity: <tel:+1555>', FROM_PSA, TEXT],
    ],
    ['an identity that is bare', [FOR_MMS, 'P-Asserted-Identity: sip:psa@push.test', TEXT]],
    [
      'folded header fields',
      ['Accept-Contact:\r\n *;\r\n\t+g.oma.pusheventapp\r\n ="mms.ua"', FROM_PSA, TEXT],
    ],
    ['compact header fields', [FOR_MMS.replace('Accept-Contact', 'a'), FROM_PSA, 'c: text/plain']],
    ['header names in any case', [FOR_MMS.toUpperCase(), FROM_PSA.toLowerCase(), 'CONTENT-TYPE: text/plain']],
    ['a type with parameters', [FOR_MMS, FROM_PSA, 'Content-Type: Text/Plain ; charset="utf-8"']],
    ['an Accept it should not have', [FOR_MMS, FROM_PSA, TEXT, 'Accept: text/html']],
    ['an extension it has', [FOR_MMS, FROM_PSA, TEXT, 'Require: gruu']],
  ])('takes %s', async (_name, headers, pattern: RegExp | string = '', replacement = '') => {
    const answer = await answerTo({ headers }, (text) => text.replace(pattern, replacement));
    expect(answer.code).toBe(200);
    expect(await test.event('push')).toMatchObject({ application: expect.stringMatching(/^mms\.ua$/i) });
  });

  it.each([
    ['without *', '+g.oma.pusheventapp="mms.ua"'],
    ['in a second value', '*;+g.3gpp.icsi-ref="urn%3Ax", +g.oma.pusheventapp="mms.ua"'],
    ['behind another tag', '*;+g.3gpp.icsi-ref="urn%3Ax";+g.oma.pusheventapp="mms.ua";require;explicit'],
    ['with curly quotes', '*;+g.oma.pusheventapp=\u00e2\u0080\u009cmms.ua\u00e2\u0080\u009d'],
    ['with a curly quote at its end', '*;+g.oma.pusheventapp="mms.ua\u00e2\u0080\u009d'],
    ['with spaces', '* ; + g.oma.pusheventapp = " mms.ua "'],
    ['with three p (X-01)', '*;+g.oma.pusheventappp="mms.ua"'],
    ['in upper case', '*;+G.OMA.PUSHEVENTAPP="MMS.UA"'],
    ['as a URN (X-43)', '*;+g.oma.pusheventapp="urn:x-wap-application:mms.ua"'],
    ['without urn: (X-43)', '*;+g.oma.pusheventapp="x-wap-application:mms.ua"'],
    ['with one it does not have before', '*;+g.oma.pusheventapp="x.ua,mms.ua"'],
  ])('finds the application %s (X-38)', async (_name, value) => {
    expect((await answerTo({ headers: [`Accept-Contact: ${value}`, FROM_PSA, TEXT] })).code).toBe(200);
  });

  it('has no header field in a line without colon: 400 (X-38)', async () => {
    const headers = ['Accept-Contact; *;+g.oma.pusheventapp="mms.ua"', FROM_PSA, TEXT];
    expect((await answerTo({ headers })).code).toBe(400);
  });

  it.each([
    ['counted from Date', ['Date: Sat, 13 Nov 2010 23:29:00 GMT', 'Expires: 60'], '2010-11-13T23:30:00.000Z'],
    ['at once', ['Expires: 0'], null],
  ])(
    'takes a message that is expired, %s, and says so in its timeline (RFC 3428 §7)',
    async (_name, lines, until) => {
      expect((await answerTo({ headers: [FOR_MMS, FROM_PSA, TEXT, ...lines] })).code).toBe(200);
      const { push } = await test.event('push');
      const record = await test.history.get(push);
      expect(record?.preview).toBe('hello');
      expect(record?.delivery.map(({ title }) => title)).toEqual([
        'MESSAGE received',
        'Expired when it came',
        '200 OK',
      ]);
      if (until !== null) expect(record?.delivery[1]?.detail).toContain(until);
    },
  );

  it.each([
    ['it counts from the arrival', ['Expires: 60']],
    ['it counts from a Date to come', ['Date: Fri, 13 Nov 2099 23:29:00 GMT', 'Expires: 0']],
    ['it does not say', ['Date: Sat, 13 Nov 2010 23:29:00 GMT']],
    ['it is no number', ['Date: Sat, 13 Nov 2010 23:29:00 GMT', 'Expires: soon']],
    ['it is too large', ['Date: Sat, 13 Nov 2010 23:29:00 GMT', 'Expires: 9999999999']],
    ['Date is none (RFC 4475 §3.1.2.12)', ['Date: Fri, 01 Jan 2010 16:00:00 EST', 'Expires: 60']],
  ])('marks no message as expired when %s', async (_name, lines) => {
    expect((await answerTo({ headers: [FOR_MMS, FROM_PSA, TEXT, ...lines] })).code).toBe(200);
    const record = await test.history.get((await test.event('push')).push);
    expect(record?.delivery.map(({ title }) => title)).toEqual(['MESSAGE received', '200 OK']);
  });
});

/** What of the request's text is replaced. */
type Change = { readonly version?: string; readonly hops?: string };
