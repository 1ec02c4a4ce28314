import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TraceSummary } from '../../src-main/ipc/contract.ts';
import { App } from '../app.tsx';
import { connectStore, showScreen, useStore } from '../store/store.ts';
import { exampleRecord, exampleState, FakeBridge } from '../testing/fake-bridge.ts';
import { lanesOf, MAX_LANES } from './lanes.ts';
import { gapOf } from './time.ts';
import { fitting, showTraceOf, useTrace } from './trace-store.ts';

function message(id: number, change: Partial<TraceSummary> = {}): TraceSummary {
  return {
    id,
    at: 1_795_000_000_000_000 + id * 1_500,
    direction: 'in',
    kind: 'message',
    protocol: 'sip',
    transport: 'TCP',
    terminal: 'bob-desk',
    local: '127.0.0.1:41022',
    remote: '127.0.0.1:5060',
    bytes: 700,
    title: 'MESSAGE sip:bob@push.test',
    note: 'mms.ua',
    method: 'MESSAGE',
    code: null,
    callId: 'call-1',
    messageId: null,
    error: false,
    ...change,
  };
}

const refusal = message(2, {
  direction: 'out',
  title: '403 Forbidden',
  code: 403,
  error: true,
  callId: 'call-2',
});
const send = message(3, {
  protocol: 'msrp',
  title: 'SEND 1-5/5 $',
  method: 'SEND',
  remote: '127.0.0.1:7654',
});
const ping = message(4, { kind: 'keep-alive', title: 'Ping', method: null, callId: null });
const ALL = [message(1), refusal, send, ping];
const EVERYTHING = useTrace.getState().filter;

describe('what passes a filter', () => {
  it.each([
    ['everything but keep-alives', {}, [1, 2, 3]],
    ['keep-alives too', { keepAlives: true }, [1, 2, 3, 4]],
    ['SIP alone', { msrp: false }, [1, 2]],
    ['MSRP alone', { sip: false }, [3]],
    ['errors', { errorsOnly: true }, [2]],
    ['a method and its responses', { method: 'MESSAGE' }, [1, 2]],
    ['one call', { callId: 'call-1' }, [1, 3]],
  ])('%s', (_what, change, ids) => {
    expect(fitting(ALL, { ...EVERYTHING, ...change }, null, null).map(({ id }) => id)).toEqual(ids);
  });

  it('also what was found, and what one terminal sent or received', () => {
    expect(fitting(ALL, EVERYTHING, new Set([3]), null)).toEqual([send]);
    expect(fitting(ALL, EVERYTHING, null, 'bob-phone')).toEqual([]);
  });
});

describe('columns', () => {
  it('are the terminals, the cores, the MSRP peers, and at last all others together', () => {
    expect(
      lanesOf(ALL, (name) => name.toUpperCase()).map(({ title, address }) => `${title} ${address}`),
    ).toEqual(['BOB-DESK 127.0.0.1:41022', 'SIP/IP core 127.0.0.1:5060', 'MSRP peer 127.0.0.1:7654']);
    const many = Array.from({ length: 50 }, (_unused, index) => ({ ...send, remote: `10.0.0.1:${index}` }));
    const lanes = lanesOf(many, (name) => name);
    expect(lanes).toHaveLength(MAX_LANES);
    expect(lanes.at(-1)?.title).toBe('Others');
  });
});

it.each([
  [850, '+850 µs'],
  [1_234, '+1.2 ms'],
  [194_000, '+194 ms'],
  [3_400_000, '+3.4 s'],
  [720_000_000, '+12 min'],
])('%d µs between two messages is %s', (micros, text) => {
  expect(gapOf(micros)).toBe(text);
});

describe('the Trace tab', () => {
  let bridge: FakeBridge;

  beforeEach(async () => {
    const trace = { recording: true, keep: false, megabytes: 64, first: 1, last: 4, bytes: 1 } as const;
    bridge = new FakeBridge({
      'app.state': exampleState({ trace }),
      'trace.list': { summaries: ALL, more: false, problems: [] },
      'push.list': { records: [exampleRecord({ callId: 'call-1' })], more: false, problems: [] },
    });
    await connectStore();
    render(<App />);
  });

  afterEach(() => {
    cleanup();
    useTrace.setState(useTrace.getInitialState(), true);
  });

  it('is filled page by page, counts what is shown, and drives the main process', async () => {
    act(() => showScreen('trace'));
    await vi.waitFor(() => expect(screen.getByText(/^3 of 4/)).toBeTruthy());
    expect(bridge.of('trace.list')[0]).toMatchObject({ from: 1 });
    expect(screen.getByRole('button', { name: 'Keep-alives 1' }).getAttribute('aria-pressed')).toBe('false');
    fireEvent.click(screen.getByRole('button', { name: 'Pause' }));
    expect(bridge.of('trace.record')).toEqual([{ recording: false }]);
    fireEvent.click(screen.getByRole('button', { name: 'Errors only' }));
    expect(screen.getByText(/^1 of 4/)).toBeTruthy();
  });

  it('leads from a push to its ladder, and back to everything', async () => {
    act(() => useStore.setState({ selected: 'push-1' }));
    fireEvent.click(screen.getByRole('button', { name: 'Trace' }));
    expect(useTrace.getState().filter.callId).toBe('call-1');
    expect(await screen.findByText('call-1')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Show all' }));
    expect(useTrace.getState().filter.callId).toBeNull();
  });

  it('says what to do where nothing fits', async () => {
    act(() => showTraceOf('call-of-nobody'));
    expect(await screen.findByText('Nothing here fits')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Show everything' }));
    expect(useTrace.getState().filter).toEqual(EVERYTHING);
  });
});
