import { describe, expect, it } from 'vitest';
import {
  addressOf,
  formatVia,
  parseCSeq,
  parseSipMessage,
  parseVia,
  type SipMessage,
  SipRequest,
  SipResponse,
} from './message.ts';

const HEAD = [
  'MESSAGE sip:bob@push.test SIP/2.0',
  'Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK1;rport',
  'Max-Forwards: 70',
  'From: "PSA" <sip:psa@push.test>;tag=a',
  'To: <sip:bob@push.test>',
  'Call-ID: c1',
  'CSeq: 1 MESSAGE',
  'Content-Type: text/plain',
];

function wire(lines: readonly string[], body = 'hi'): Buffer {
  return Buffer.from([...lines, `Content-Length: ${body.length}`, '', body].join('\r\n'), 'latin1');
}

/** HEAD with the lines that start with each key replaced by its value, or left out for an empty one. */
function changed(changes: Readonly<Record<string, string>>): Buffer {
  const lines = HEAD.map((line) => {
    const key = Object.keys(changes).find((start) => line.startsWith(start));
    return key === undefined ? line : changes[key];
  });
  return wire(lines.filter((line): line is string => line !== undefined && line !== ''));
}

function parsed(bytes: Buffer): SipMessage {
  const result = parseSipMessage(bytes);
  if (result.kind === 'bad') throw new Error(result.reason);
  return result.message;
}

