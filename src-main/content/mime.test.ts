import { describe, expect, it } from 'vitest';
import { CpimUnwrapper, cpimPrefix } from './cpim.ts';
import { parseContentType, rootPart, splitMultipart } from './mime.ts';
import { sniffType } from './sniff.ts';

describe('parseContentType', () => {
  it.each([
    ['Text/Plain; Charset="UTF-8"', 'text/plain', { charset: 'UTF-8' }],
    [
      'multipart/related;type="application/sdp";boundary=a;boundary=b',
      'multipart/related',
      { type: 'application/sdp', boundary: 'a' },
    ],
    ['a/b; x="q\\"uote"', 'a/b', { x: 'q"uote' }],
  ])('%s', (value, type, parameters) => {
    const parsed = parseContentType(value);
    expect(parsed?.type).toBe(type);
    expect(Object.fromEntries(parsed?.parameters ?? [])).toEqual(parameters);
  });

  it.each(['', 'text', 'text/', ';x=y', `a/${'b'.repeat(5000)}`])('refuses %j', (value) => {
    expect(parseContentType(value)).toBeNull();
  });
});

describe('splitMultipart', () => {
  const type = (text: string) => parseContentType(text) ?? { type: '', parameters: new Map() };
  const body = (...lines: readonly string[]) => Buffer.from(lines.join('\r\n'), 'latin1');

  it('gives exact bodies, without the CRLF of the delimiter', () => {
    const parts = splitMultipart(
      body(
        'preamble',
        '--b',
        'Content-Type: a/b',
        'Content-ID: <1>',
        '',
        'one\r\n',
        '--b',
        '',
        'two',
        '--b--',
        'epilogue',
      ),
      type('multipart/mixed; boundary=b'),
    );
    expect(parts?.map((part) => [part.contentType.type, part.body.toString()])).toEqual([
      ['a/b', 'one\r\n'],
      ['text/plain', 'two'],
    ]);
  });

  it('finds the root by start, else takes the first (RFC 2387)', () => {
    const bytes = body('--b', 'Content-ID: <1>', '', 'one', '--b', 'Content-ID: <2>', '', 'two', '--b--');
    expect(rootPart(bytes, type('multipart/related;boundary=b'))?.body.toString()).toBe('one');
    expect(rootPart(bytes, type('multipart/related;boundary=b;start="<2>"'))?.body.toString()).toBe('two');
    expect(rootPart(bytes, type('multipart/related;boundary=b;start="<3>"'))).toBeNull();
  });

  it.each([
    ['no boundary', body('--b', '', 'x', '--b--'), 'multipart/mixed'],
    ['no end', body('--b', '', 'x'), 'multipart/mixed;boundary=b'],
    ['no part', body('--b--'), 'multipart/mixed;boundary=b'],
    [
      'too many parts',
      body(...Array.from({ length: 200 }, () => '--b\r\n\r\nx'), '--b--'),
      'multipart/mixed;boundary=b',
    ],
    [
      'endless headers',
      body('--b', `X: ${'y'.repeat(20_000)}`, '', 'x', '--b--'),
      'multipart/mixed;boundary=b',
    ],
  ])('refuses %s', (_name, bytes, contentType) => {
    expect(splitMultipart(bytes, type(contentType))).toBeNull();
  });
});

describe('CpimUnwrapper', () => {
  const wrapped = Buffer.concat([
    cpimPrefix({
      from: 'sip:a@h',
      to: 'sip:b@h',
      dateTime: '2026-11-21T12:00:00Z',
      contentType: 'text/plain',
    }),
    Buffer.from('body\r\n\r\nmore'),
  ]);

  it.each([1, 2, 7, 1000])('unwraps in pieces of %i bytes', (size) => {
    const unwrapper = new CpimUnwrapper();
    let body = '';
    for (let at = 0; at < wrapped.length; at += size) {
      body += unwrapper.push(wrapped.subarray(at, at + size)).body?.toString() ?? '';
    }
    expect(body).toBe('body\r\n\r\nmore');
    expect(unwrapper.headers).toMatchObject({
      from: '<sip:a@h>',
      to: ['<sip:b@h>'],
      contentType: 'text/plain',
    });
  });

  it.each([
    ['endless headers', 'From: x\r\n'.repeat(4000)],
    ['a line that is no header', 'nonsense\r\n\r\nContent-Type: a/b\r\n\r\n'],
    ['a feature it does not know', 'Require: MyFeatures.Vital\r\n\r\nContent-Type: a/b\r\n\r\n'],
  ])('refuses %s', (_name, text) => {
    expect(() => new CpimUnwrapper().push(Buffer.from(text))).toThrow(/CPIM/);
  });
});

describe('sniffType', () => {
  it.each([
    [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'image/png'],
    [Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'image/jpeg'],
    [Buffer.from('MZ\x90'), 'application/x-msdownload'],
    [Buffer.from('  <!DOCTYPE html><p>'), 'text/html'],
    [Buffer.from('<?xml version="1.0"?><svg xmlns="x">'), 'image/svg+xml'],
    [Buffer.from('<?xml version="1.0"?><si/>'), 'application/xml'],
    [Buffer.from('grüße'), 'text/plain'],
    [Buffer.from([0, 1, 2]), null],
    [Buffer.alloc(0), null],
  ])('%j is %s', (bytes, type) => {
    expect(sniffType(bytes)).toBe(type);
  });
});
