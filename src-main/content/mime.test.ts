import { describe, expect, it } from 'vitest';
import { parseContentType, partById, rootPart, sdpPart, splitMultipart } from './mime.ts';

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
      'more lines like a delimiter than an inner multipart has',
      body('--b', '', ...Array.from({ length: 2_001 }, () => '--bx'), '--b--'),
      'multipart/mixed;boundary=b',
    ],
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

  it('does not take the boundary of an inner multipart for its own', () => {
    const inner = ['--ab', '', 'one', '--ab', '', 'two', '--ab--'];
    const bytes = body(
      '--a \t',
      'Content-Type: multipart/mixed;boundary=ab',
      '',
      ...inner,
      '--a',
      '',
      'x',
      '--a--',
    );
    const parts = splitMultipart(bytes, type('multipart/mixed;boundary=a'));
    expect(parts?.map((part) => part.body.toString())).toEqual([inner.join('\r\n'), 'x']);
  });

  it('never throws on mangled bodies, and its parts are within the body', () => {
    const random = seededRandom(5);
    const whole = body('--b', 'Content-Type: a/b', '', 'one', '--b', 'X: y', ' z', '', 'two', '--b--');
    for (let round = 0; round < 4000; round += 1) {
      const bytes = Buffer.from(whole);
      for (let change = 0; change < 1 + random(5); change += 1) bytes[random(bytes.length)] = random(256);
      const parts = splitMultipart(bytes, type('multipart/mixed;boundary=b')) ?? [];
      for (const part of parts) expect(bytes.includes(part.body)).toBe(true);
    }
  });
});

describe('sdpPart', () => {
  const type = (text: string) => parseContentType(text) ?? { type: '', parameters: new Map() };
  const part = (contentType: string, content: string, id = 'x') =>
    `--b\r\nContent-Type: ${contentType}\r\nContent-ID: <${id}>\r\n\r\n${content}\r\n`;
  const icon = part('image/jpeg', 'icon', 'id2@ push-sender-agent.example.com');
  const sdp = part('application/sdp', 'v=0', 'sdp');

  it.each([
    ['a bare body', 'application/sdp', 'v=0', 'v=0'],
    ['the first part of multipart/related', 'multipart/related;boundary=b', `${sdp}${icon}--b--`, 'v=0'],
    ['the part that start names', 'multipart/related;boundary=b;start="<sdp>"', `${icon}${sdp}--b--`, 'v=0'],
    ['any part of multipart/mixed (X-25)', 'multipart/mixed;boundary=b', `${icon}${sdp}--b--`, 'v=0'],
    [
      'a multipart/related within multipart/mixed',
      'multipart/mixed;boundary=o',
      `--o\r\n\r\ntext\r\n--o\r\nContent-Type: multipart/related;boundary=b\r\n\r\n${sdp}${icon}--b--\r\n--o--`,
      'v=0',
    ],
    ['no other root of multipart/related', 'multipart/related;boundary=b', `${icon}${sdp}--b--`, undefined],
    ['nothing where there is none', 'multipart/mixed;boundary=b', `${icon}--b--`, undefined],
    ['nothing in a malformed body', 'multipart/mixed;boundary=b', sdp, undefined],
  ])('finds %s (PRA-SDP-08)', (_name, contentType, text, found) => {
    expect(sdpPart(Buffer.from(text), type(contentType))?.body.toString()).toBe(found);
  });

  it('does not look into endless nesting', () => {
    let text = 'v=0';
    let contentType = 'application/sdp';
    for (let depth = 0; depth < 10; depth += 1) {
      text = `--b${depth}\r\nContent-Type: ${contentType}\r\n\r\n${text}\r\n--b${depth}--`;
      contentType = `multipart/mixed;boundary=b${depth}`;
    }
    expect(sdpPart(Buffer.from(text), type(contentType))).toBeNull();
  });

  it('finds the icon by its cid, with the slip of the sample (X-23)', () => {
    const parts =
      splitMultipart(Buffer.from(`${sdp}${icon}--b--`), type('multipart/related;boundary=b')) ?? [];
    expect(partById(parts, 'id2@push-sender-agent.example.com')?.body.toString()).toBe('icon');
    expect(partById(parts, 'other')).toBeNull();
  });
});

function seededRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}
