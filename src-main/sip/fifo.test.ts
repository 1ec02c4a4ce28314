import { describe, expect, it } from 'vitest';
import { Fifo } from './fifo.ts';

describe('Fifo', () => {
  it('gives items back in the order they came, however many and however mixed', () => {
    const fifo = new Fifo<number>();
    let next = 0;
    let expected = 0;
    for (let round = 1; round <= 100; round += 1) {
      for (let i = 0; i < round * 3; i += 1) fifo.push(next++);
      for (let i = 0; i < round * 2; i += 1) {
        expect(fifo.first).toBe(expected);
        expect(fifo.shift()).toBe(expected);
        expected += 1;
      }
      expect(fifo.size).toBe(next - expected);
    }
    while (expected < next) expect(fifo.shift()).toBe(expected++);
    expect([fifo.size, fifo.first, fifo.shift()]).toEqual([0, undefined, undefined]);
    fifo.push(7);
    expect(fifo.shift()).toBe(7);
  });
});
