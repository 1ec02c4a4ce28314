import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type History, openHistory } from './history.ts';
import { newPushId } from './push-id.ts';
import { beyond, KEEP_ALL, type Retention, RetentionKeeper } from './retention.ts';
import { exampleMessage, exampleOffer } from './test-records.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-21T12:00:00Z');

describe('beyond', () => {
  const pushes = [10, 5, 1].map((days) => ({ id: newPushId(NOW - days * DAY_MS), bytes: days * 100 }));
  const [old = '', middle = '', fresh = ''] = pushes.map(({ id }) => id);

  it.each<[string, Partial<Retention>, readonly string[]]>([
    ['nothing', {}, []],
    ['enough of all', { pushes: 3, days: 11, bytes: 1600 }, []],
    ['one too many', { pushes: 2 }, [old]],
    ['none wanted', { pushes: 0 }, [old, middle, fresh]],
    ['too old', { days: 3 }, [old, middle]],
    ['too much', { bytes: 1500 }, [old]],
    ['far too much', { bytes: 50 }, [old, middle, fresh]],
    ['old and many', { pushes: 1, days: 7 }, [old, middle]],
  ])('%s', (_what, limits, excess) => {
    expect(beyond({ ...KEEP_ALL, ...limits }, { total: 3, bytes: 1600 }, pushes, NOW)).toEqual(excess);
  });
});

describe('RetentionKeeper', () => {
  let folder: string;
  let history: History;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'retention-'));
    history = await openHistory(folder);
  });
  afterEach(async () => {
    await history.close();
    await rm(folder, { recursive: true });
  });

  it('removes the oldest in steps, but none that is pinned or open, and tells which', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 250; count++) {
      const { record, content } = exampleMessage(`text ${count}`);
      ids.push(record.id);
      await history.add(record, content);
    }
    const offer = exampleOffer({ id: newPushId(NOW - 100 * DAY_MS) });
    await history.add(offer);
    await history.mark([ids[0] ?? ''], { pinned: true });
    const removed: string[] = [];
    const keeper = new RetentionKeeper({
      history,
      remove: (some) => history.remove(some),
      limits: () => ({ ...KEEP_ALL, pushes: 12 }),
      onRemoved: (some) => removed.push(...some),
    });
    await keeper.apply();
    expect((await history.list({ limit: 20 })).records.map(({ id }) => id)).toEqual([
      ...ids.slice(-10).reverse(),
      ids[0],
      offer.id,
    ]);
    expect(removed).toEqual(ids.slice(1, -10));
    expect((await history.list({ limit: 5, search: 'is:pinned' })).records).toHaveLength(1);
    await history.mark([ids[0] ?? ''], { pinned: false });
    await keeper.apply();
    expect((await history.counts()).total).toBe(12);
    await keeper.close();
  });

  it('does nothing without limits, and ends when closed', async () => {
    const { record, content } = exampleMessage('x');
    await history.add(record, content);
    const keeper = new RetentionKeeper({
      history,
      remove: (some) => history.remove(some),
      limits: () => KEEP_ALL,
    });
    await keeper.apply();
    await keeper.close();
    expect((await history.counts()).total).toBe(1);
  });
});
