import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PushRecord } from '../history/records.ts';
import { exampleOffer } from '../history/test-records.ts';
import { PushRelay } from './push-relay.ts';

describe('the push relay', () => {
  const kept = new Map<string, PushRecord>();
  let told: PushRecord[];
  let relay: PushRelay;

  beforeEach(() => {
    vi.useFakeTimers();
    kept.clear();
    told = [];
    relay = new PushRelay({ get: async (id) => kept.get(id) ?? null }, (record) => told.push(record));
  });

  afterEach(() => {
    relay.close();
    vi.useRealTimers();
  });

  test('tells the last state of each push', async () => {
    const offer = exampleOffer();
    kept.set(offer.id, offer);
    relay.changed(offer);
    relay.changed({ ...offer, state: 'receiving' });
    await vi.runAllTimersAsync();
    expect(told.map((record) => record.state)).toEqual(['receiving']);
  });

  test('does not make a push unread again', async () => {
    const offer = exampleOffer();
    kept.set(offer.id, { ...offer, read: true });
    relay.changed({ ...offer, state: 'completed', read: false });
    await vi.runAllTimersAsync();
    expect(told).toEqual([{ ...offer, state: 'completed', read: true }]);
  });

  test('does not bring a removed push back', async () => {
    relay.changed(exampleOffer());
    await vi.runAllTimersAsync();
    expect(told).toEqual([]);
  });

  test('survives a history that is closed', async () => {
    const closed = new PushRelay({ get: () => Promise.reject(new Error('closed')) }, (record) =>
      told.push(record),
    );
    closed.changed(exampleOffer());
    await vi.runAllTimersAsync();
    expect(told).toEqual([]);
  });
});
