import { describe, expect, it } from 'vitest';
import type { RegEventState } from '../../src-main/ipc/contract.ts';
import { formatPreciseTime } from '../format.ts';
import { describeSource } from './binding-source.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const NOTIFY = '2026-11-21T11:59:00.250Z';

describe('describeSource', () => {
  it.each<[RegEventState, boolean, string]>([
    [{ kind: 'off' }, false, 'As of the last REGISTER; there is no subscription to reg event'],
    [
      { kind: 'pending' },
      false,
      'As of the last REGISTER; the core has not answered the subscription to reg event yet',
    ],
    [
      { kind: 'active', expiresAt: '2026-11-21T12:58:12Z', lastNotifyAt: null },
      true,
      'Live by the reg event package, subscription expires in 58:12',
    ],
    [
      { kind: 'active', expiresAt: '2026-11-21T12:00:30Z', lastNotifyAt: NOTIFY },
      true,
      `Live by the reg event package, subscription expires in 0:30 · last NOTIFY ${formatPreciseTime(NOTIFY)}`,
    ],
    [
      { kind: 'ended', reason: '489 Bad Event', retryAt: null },
      false,
      'As of the last REGISTER; the core does not offer reg event: 489 Bad Event',
    ],
    [
      { kind: 'ended', reason: '503 Service Unavailable', retryAt: '2026-11-21T12:00:30Z' },
      false,
      'As of the last REGISTER; reg event has ended: 503 Service Unavailable; next try in 0:30',
    ],
  ])('%o', (state, live, text) => {
    expect(describeSource(state, NOW)).toEqual({ live, text });
  });
});
