import { describe, expect, it } from 'vitest';
import { ByteRanges, MAX_RANGES } from './ranges.ts';
import { seeded } from './test-peer.ts';

describe('ByteRanges', () => {
  it('merges what touches or overlaps, and counts each byte once', () => {
    const ranges = new ByteRanges();
    for (const [start, end] of [
      [10, 20],
      [0, 5],
      [20, 30],
      [4, 11],
      [0, 30],
      [7, 7],
    ] as const) {
      expect(ranges.add(start, end)).toBe(true);
    }
    expect([ranges.count, ranges.received, ranges.end]).toEqual([1, 30, 30]);
    expect([ranges.complete(30), ranges.complete(29), ranges.complete(31)]).toEqual([true, false, false]);
  });

  it('is complete at once when nothing is expected', () => {
    expect(new ByteRanges().complete(0)).toBe(true);
  });

  it('refuses more separate ranges than its bound, but still fills gaps', () => {
    const ranges = new ByteRanges();
    for (let index = 0; index < MAX_RANGES; index += 1) ranges.add(index * 2, index * 2 + 1);
    expect(ranges.add(MAX_RANGES * 2, MAX_RANGES * 2 + 1)).toBe(false);
    expect(ranges.received).toBe(MAX_RANGES);
    for (let index = 0; index < MAX_RANGES; index += 1)
      expect(ranges.add(index * 2 + 1, index * 2 + 2)).toBe(true);
    expect(ranges.complete(MAX_RANGES * 2)).toBe(true);
  });

  it('agrees with a plain bitmap over thousands of random ranges', () => {
    const random = seeded(4975);
    for (let round = 0; round < 200; round += 1) {
      const ranges = new ByteRanges();
      const bitmap = new Uint8Array(200);
      for (let step = 0; step < 30; step += 1) {
        const start = random(190);
        const end = start + random(12);
        ranges.add(start, end);
        bitmap.fill(1, start, end);
        const received = bitmap.reduce((sum, bit) => sum + bit, 0);
        const runs = bitmap.reduce((sum, bit, at) => sum + (bit && !bitmap[at - 1] ? 1 : 0), 0);
        expect([ranges.received, ranges.count, ranges.end]).toEqual([
          received,
          runs,
          bitmap.lastIndexOf(1) + 1,
        ]);
      }
    }
  });

  it('takes half a million chunks in order without slowing down', () => {
    const ranges = new ByteRanges();
    const started = performance.now();
    for (let chunk = 0; chunk < 500_000; chunk += 1) ranges.add(chunk * 2048, (chunk + 1) * 2048);
    expect(ranges.complete(500_000 * 2048)).toBe(true);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
