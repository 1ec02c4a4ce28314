import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SubscriptionState, SubscriptionView, TerminalView } from '../../src-main/ipc/contract.ts';
import { formatPreciseTime } from '../format.ts';
import { useStore } from '../store/store.ts';
import { exampleState, exampleTerminal, FakeBridge } from '../testing/fake-bridge.ts';
import { Subscriptions } from './subscriptions.tsx';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const NOTIFY = {
  number: 2,
  at: '2026-11-21T11:59:00.250Z',
  from: 'sip:psa@push.test',
  state: 'active;expires=600',
  contentType: 'text/plain; charset=utf-8',
  bytes: 2048,
  code: 200,
  push: 'push-7',
};

function example(change: Partial<SubscriptionView> = {}): SubscriptionView {
  return {
    id: 'one',
    origin: 'profile',
    target: 'sip:psa@push.test',
    event: 'ua-profile;profile-type=oma-app;vendor="v"',
    application: 'mms.ua',
    accept: '*/*, message/external-body',
    expires: 86_400,
    state: { kind: 'active', expiresAt: '2026-11-21T12:10:00.000Z' },
    notifiers: [
      { tag: 'a', uri: 'sip:psa@push.test', state: 'active', expiresAt: '2026-11-21T12:10:00.000Z' },
    ],
    notifies: 2,
    lastNotify: NOTIFY,
    ...change,
  };
}

const button = (name: string) => screen.getByRole<HTMLButtonElement>('button', { name });
const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);
const fill = (label: string, value: string) => fireEvent.change(field(label), { target: { value } });

describe('Subscriptions', () => {
  let bridge: FakeBridge;

  const show = (subscriptions: readonly SubscriptionView[], change: Partial<TerminalView> = {}) =>
    render(<Subscriptions terminal={exampleTerminal({ subscriptions, ...change })} now={NOW} />);

  beforeEach(() => {
    HTMLDialogElement.prototype.showModal = vi.fn(function open(this: HTMLDialogElement) {
      this.open = true;
    });
    bridge = new FakeBridge({
      'subscription.start': 'new',
      'subscription.notifies': [{ ...NOTIFY, raw: 'NOTIFY sip:bob SIP/2.0\r\n\r\nhello', isCut: false }],
    });
  });

  afterEach(cleanup);

  it('says what a subscription is for where there is none', () => {
    show([]);
    expect(screen.getByText(/This terminal subscribes to nothing/)).toBeDefined();
    expect(screen.queryByRole('table')).toBeNull();
  });

  it('tells what, with whom, how it stands, what is left of it and what came last', () => {
    show([example()]);
    const table = screen.getByRole('table', { name: 'Subscriptions of sip:bob@push.test' });
    const [, row] = within(table).getAllByRole('row');
    for (const part of [
      'ua-profile for mms.ua · of the profile',
      'sip:psa@push.test',
      'Active expires in 10:00',
      formatPreciseTime(NOTIFY.at),
      'text/plain · 2 KB',
    ])
      expect(row?.textContent).toContain(part);
    expect(within(table).getByRole('timer').textContent).toBe('expires in 10:00');
  });

  it.each<[SubscriptionState, string]>([
    [{ kind: 'waiting' }, 'Waiting until the terminal is registered'],
    [{ kind: 'subscribing' }, 'Subscribing… no NOTIFY has come yet'],
    [{ kind: 'pending', expiresAt: '2026-11-21T12:00:30.000Z' }, 'Pending expires in 0:30'],
    [
      {
        kind: 'ended',
        reason: 'The SUBSCRIBE was refused (403 Forbidden).',
        code: 403,
        retryAt: null,
      },
      'Ended (403) The SUBSCRIBE was refused (403 Forbidden).',
    ],
    [
      {
        kind: 'ended',
        reason: 'The notifier ended it: giveup.',
        code: null,
        retryAt: '2026-11-21T12:01:00.000Z',
      },
      'Ended The notifier ended it: giveup. Next try in 1:00.',
    ],
  ])('puts %o into words', (state, words) => {
    show([example({ state, notifies: 0, lastNotify: null })]);
    expect(screen.getAllByRole('row')[1]?.textContent).toContain(words);
    expect(screen.getByText('none yet')).toBeDefined();
  });

  it('refreshes, stops, starts again and removes', () => {
    const ended: SubscriptionState = { kind: 'ended', reason: 'Unsubscribed.', code: null, retryAt: null };
    show([example(), example({ id: 'two', event: 'presence', origin: 'user', state: ended })]);
    fireEvent.click(button('Refresh ua-profile with sip:psa@push.test'));
    fireEvent.click(button('Stop ua-profile with sip:psa@push.test'));
    fireEvent.click(button('Subscribe to presence with sip:psa@push.test again'));
    fireEvent.click(button('Remove presence with sip:psa@push.test'));
    const terminal = 'bob-desk';
    expect(bridge.calls).toEqual([
      { name: 'subscription.refresh', argument: { terminal, subscription: 'one' } },
      { name: 'subscription.stop', argument: { terminal, subscription: 'one' } },
      { name: 'subscription.restart', argument: { terminal, subscription: 'two' } },
      { name: 'subscription.forget', argument: { terminal, subscription: 'two' } },
    ]);
  });

  it('shows NOTIFYs as they came when asked, and opens the push', async () => {
    show([example()]);
    expect(bridge.calls).toEqual([]);
    const disclosure = button('Details of ua-profile with sip:psa@push.test');
    await act(async () => {
      fireEvent.click(disclosure);
    });
    expect(disclosure.getAttribute('aria-expanded')).toBe('true');
    expect(screen.getByText(/NOTIFY sip:bob SIP\/2.0/).tagName).toBe('PRE');
    expect(screen.getByText('86400 s')).toBeDefined();
    await act(async () => {
      fireEvent.click(button('Open the push'));
    });
    expect(useStore.getState()).toMatchObject({ screen: 'inbox', selected: 'push-7' });
  });

  it('subscribes by hand to any package', async () => {
    useStore.setState({ app: exampleState() });
    show([]);
    fireEvent.click(button('Subscribe…'));
    expect(field('Event package').value).toBe('ua-profile');
    fill('Event package', 'presence');
    fill('With', 'sip:watch@push.test');
    fill('Application', '');
    fill('Expires', 'soon');
    fill('Accept', 'application/pidf+xml\ntext/plain');
    await act(async () => {
      fireEvent.click(button('Subscribe'));
    });
    expect(screen.getByRole('alert').textContent).toMatch(/^Expires must be a whole number/);
    fill('Expires', '120');
    await act(async () => {
      fireEvent.click(button('Subscribe'));
    });
    expect(bridge.of('subscription.start')).toEqual([
      {
        terminal: 'bob-desk',
        event: 'presence',
        target: 'sip:watch@push.test',
        application: null,
        expires: 120,
        accept: ['application/pidf+xml', 'text/plain'],
      },
    ]);
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('names what is wrong, and what the terminal refuses', async () => {
    bridge = new FakeBridge({ 'subscription.start': new Error('There are 50 subscriptions already.') });
    show([]);
    fireEvent.click(button('Subscribe…'));
    fill('With', 'nobody');
    await act(async () => {
      fireEvent.click(button('Subscribe'));
    });
    expect(screen.getByRole('alert').textContent).toMatch(/^Who is asked must be a SIP address/);
    fill('With', '');
    await act(async () => {
      fireEvent.click(button('Subscribe'));
    });
    expect(screen.getByRole('alert').textContent).toBe('There are 50 subscriptions already.');
  });
});
