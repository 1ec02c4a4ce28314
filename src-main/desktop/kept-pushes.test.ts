import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type History, openHistory } from '../history/history.ts';
import { exampleMessage, exampleOffer } from '../history/test-records.ts';
import type { WindowEvent } from '../ipc/contract.ts';
import { KeptPushes } from './kept-pushes.ts';
import { UNDO_MS } from './removals.ts';

const ALL = { terminal: null, filter: 'all', search: '', application: null } as const;

describe('pushes that are kept', () => {
  let folder: string;
  let history: History;
  let pushes: KeptPushes;
  let events: WindowEvent[];
  let ids: readonly string[];
  let remove: (ids: readonly string[]) => Promise<void>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kept-'));
    history = await openHistory(folder);
    events = [];
    remove = (some) => history.remove(some);
    pushes = new KeptPushes({
      history,
      remove: (some) => remove(some),
      tell: (event) => events.push(event),
      countsChanged: () => {},
    });
    const made: string[] = [];
    for (let count = 0; count < 250; count += 1) {
      const { record, content } = exampleMessage(`text ${count}`);
      const terminal = count % 2 === 0 ? 'bob-desk' : 'bob-phone';
      await history.add({ ...record, terminal, read: count < 10 }, content);
      made.unshift(record.id);
    }
    ids = made;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });

  afterEach(async () => {
    vi.useRealTimers();
    await history.close();
    await rm(folder, { recursive: true });
  });

  const listed = async () => (await pushes.list({ ...ALL, limit: 500 })).records.map(({ id }) => id);

  it('are hidden and not counted while their removal can be undone, and nothing of them is touched', async () => {
    const before = await pushes.counts();
    const chosen = ids.slice(0, 120);
    const { removal, open } = pushes.remove(chosen);
    expect([open, events]).toEqual([0, [{ kind: 'pushes-removed', pushes: expect.any(Array) }]]);
    expect(await listed()).toEqual(ids.slice(120));
    // A page that is hidden altogether does not end the list.
    const page = await pushes.list({ ...ALL, limit: 100 });
    expect(page.records[0]?.id).toBe(ids[120]);
    expect(await pushes.ids(ALL)).toEqual(ids.slice(120));
    const counts = await pushes.counts();
    expect([counts.total, counts.unread]).toEqual([130, 120]);
    expect(counts.terminals).toEqual([
      { terminal: 'bob-desk', total: 65, unread: 60 },
      { terminal: 'bob-phone', total: 65, unread: 60 },
    ]);
    expect((await history.counts()).total).toBe(250);
    expect(pushes.undo(removal)).toBe(true);
    expect(events.at(-1)).toEqual({ kind: 'pushes-restored' });
    expect(await listed()).toEqual(ids);
    expect(await pushes.counts()).toEqual(before);
    await vi.advanceTimersByTimeAsync(2 * UNDO_MS);
    expect((await history.counts()).total).toBe(250);
    expect(pushes.undo(removal)).toBe(false);
  });

  it('are removed when the time is over, and open ones stay', async () => {
    const offer = exampleOffer();
    await history.add(offer);
    const { removal, open, pushes: gone } = pushes.remove([...ids.slice(0, 150), offer.id, 'never was']);
    expect([open, gone.length]).toEqual([1, 150]);
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    await pushes.close();
    expect((await history.counts()).total).toBe(101);
    expect(pushes.undo(removal)).toBe(false);
    expect(await listed()).toEqual([offer.id, ...ids.slice(150)]);
  });

  it('are removed at once when the app quits', async () => {
    pushes.remove(ids.slice(0, 1));
    pushes.remove(ids.slice(1, 3));
    await pushes.close();
    expect((await history.counts()).total).toBe(247);
  });

  it('are listed again when they cannot be removed, and the user is told', async () => {
    remove = () => Promise.reject(new Error('disk full'));
    pushes.remove(ids.slice(0, 3));
    await pushes.close();
    await vi.waitFor(() => expect(events.at(-1)).toEqual({ kind: 'pushes-restored' }));
    expect(events).toContainEqual({
      kind: 'notice',
      tone: 'error',
      text: 'Pushes could not be deleted: disk full',
    });
    expect(await listed()).toEqual(ids);
  });

  it('are marked in steps, and the windows are told', async () => {
    await pushes.mark(ids, { read: false, pinned: true });
    const counts = await pushes.counts();
    expect([counts.total, counts.unread]).toEqual([250, 250]);
    expect(events.map((event) => event.kind === 'pushes-marked' && event.pushes.length)).toEqual([
      100, 100, 50,
    ]);
    expect((await history.list({ limit: 300, search: 'is:pinned' })).records).toHaveLength(250);
    await pushes.mark(ids.slice(0, 2), { pinned: false });
    expect((await history.list({ limit: 300, search: '-is:pinned' })).records).toHaveLength(2);
  });
});
