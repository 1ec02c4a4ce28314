import { describe, expect, it } from 'vitest';
import { type Frame, MAX_HEADER_BYTES, StreamFramer } from './framing.ts';

const message = (body: string | Buffer, lengthLine = `Content-Length: ${body.length}`): Buffer =>
  Buffer.concat([
    Buffer.from(`MESSAGE sip:bob@push.test SIP/2.0\r\nCall-ID: 1\r\n${lengthLine}\r\n\r\n`),
    Buffer.from(body),
  ]);

function show(frames: readonly Frame[]): string[] {
  return frames.map((frame) => {
    if (frame.kind === 'message') return frame.text;
    return frame.kind;
  });
}

function byteByByte(framer: StreamFramer, bytes: Buffer): Frame[] {
  return Array.from(bytes, (_, index) => framer.push(bytes.subarray(index, index + 1))).flat();
}

const binary = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

describe('StreamFramer', () => {
  const lengthLines: readonly [string, string][] = [
    ['canonical', 'Content-Length: 5'],
    ['compact', 'l:5'],
    ['upper-case compact', 'L: 5'],
    ['any case', 'cOnTeNt-LeNgTh: 5'],
    ['space before the colon', 'Content-Length \t: 5'],
    ['folded', 'Content-Length:\r\n  5'],
    ['leading zeros', 'Content-Length: 0005'],
    ['repeated and equal', 'Content-Length: 5\r\nl: 5'],
  ];
  it.each(lengthLines)('frames by Content-Length, %s', (_name, line) => {
    const bytes = message('hello', line);
    const twice = Buffer.concat([bytes, bytes]);
    const expected = [bytes.toString('latin1'), bytes.toString('latin1')];
    expect(show(new StreamFramer().push(twice))).toEqual(expected);
    expect(show(byteByByte(new StreamFramer(), twice))).toEqual(expected);
  });

  const broken: readonly [string, Buffer][] = [
    ['no Content-Length', Buffer.from('OPTIONS sip:a SIP/2.0\r\nCall-ID: 1\r\n\r\n')],
    ['a negative length', message('', 'Content-Length: -1')],
    ['a length that is no number', message('', 'Content-Length: 1a')],
    ['two different lengths', message('ab', 'Content-Length: 2\r\nContent-Length: 1')],
    ['a length above the limit', message('', 'Content-Length: 16777217')],
    ['an endless header', Buffer.alloc(MAX_HEADER_BYTES + 1, 'a')],
    ['a header above the limit', message('', `X: ${'a'.repeat(MAX_HEADER_BYTES)}\r\nl: 0`)],
  ];
  it.each(broken)('is broken by %s, once and for all', (_name, bytes) => {
    const framer = new StreamFramer();
    expect(show(framer.push(bytes))).toEqual(['broken']);
    expect(framer.push(message('x'))).toEqual([]);
  });

  it('delivers what came before the break', () => {
    const good = message('x');
    const frames = new StreamFramer().push(Buffer.concat([good, Buffer.from('X sip:a SIP/2.0\r\n\r\n')]));
    expect(show(frames)).toEqual([good.toString('latin1'), 'broken']);
  });

  it('keeps binary bodies byte-exact', () => {
    const frames = byteByByte(new StreamFramer(), message(binary));
    expect(frames).toHaveLength(1);
    const [frame] = frames;
    expect(frame?.kind === 'message' && frame.text.endsWith(binary.toString('latin1'))).toBe(true);
  });

  it('tells pings from pongs between messages', () => {
    const bytes = message('x');
    const wire = Buffer.concat([
      Buffer.from('\r\n\r\n'),
      bytes,
      Buffer.from('\r\n'),
      bytes,
      Buffer.from('\r\n\r\n\r\n'),
    ]);
    const text = bytes.toString('latin1');
    expect(show(new StreamFramer().push(wire))).toEqual(['ping', text, 'pong', text, 'ping', 'pong']);
  });

  it('reports a lone CRLF at once', () => {
    const framer = new StreamFramer();
    expect(show(framer.push(Buffer.from('\r')))).toEqual([]);
    expect(show(framer.push(Buffer.from('\n')))).toEqual(['pong']);
  });

  it('respects a smaller body limit', () => {
    expect(show(new StreamFramer({ maxBodyBytes: 4 }).push(message('hello')))).toEqual(['broken']);
    expect(new StreamFramer({ maxBodyBytes: 5 }).push(message('hello'))[0]?.kind).toBe('message');
  });

  it('stays linear for a header that comes byte by byte and a large body in small pieces', () => {
    const bytes = message(
      Buffer.alloc(8 * 1024 * 1024, 'b'),
      `X: ${'a'.repeat(60_000)}\r\nl: ${8 * 1024 * 1024}`,
    );
    const framer = new StreamFramer();
    const started = performance.now();
    for (let index = 0; index < 61_000; index++) framer.push(bytes.subarray(index, index + 1));
    let frames: readonly Frame[] = [];
    for (let index = 61_000; index < bytes.length; index += 100)
      frames = framer.push(bytes.subarray(index, index + 100));
    expect(frames[0]?.kind === 'message' && frames[0].text === bytes.toString('latin1')).toBe(true);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('gives the same frames however the stream is cut (fixed seed)', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    for (let round = 0; round < 2000; round++) {
      const bodies = Array.from({ length: 3 }, () => message(Buffer.alloc(random(300), random(256))));
      const wire = Buffer.concat(bodies);
      const framer = new StreamFramer();
      const frames: Frame[] = [];
      for (let at = 0; at < wire.length; ) {
        const next = Math.min(wire.length, at + 1 + random(200));
        frames.push(...framer.push(wire.subarray(at, next)));
        at = next;
      }
      expect(show(frames)).toEqual(bodies.map((body) => body.toString('latin1')));
    }
  });

  it('survives noise (fixed seed)', () => {
    let seed = 99;
    const alphabet = Buffer.from('\r\n\r\n\r\nl: 0123Content-Length\xff ab');
    for (let round = 0; round < 3000; round++) {
      const noise = Buffer.from(
        Array.from({ length: 120 }, () => {
          seed = (seed * 1103515245 + 12345) % 2147483648;
          return alphabet[seed % alphabet.length] ?? 0;
        }),
      );
      expect(() => byteByByte(new StreamFramer(), noise)).not.toThrow();
    }
  });
});
