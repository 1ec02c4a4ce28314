import { describe, expect, it } from 'vitest';
import { cpimPrefix } from '../content/cpim.ts';
import { seededRandom } from '../content/test-random.ts';
import { CpimSink } from './cpim-sink.ts';

const HEADERS = cpimPrefix({
  from: 'sip:psa@push.test',
  to: 'sip:bob@push.test',
  dateTime: '2026-11-21T12:00:00Z',
  contentType: 'text/plain',
});
const CONTENT = Buffer.from('somewhat more than a line of content, with \r\n\r\n in it');
const MESSAGE = Buffer.concat([HEADERS, CONTENT]);

function receiver(
  messageBytes: number | null = MESSAGE.length,
  contentBytes: number | null = CONTENT.length,
) {
  const kept = Buffer.alloc(CONTENT.length);
  const sink = new CpimSink(
    (position, bytes) => {
      if (position + bytes.length > kept.length) throw new Error('beyond the end');
      bytes.copy(kept, position);
    },
    messageBytes,
    contentBytes,
  );
  const take = (from: number, to: number): void => {
    void sink.write(from, MESSAGE.subarray(from, to));
  };
  return { kept, take, sink };
}

describe('CpimSink', () => {
  it.each([1, 7, 64, 1000])('strips the headers of a message in pieces of %i bytes', (size) => {
    const { kept, take } = receiver(null, null);
    for (let from = 0; from < MESSAGE.length; from += size) take(from, Math.min(from + size, MESSAGE.length));
    expect(kept.equals(CONTENT)).toBe(true);
  });

  it('takes pieces in any order, some of them twice', () => {
    const random = seededRandom(11);
    for (let round = 0; round < 500; round++) {
      const size = 1 + random(40);
      const pieces: number[] = [];
      for (let from = 0; from < MESSAGE.length; from += size)
        pieces.push(from, ...(random(4) === 0 ? [from] : []));
      for (let at = pieces.length - 1; at > 0; at--) {
        const other = random(at + 1);
        [pieces[at], pieces[other]] = [pieces[other] ?? 0, pieces[at] ?? 0];
      }
      const { kept, take } = receiver();
      for (const from of pieces) take(from, Math.min(from + size, MESSAGE.length));
      expect(kept.equals(CONTENT)).toBe(true);
    }
  });

  it.each<[string, number | null, number | null]>([
    ['without a total', null, CONTENT.length],
    ['without the size of the file', MESSAGE.length, null],
    ['with no room for headers', CONTENT.length, CONTENT.length],
    ['with headers beyond all bounds', 10_000_000, CONTENT.length],
  ])('refuses content before the headers %s', (_what, messageBytes, contentBytes) => {
    const { take } = receiver(messageBytes, contentBytes);
    expect(() => take(100, 120)).toThrow(/must come before/);
  });

  it('refuses headers that are not as long as the totals tell', () => {
    const { take } = receiver(MESSAGE.length, CONTENT.length - 3);
    take(HEADERS.length + 3, MESSAGE.length);
    expect(() => take(0, HEADERS.length + 3)).toThrow(/not as long/);
  });

  it('refuses what is no CPIM, whenever it comes', () => {
    const { sink, take } = receiver();
    take(HEADERS.length, MESSAGE.length);
    const noHeaders = Buffer.concat([
      Buffer.from('no header\r\n\r\n\r\n\r\n'),
      Buffer.alloc(HEADERS.length - 17),
    ]);
    expect(() => sink.write(0, noHeaders)).toThrow();
  });
});
