import { describe, expect, it } from 'vitest';
import { parseEvent, parseSubscriptionState } from './subscription-state.ts';

describe('parseSubscriptionState', () => {
  it.each([
    ['active;expires=600', { state: 'active', reason: null, expires: 600, retryAfter: null }],
    ['Pending', { state: 'pending', reason: null, expires: null, retryAfter: null }],
    [
      'terminated ; Reason=GiveUp ; retry-after=10',
      { state: 'terminated', reason: 'giveup', expires: null, retryAfter: 10 },
    ],
    ['active;expires=-1', { state: 'active', reason: null, expires: null, retryAfter: null }],
  ])('%s', (value, header) => expect(parseSubscriptionState(value)).toEqual(header));

  it.each(['', ';expires=1', 'a b', 'active;"'])('refuses %j', (value) =>
    expect(parseSubscriptionState(value)).toBeNull(),
  );
});

describe('parseEvent (RFC 6665 §8.2.1)', () => {
  it.each([
    ['reg', { type: 'reg', id: null }],
    ['refer;id=7;x=y', { type: 'refer', id: '7' }],
    ['presence.winfo', { type: 'presence.winfo', id: null }],
  ])('%s', (value, header) => expect(parseEvent(value)).toEqual(header));

  it('refuses what is none', () => expect(parseEvent('a,b')).toBeNull());
});
