import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ProgressView } from '../ipc/contract.ts';
import { PROGRESS_INTERVAL_MS, ProgressBoard } from './progress.ts';

describe('the progress board', () => {
  let told: (readonly ProgressView[])[];
  let board: ProgressBoard;

  beforeEach(() => {
    vi.useFakeTimers();
    told = [];
    board = new ProgressBoard((progress) => told.push(progress));
  });

  afterEach(() => {
    board.close();
    vi.useRealTimers();
  });

  function receive(received: number, index = 0): void {
    board.report({ offer: 'o', index, received, total: 10_000, chunks: 1, answered: 1 });
  }

  test('tells at most four times a second, however many chunks come', () => {
    for (let ms = 0; ms < 2000; ms++) {
      receive(ms);
      vi.advanceTimersByTime(1);
    }
    expect(told.length).toBeLessThanOrEqual(8);
    expect(told.at(-1)?.[0]?.bytesPerSecond).toBeGreaterThan(900);
    expect(told.at(-1)?.[0]?.bytesPerSecond).toBeLessThan(1100);
  });

  test('smooths a burst', () => {
    receive(0);
    vi.advanceTimersByTime(PROGRESS_INTERVAL_MS);
    receive(250);
    vi.advanceTimersByTime(PROGRESS_INTERVAL_MS);
    expect(told.at(-1)?.[0]?.bytesPerSecond).toBe(1000);
    receive(2750);
    vi.advanceTimersByTime(PROGRESS_INTERVAL_MS);
    expect(told.at(-1)?.[0]?.bytesPerSecond).toBe(4600);
  });

  test('tells several files together, and forgets those that ended', () => {
    receive(1, 0);
    receive(2, 1);
    vi.advanceTimersByTime(PROGRESS_INTERVAL_MS);
    expect(told).toHaveLength(1);
    expect(told[0]?.map((view) => view.index)).toEqual([0, 1]);
    board.end('o', 0);
    expect(board.current.map((view) => view.index)).toEqual([1]);
    board.end('o');
    expect(board.current).toEqual([]);
    vi.advanceTimersByTime(PROGRESS_INTERVAL_MS * 2);
    expect(told).toHaveLength(1);
  });
});
