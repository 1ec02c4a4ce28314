import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Bindings, type CoreBinding } from './bindings.ts';

const BOB = 'sip:bob@push.test';

function binding(change: Partial<CoreBinding> = {}): CoreBinding {
  return {
    aor: BOB,
    contact: 'sip:bob@127.0.0.1:1',
    instance: null,
    regId: null,
    parameters: [],
    q: null,
    path: [],
    callId: 'c',
    cseq: 1,
    expiresAt: Date.now() + 60_000,
    registeredAt: Date.now(),
    flowId: 'flow',
    pubGruu: null,
    tempGruu: null,
    ...change,
  };
}

describe('Bindings', () => {
  const events: string[] = [];
  let bindings: Bindings;
  beforeEach(() => {
    vi.useFakeTimers();
    events.length = 0;
    bindings = new Bindings((event, { contact }) => events.push(`${event} ${contact}`));
  });
  afterEach(() => {
    bindings.close();
    vi.useRealTimers();
  });

  it.each([
    ['the same contact, written otherwise', {}, { contact: 'sip:b%6Fb@127.0.0.1:1' }, 1],
    ['another contact', {}, { contact: 'sip:bob@127.0.0.1:2' }, 2],
    ['the same instance, another contact', { instance: 'i' }, { instance: 'i', contact: 'sip:x@y' }, 1],
    ['another instance, the same contact', { instance: 'i' }, { instance: 'j' }, 2],
    ['another flow of an instance', { instance: 'i', regId: 1 }, { instance: 'i', regId: 2 }, 2],
    [
      'the same flow of an instance',
      { instance: 'i', regId: 1 },
      { instance: 'i', regId: 1, contact: 'sip:x@y' },
      1,
    ],
    ['another AOR', {}, { aor: 'sip:eve@push.test' }, 2],
  ] as const)('%s', (_name, first, second, count) => {
    bindings.put(binding(first), 'created');
    bindings.put(binding(second), 'created');
    expect(bindings.list()).toHaveLength(count);
  });

  it('expires each binding at its time', () => {
    bindings.put(binding({ contact: 'sip:late@x', expiresAt: Date.now() + 3000 }), 'created');
    bindings.put(binding({ contact: 'sip:soon@x', expiresAt: Date.now() + 1000 }), 'created');
    vi.advanceTimersByTime(1000);
    expect(bindings.list(BOB).map(({ contact }) => contact)).toEqual(['sip:late@x']);
    vi.advanceTimersByTime(2000);
    expect(bindings.list()).toEqual([]);
    expect(events).toEqual([
      'created sip:late@x',
      'created sip:soon@x',
      'expired sip:soon@x',
      'expired sip:late@x',
    ]);
  });

  it('takes expiries beyond the longest timer', () => {
    bindings.put(binding({ expiresAt: Date.now() + 2 ** 32 }), 'created');
    vi.advanceTimersByTime(2 ** 31);
    expect(bindings.list()).toHaveLength(1);
    vi.advanceTimersByTime(2 ** 31);
    expect(bindings.list()).toEqual([]);
  });

  it('removes the bindings of a closed flow only', () => {
    bindings.put(binding({ flowId: 'a' }), 'created');
    bindings.put(binding({ flowId: 'b', contact: 'sip:x@y' }), 'created');
    bindings.flowClosed('a');
    expect(bindings.list(BOB).map(({ flowId }) => flowId)).toEqual(['b']);
  });

  it('know which flows lead to someone', () => {
    const first = binding({ instance: 'one' });
    bindings.put(first, 'created');
    bindings.put(binding({ instance: 'two' }), 'created');
    bindings.put(binding({ instance: 'one', flowId: 'other' }), 'refreshed');
    expect(['flow', 'other', 'none'].map((id) => bindings.usesFlow(id))).toEqual([true, true, false]);
    bindings.flowClosed('flow');
    bindings.remove(first, 'unregistered');
    expect(['flow', 'other'].map((id) => bindings.usesFlow(id))).toEqual([false, true]);
    vi.advanceTimersByTime(61_000);
    expect(bindings.usesFlow('other')).toBe(false);
  });
});
