import type UA from 'jssip/lib/UA.js';
import { describe, expect, it } from 'vitest';
import { readIncoming } from './incoming.ts';
import { pushRequest } from './test-core.ts';

const ua = {} as UA;

describe('readIncoming', () => {
  it('hands over a request with every header, byte-exact body and a transaction key of branch, sent-by and method', () => {
    const body = String.fromCharCode(0, 255, 128, 10, 13);
    const headers = ['m: <sip:psa@10.0.0.1:5070>', 'a: *;+g.oma.pusheventapp="mms.ua"', 'c: application/x'];
    const incoming = readIncoming(pushRequest('MESSAGE', { branch: 'abc', headers, body }), ua);
    if (incoming.kind !== 'request') throw new Error(incoming.kind);
    const { request } = incoming;
    expect(request.body).toBe(body);
    expect(request.getHeader('contact')).toBe('<sip:psa@10.0.0.1:5070>');
    expect(request.getHeaders('accept-contact')).toEqual(['*;+g.oma.pusheventapp="mms.ua"']);
    expect(request.via_branch).toBe('z9hG4bKabc;core.push.test;MESSAGE');
    expect(request.from.uri.toString()).toBe('sip:psa@push.test');
    expect(request.from_tag).toBe('sender');
    expect(request.to_tag).toBeUndefined();
  });

  it('tells requests apart whose branch is the bare cookie, and methods that share a branch (RFC 3261 §17.2.3)', () => {
    const keyOf = (method: string, options: { readonly branch: string; readonly callId: string }) => {
      const incoming = readIncoming(pushRequest(method, options), ua);
      return incoming.kind === 'request' ? incoming.request.via_branch : incoming.kind;
    };
    const bare = (callId: string) => keyOf('MESSAGE', { branch: '', callId });
    expect(bare('a')).toBe(bare('a'));
    expect(bare('a')).not.toBe(bare('b'));
    const shared = (method: string) => keyOf(method, { branch: 'x', callId: 'a' });
    expect(shared('MESSAGE')).not.toBe(shared('OPTIONS'));
    expect(shared('CANCEL')).toBe(shared('INVITE'));
    expect(shared('ACK')).toBe(shared('INVITE'));
  });

  it.each([
    ['Contact: *', pushRequest('INVITE', { headers: ['Contact: *'] })],
    ['an unterminated Contact', pushRequest('INVITE', { headers: ['Contact: <sip:x'] })],
    ['a CSeq of another method', pushRequest('MESSAGE').replace('1 MESSAGE', '1 INVITE')],
    ['a CSeq that is no number', pushRequest('MESSAGE').replace('1 MESSAGE', 'x MESSAGE')],
    ['a quote in the Request-URI', pushRequest('MESSAGE', { to: 'sip:bob@push.test"' })],
  ])('answers 400 to %s', (_name, text) => {
    const incoming = readIncoming(text, ua);
    expect(incoming.kind).toBe('refuse');
    expect(incoming.kind === 'refuse' && incoming.answer).toMatch(/^SIP\/2\.0 400 Bad Request\r\nVia: /);
  });

  it('takes what crashes or silences JsSIP: escapes above ASCII, a tel From, hostile header names', () => {
    const text = pushRequest('MESSAGE', {
      to: 'sip:%E9%E9@push.test',
      headers: ['__proto__: x', 'constructor: y'],
    });
    const incoming = readIncoming(text.replace('<sip:psa@push.test>', '<tel:+15551234>'), ua);
    if (incoming.kind !== 'request') throw new Error(incoming.kind);
    expect(incoming.request.getHeader('__proto__')).toBe('x');
    expect(incoming.request.from.uri.toString()).toBe('tel:+15551234');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each([
    ['no SIP', 'hello\r\n\r\n'],
    [
      'a response with two Vias',
      response(['Via: SIP/2.0/TCP a;branch=z9hG4bK1', 'Via: SIP/2.0/TCP b;branch=z9hG4bK2']),
    ],
    ['a response to a branch that is not ours', response(['Via: SIP/2.0/TCP a;branch=__proto__'])],
    ['a response without CSeq', response(['Via: SIP/2.0/TCP a;branch=z9hG4bK1']).replace(/CSeq.*\r\n/, '')],
  ])('drops %s', (_name, text) => {
    expect(readIncoming(text, ua).kind).toBe('drop');
  });

  it('never throws on mangled messages', () => {
    let seed = 20261121;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    const original = pushRequest('INVITE', {
      headers: ['Contact: <sip:psa@h>', 'Record-Route: <sip:p;lr>'],
      body: 'v=0',
    });
    for (let round = 0; round < 5000; round += 1) {
      const bytes = Buffer.from(original, 'latin1');
      for (let change = 0; change < 1 + random(6); change += 1) bytes[random(bytes.length)] = random(256);
      const kinds = ['request', 'response', 'refuse', 'drop'];
      expect(kinds).toContain(readIncoming(bytes.toString('latin1'), ua).kind);
    }
  });
});

function response(vias: readonly string[]): string {
  return [
    'SIP/2.0 200 OK',
    ...vias,
    'From: <sip:bob@push.test>;tag=1',
    'To: <sip:bob@push.test>;tag=2',
    'Call-ID: x',
    'CSeq: 1 REGISTER',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}