describe('parseSipMessage', () => {
  it('reads a request', () => {
    const message = parsed(wire(HEAD));
    expect(message).toMatchObject({
      kind: 'request',
      method: 'MESSAGE',
      uri: 'sip:bob@push.test',
      callId: 'c1',
    });
    expect(message.cseq).toEqual({ number: 1, method: 'MESSAGE' });
    expect([message.fromTag, message.toTag]).toEqual(['a', undefined]);
    expect(message.body.toString()).toBe('hi');
    expect(message.topVia?.sentBy).toBe('127.0.0.1:5060');
  });

  it('reads a response', () => {
    const message = parsed(wire(['SIP/2.0 486 Busy Here', ...HEAD.slice(1)], ''));
    expect(message).toMatchObject({ kind: 'response', code: 486, reason: 'Busy Here' });
    expect(parsed(wire(['SIP/2.0 200', ...HEAD.slice(1)], ''))).toMatchObject({ code: 200, reason: '' });
  });

  it('normalises compact forms, case, folding and space before the colon', () => {
    const message = parsed(
      wire([
        'OPTIONS sip:push.test SIP/2.0',
        'v: SIP / 2.0 / TCP a;branch=z9hG4bK1, SIP/2.0/TCP b',
        'f : <sip:a@b>;tag=1',
        't:\t<sip:c@d>',
        'i: x',
        'CSEQ: 2',
        '   OPTIONS',
        'm: <sip:a@b,c>, "x, y" <sip:d@e>',
        'M: sip:f@g',
        'X-Other: a, b',
      ]),
    );
    expect(message.headers('via')).toEqual(['SIP / 2.0 / TCP a;branch=z9hG4bK1', 'SIP/2.0/TCP b']);
    expect(message.headers('contact')).toEqual(['<sip:a@b,c>', '"x, y" <sip:d@e>', 'sip:f@g']);
    expect(message.headers('x-other')).toEqual(['a, b']);
    expect(message.cseq.number).toBe(2);
    expect(message.header('nothing')).toBeUndefined();
  });

  it('keeps any body byte and cuts what lies after Content-Length', () => {
    const body = Array.from({ length: 256 }, (_, index) => String.fromCharCode(index)).join('');
    const bytes = Buffer.concat([wire(HEAD, body), Buffer.from('after')]);
    expect(parsed(bytes).body.toString('latin1')).toBe(body);
  });

  it.each([
    ['a quote in the request URI (X-37)', { MESSAGE: 'MESSAGE sip:bob@push.test;gr=6bf6" SIP/2.0' }, 400],
    ['a space in the request URI (X-37)', { MESSAGE: 'MESSAGE sip:bob@push.test gr=1 SIP/2.0' }, 400],
    ['angle brackets in the request URI', { MESSAGE: 'MESSAGE <sip:bob@push.test> SIP/2.0' }, 400],
    ['another version', { MESSAGE: 'MESSAGE sip:bob@push.test SIP/7.0' }, 505],
    [
      'a method that is no token',
      { MESSAGE: 'MESS@GE sip:bob@push.test SIP/2.0', CSeq: 'CSeq: 1 MESS@GE' },
      400,
    ],
    ['CSeq of another method', { CSeq: 'CSeq: 1 INVITE' }, 400],
    ['CSeq too large', { CSeq: 'CSeq: 36893488147419103232 MESSAGE' }, 400],
    ['no CSeq number', { CSeq: 'CSeq: MESSAGE' }, 400],
    ['an unterminated < (X-35)', { To: 'To: <sip:bob@push.test;tag=1' }, 400],
    ['a repeated To', { To: 'To: <sip:a@b>\r\nTo: <sip:c@d>' }, 400],
    ['a header without colon (X-38)', { Content: 'Accept-Contact; *;a="b"' }, 400],
    ['a malformed Via', { Via: 'Via: SIP/2.0/TCP' }, 400],
    ['a bare CR in a header', { Content: 'X: a\rContact: <sip:e@f>' }, 400],
    ['a NUL in a header', { Content: 'X: a\0b' }, 400],
    ['no From (RFC 4475 §3.3.1)', { From: '' }, 400],
    ['no Call-ID', { 'Call-ID': '' }, 400],
    ['spaces behind the start line', { MESSAGE: 'MESSAGE sip:bob@push.test SIP/2.0  ' }, 400],
    ['empty Via parameters', { Via: 'Via: SIP/2.0/TCP a;;branch=z9hG4bK1' }, 400],
    ['a Max-Forwards that is no number', { Max: 'Max-Forwards: -1' }, 400],
  ])('answers %s', (_name, changes, code) => {
    expect(parseSipMessage(changed(changes))).toMatchObject({ kind: 'bad', canAnswer: true, code });
  });

  it.each([
    ['no Via', changed({ Via: '' })],
    ['no CSeq', changed({ CSeq: '' })],
    ['no header end', Buffer.from('MESSAGE sip:a SIP/2.0\r\n')],
    ['no start line', Buffer.from('\r\n\r\n')],
    ['other text', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['a bad ACK', changed({ MESSAGE: 'ACK sip:a" SIP/2.0', CSeq: 'CSeq: 1 ACK' })],
    ['a bad response', changed({ MESSAGE: 'SIP/2.0 200 OK', CSeq: 'CSeq: x' })],
    ['status 700', changed({ MESSAGE: 'SIP/2.0 700 What' })],
  ])('cannot answer %s', (_name, bytes) => {
    expect(parseSipMessage(bytes)).toMatchObject({ kind: 'bad', canAnswer: false });
  });

  it('refuses a body shorter than announced', () => {
    const bytes = Buffer.from([...HEAD, 'l: 9', '', 'short'].join('\r\n'));
    expect(parseSipMessage(bytes)).toMatchObject({ kind: 'bad', canAnswer: true });
  });

  it('accepts the odd Via of X-37', () => {
    const message = parsed(changed({ Via: 'Via: SIP/2.0/UDP psa@domain.com;branch=z9hG4bK1' }));
    expect(message.headers('Via')).toEqual(['SIP/2.0/UDP psa@domain.com;branch=z9hG4bK1']);
  });
});

describe('editing', () => {
  it('writes what it read, with the right Content-Length', () => {
    const request = parsed(wire(HEAD));
    request.body = Buffer.from('longer body');
    expect(request.toBytes().toString('latin1')).toBe(wire(HEAD, 'longer body').toString('latin1'));
  });

  it('pushes, pops and replaces without touching the original', () => {
    const original = parsed(wire(HEAD));
    if (original.kind !== 'request') throw new Error('no request');
    const copy = original.clone();
    copy.uri = 'sip:contact@host';
    copy.fields.prepend('Via', 'SIP/2.0/TCP proxy;branch=z9hG4bK2');
    copy.fields.replace('Max-Forwards', ['69']);
    copy.fields.remove('content-type');
    copy.fields.replace('Route', ['<sip:a;lr>', '<sip:b;lr>']);
    expect(copy.headers('Via')).toHaveLength(2);
    expect(copy.header('Route')).toBe('<sip:a;lr>');
    copy.fields.replace('Via', copy.headers('Via').slice(1));
    expect(copy.headers('Via')).toEqual(original.headers('Via'));
    expect(copy.header('Content-Type')).toBeUndefined();
    expect(original.header('Max-Forwards')).toBe('70');
    expect(original.header('Content-Type')).toBe('text/plain');
    expect(parsed(copy.toBytes()).kind).toBe('request');
  });

  it('builds messages from nothing', () => {
    expect(new SipRequest('OPTIONS', 'sip:a').toBytes().toString()).toBe(
      'OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n',
    );
    expect(new SipResponse(200, 'OK').startLine).toBe('SIP/2.0 200 OK');
  });
});

describe('helpers', () => {
  it('read CSeq, Via and addresses', () => {
    expect(parseCSeq('7  BYE')).toEqual({ number: 7, method: 'BYE' });
    const via = parseVia('SIP/2.0/TCP [::1]:5060;rport;branch=z9hG4bK1');
    expect(via && formatVia(via)).toBe('SIP/2.0/TCP [::1]:5060;rport;branch=z9hG4bK1');
    expect(addressOf(undefined)).toBeNull();
    expect(addressOf('<sip:a@b>')?.uri).toBe('sip:a@b');
  });
});

describe('noise (fixed seed)', () => {
  it('never throws', () => {
    const good = wire(HEAD);
    let seed = 5;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return (seed >> 8) % below;
    };
    for (let round = 0; round < 4000; round++) {
      const bytes = Buffer.from(good);
      for (let edit = random(6); edit >= 0; edit--) bytes[random(bytes.length)] = random(256);
      const result = parseSipMessage(
        bytes.subarray(0, random(4) === 0 ? random(bytes.length) : bytes.length),
      );
      if (result.kind === 'ok') expect(() => result.message.toBytes()).not.toThrow();
    }
  });
});
