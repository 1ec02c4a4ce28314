import { describe, expect, it } from 'vitest';
import { WorkQueue } from './work-queue.ts';

describe('the work queue', () => {
  it('runs a few at once, lets some wait, refuses more, and ends all when closed', async () => {
    const queue = new WorkQueue({ running: 2, waiting: 3 });
    const ends: (() => void)[] = [];
    const aborted: boolean[] = [];
    const job = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        const end = () => {
          signal.removeEventListener('abort', end);
          aborted.push(signal.aborted);
          resolve();
        };
        if (signal.aborted) end();
        signal.addEventListener('abort', end);
        ends.push(end);
      });
    expect(Array.from({ length: 6 }, () => queue.add(job))).toEqual([true, true, true, true, true, false]);
    expect(ends).toHaveLength(2);
    ends[0]?.();
    await new Promise(setImmediate);
    expect(ends).toHaveLength(3);
    expect(aborted).toEqual([false]);
    await queue.close();
    expect(aborted).toEqual([false, true, true, true, true]);
  });
});
