import { beforeEach, describe, expect, it } from 'vitest';
import { exampleOffer, exampleRecord, exampleTerminal, FakeBridge } from '../testing/fake-bridge.ts';
import { call, connectStore, loadMore, select, setQuery, showPushesFor, useStore } from './store.ts';

describe('store', () => {
  let bridge: FakeBridge;

  beforeEach(async () => {
    bridge = new FakeBridge({ 'push.list': { records: [exampleRecord({ id: 'b' })], more: true } });
    await connectStore();
  });

  const ids = () => useStore.getState().records.map(({ id }) => id);

  it('puts new pushes on top, changed ones in their place', () => {
    bridge.say({ kind: 'push', record: exampleRecord({ id: 'c' }) });
    bridge.say({ kind: 'push', record: exampleRecord({ id: 'b', reason: 'changed' }) });
    expect(ids()).toEqual(['c', 'b']);
    expect(useStore.getState().records[1]?.reason).toBe('changed');
    bridge.say({ kind: 'pushes-removed', pushes: ['c'] });
    expect(ids()).toEqual(['b']);
  });

  it('keeps out what the filter or the terminal leaves out', async () => {
    await setQuery({ filter: 'files', terminal: 'bob-desk' });
    bridge.say({ kind: 'push', record: exampleRecord({ id: 'm' }) });
    bridge.say({ kind: 'push', record: { ...exampleOffer(['a']), terminal: 'other' } });
    expect(ids()).toEqual(['b']);
    bridge.say({ kind: 'push', record: exampleOffer(['a']) });
    expect(ids()).toContain('offer-1');
    expect(bridge.of('push.list').at(-1)).toMatchObject({
      filter: 'files',
      terminal: 'bob-desk',
      before: null,
    });
  });

  it('keeps to one application of a terminal until another terminal or a notification asks for more', async () => {
    showPushesFor('bob-desk', 'MMS.ua');
    bridge.say({ kind: 'push', record: exampleRecord({ id: 'c', application: 'wml.ua' }) });
    bridge.say({
      kind: 'push',
      record: exampleRecord({ id: 'd', application: 'urn:x-wap-application:mms.ua' }),
    });
    expect(ids()).toEqual(['d', 'b']);
    expect(bridge.of('push.list').at(-1)).toMatchObject({ terminal: 'bob-desk', application: 'MMS.ua' });
    bridge.say({ kind: 'select-push', push: 'c' });
    expect(useStore.getState()).toMatchObject({ selected: 'c', query: { application: null } });
    showPushesFor('bob-desk', 'mms.ua');
    await setQuery({ terminal: null });
    expect(useStore.getState().query.application).toBeNull();
  });

  it('loads the next page after the last record, once', async () => {
    await Promise.all([loadMore(), loadMore()]);
    expect(
      bridge.of('push.list').filter((query) => (query as { before: unknown }).before === 'b'),
    ).toHaveLength(1);
  });

  it('marks a push read when it is opened', () => {
    select('b');
    expect(useStore.getState().records[0]?.read).toBe(true);
    expect(bridge.of('push.mark')).toEqual([{ pushes: ['b'], read: true }]);
  });

  it('follows terminals, progress and deadlines without touching the list', () => {
    const before = useStore.getState().records;
    bridge.say({ kind: 'terminal', terminal: exampleTerminal({ waiting: 2 }) });
    bridge.say({
      kind: 'progress',
      progress: [{ offer: 'o', index: 1, received: 5, total: 10, bytesPerSecond: 1, chunks: 1, answered: 1 }],
    });
    bridge.say({ kind: 'deadline', deadline: { offer: 'o', deadline: '2026-11-21T12:01:00Z' } });
    const state = useStore.getState();
    expect(state.app?.terminals.map(({ waiting }) => waiting)).toEqual([2]);
    expect(state.progress['o 1']?.received).toBe(5);
    expect(state.app?.deadlines).toHaveLength(1);
    expect(state.records).toBe(before);
  });

  it('turns a refusal of the main process into a notice', async () => {
    new FakeBridge({ 'offer.accept': new Error('This offer is over.') });
    expect(await call('offer.accept', { offer: 'o', files: [0] })).toBeNull();
    expect(useStore.getState().notices.map(({ text }) => text)).toEqual(['This offer is over.']);
  });
});
