import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endAfter, refreshAfter, SessionTimer } from './session-timer.ts';

describe('SessionTimer (RFC 4028 §10)', () => {
  let log: string[];
  let timer: SessionTimer;

  beforeEach(() => {
    vi.useFakeTimers();
    log = [];
    const startedAt = Date.now();
    const note = (what: string) => log.push(`${what} at ${(Date.now() - startedAt) / 1000}`);
    timer = new SessionTimer({ refresh: () => note('refresh'), expired: () => note('expired') });
  });

  afterEach(() => {
    timer.stop();
    vi.useRealTimers();
  });

  it.each([
    [{ seconds: 90, refresher: 'us' }, 45, 60],
    [{ seconds: 90, refresher: 'peer' }, null, 60],
    [{ seconds: 96, refresher: 'us' }, 48, 64],
    [{ seconds: 1800, refresher: 'us' }, 900, 1768],
    [{ seconds: 1800, refresher: 'peer' }, null, 1768],
  ] as const)('%j: refresh after %j s, end after %j s', (agreed, refresh, end) => {
    expect([refreshAfter(agreed), endAfter(agreed)]).toEqual([refresh, end]);
    timer.renew(agreed);
    vi.advanceTimersByTime(agreed.seconds * 1000);
    const expected = refresh === null ? [] : [`refresh at ${refresh}`];
    expect(log).toEqual([...expected, `expired at ${end}`]);
  });

  it('begins anew with each refresh, and is off without an agreement', () => {
    timer.renew({ seconds: 90, refresher: 'peer' });
    vi.advanceTimersByTime(59_000);
    timer.renew({ seconds: 90, refresher: 'peer' });
    vi.advanceTimersByTime(59_000);
    expect(log).toEqual([]);
    timer.renew(null);
    vi.advanceTimersByTime(1_000_000);
    expect(log).toEqual([]);
  });

  it('tries a failed refresh again after half of what is left, until there is too little', () => {
    timer.renew({ seconds: 96, refresher: 'us' });
    vi.advanceTimersByTime(48_000);
    timer.retry();
    vi.advanceTimersByTime(8_000);
    timer.retry();
    vi.advanceTimersByTime(40_000);
    expect(log).toEqual(['refresh at 48', 'refresh at 56', 'refresh at 60', 'expired at 64']);
    timer.retry();
    vi.advanceTimersByTime(100_000);
    expect(log).toHaveLength(4);
  });

  it('does not overflow with an interval beyond what timers take', () => {
    timer.renew({ seconds: 86_400 * 365, refresher: 'us' });
    vi.advanceTimersByTime(1_000_000);
    expect(log).toEqual([]);
  });
});
