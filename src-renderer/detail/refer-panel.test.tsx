import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PushRecord } from '../../src-main/ipc/contract.ts';
import { FakeBridge } from '../testing/fake-bridge.ts';
import { ReferPanel } from './refer-panel.tsx';

const REFER = {
  kind: 'refer',
  target: 'sip:psa@push.test',
  event: 'ua-profile;profile-type=oma-app',
  silent: false,
  subscription: null,
  result: null,
} as const;

function recordOf(change: Partial<PushRecord> = {}): PushRecord {
  return {
    id: 'refer-1',
    terminal: 'bob-desk',
    method: 'REFER',
    at: '2026-11-21T12:00:00.000Z',
    application: 'mms.ua',
    from: 'sip:psa@push.test',
    asserted: true,
    callId: 'call',
    headers: '',
    contentType: null,
    bytes: 0,
    preview: null,
    state: 'waiting',
    code: 202,
    reason: null,
    read: false,
    times: 1,
    mismatch: false,
    pinned: false,
    body: REFER,
    references: [],
    delivery: [],
    ...change,
  };
}

describe('ReferPanel', () => {
  let bridge: FakeBridge;

  beforeEach(() => {
    bridge = new FakeBridge();
  });

  afterEach(cleanup);

  it('asks, and subscribes or declines', () => {
    render(<ReferPanel record={recordOf()} refer={REFER} />);
    expect(screen.getByRole('heading').textContent).toBe('The sender asks this terminal to subscribe');
    expect(screen.getByText('sip:psa@push.test')).toBeDefined();
    fireEvent.click(screen.getByRole('button', { name: 'Subscribe' }));
    fireEvent.click(screen.getByRole('button', { name: 'Decline' }));
    expect(bridge.calls.slice(-2)).toEqual([
      { name: 'refer.accept', argument: { refer: 'refer-1' } },
      { name: 'refer.decline', argument: { refer: 'refer-1' } },
    ]);
  });

  it('takes Enter for Subscribe, except on a control', () => {
    render(<ReferPanel record={recordOf()} refer={REFER} />);
    fireEvent.keyDown(screen.getByRole('button', { name: 'Decline' }), { key: 'Enter' });
    expect(bridge.of('refer.accept')).toHaveLength(0);
    fireEvent.keyDown(window, { key: 'Enter' });
    expect(bridge.of('refer.accept')).toEqual([{ refer: 'refer-1' }]);
  });

  it.each([
    ['receiving', null, false, 'SUBSCRIBE is sent; its first NOTIFY is awaited.'],
    ['completed', 200, false, 'Subscribed: the first NOTIFY came. The sender was told 200.'],
    ['completed', 200, true, 'Subscribed: the first NOTIFY came. The sender wanted no report.'],
    ['declined', 603, false, 'The sender was told 603.'],
    ['failed', 489, true, 'None. The sender wanted no report.'],
    ['failed', null, false, 'None.'],
  ] as const)('%s, %s: offers no choice, and says what came of it', (state, result, silent, words) => {
    render(<ReferPanel record={recordOf({ state })} refer={{ ...REFER, result, silent }} />);
    expect(screen.getByText(words)).toBeDefined();
    expect(screen.queryByRole('button', { name: 'Subscribe' })).toBeNull();
  });
});
