import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Paced } from './paced.ts';

describe('Paced', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('runs at once, then once more after the pause, however often it is asked', () => {
    const action = vi.fn();
    const paced = new Paced(action, 1_000);
    for (let count = 0; count < 100; count += 1) paced.ask();
    expect(action).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    expect(action).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(10_000);
    expect(action).toHaveBeenCalledTimes(2);
    paced.ask();
    expect(action).toHaveBeenCalledTimes(3);
  });

  it('forgets what was asked for once it is stopped', () => {
    const action = vi.fn();
    const paced = new Paced(action, 1_000);
    paced.ask();
    paced.ask();
    paced.stop();
    vi.advanceTimersByTime(10_000);
    expect(action).toHaveBeenCalledTimes(1);
  });
});
