import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RegistrationState, TerminalView } from '../../src-main/ipc/contract.ts';
import { formatPreciseTime } from '../format.ts';
import { useStore } from '../store/store.ts';
import {
  exampleRegistered,
  exampleRegistration,
  exampleTerminal,
  FakeBridge,
} from '../testing/fake-bridge.ts';
import { RegistrationTab } from './registration-tab.tsx';

const EXCHANGE = {
  at: '2026-11-21T11:59:59.120Z',
  request: 'REGISTER sip:push.test SIP/2.0',
  response: 'SIP/2.0 200 OK',
  milliseconds: 12,
};
const button = (name: string) => screen.getByRole<HTMLButtonElement>('button', { name });
const region = (name: string) => within(screen.getByRole('region', { name }));
const timers = () => screen.getAllByRole('timer').map(({ textContent }) => textContent);

describe('RegistrationTab', () => {
  let bridge: FakeBridge;
  const editProfile = vi.fn<(terminal: string) => void>();
  const tab = (...terminals: readonly TerminalView[]) => (
    <RegistrationTab terminals={terminals} editProfile={editProfile} />
  );
  const show = (change: Partial<TerminalView> = {}) => render(tab({ ...exampleRegistered(), ...change }));

  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse('2026-11-21T12:00:00Z') });
    editProfile.mockReset();
    bridge = new FakeBridge({ 'terminal.exchange': EXCHANGE });
  });

  afterEach(() => {
    cleanup();
    vi.useRealTimers();
  });

  const published = {
    kind: 'published',
    since: '2026-11-21T11:00:00.000Z',
    etag: 'a.1a2b',
    expiresAt: '2026-11-21T12:45:00.000Z',
  } as const;
  const lastFailure = {
    at: '2026-11-21T11:00:00.000Z',
    code: 503,
    reason: 'The core refused the PUBLISH (503 Busy).',
  };

  it.each([
    ['nothing wanted', null, ['not published', 'Not asked for']],
    [
      'published',
      { state: published, lastFailure: null },
      ['published', 'a.1a2b', '45:00', 'Last failurenone'],
    ],
    ['published after a failure', { state: published, lastFailure }, ['503 Busy']],
    [
      'not yet',
      { state: { kind: 'publishing' }, lastFailure: null },
      ['publishing…', 'has not answered yet'],
    ],
    ['off', { state: { kind: 'off' }, lastFailure: null }, ['not published', 'with the next registration']],
    [
      'failed for good',
      { state: { kind: 'failed', code: 489, reason: 'x', retryAt: null }, lastFailure },
      ['failed', 'Next trywith the next registration'],
    ],
    [
      'failed for now',
      { state: { kind: 'failed', code: 503, reason: 'x', retryAt: '2026-11-21T12:00:10.000Z' }, lastFailure },
      ['failed', 'Next tryin 0:10'],
    ],
  ] as const)('tells how the capabilities are published: %s', (_name, publication, words) => {
    show({ publication, uaProfile: 'http://127.0.0.1:8080/uaprof.rdf' });
    const section = screen.getByRole('region', { name: 'Published capabilities' }).textContent;
    for (const word of [...words, 'http://127.0.0.1:8080/uaprof.rdf']) expect(section).toContain(word);
  });

  it('says that it is registered, and counts down', () => {
    show();
    expect(screen.getByRole('status').textContent).toBe('Registered');
    expect(timers()).toEqual(['expires in 30:00']);
    act(() => {
      vi.advanceTimersByTime(2000);
    });
    expect(timers()).toEqual(['expires in 29:58']);
  });

  it.each<[RegistrationState, string, RegExp]>([
    [{ kind: 'unregistered' }, 'Not registered', /Register to receive pushes/],
    [{ kind: 'connecting' }, 'Connecting…', /connection to the core is being made/],
    [{ kind: 'registering' }, 'Registering…', /the core has not answered yet/],
    [
      { kind: 'failed', code: 403, reason: 'The core refused the password.', retryAt: null },
      'Failed (403)',
      /No further try is planned/,
    ],
  ])('puts %o into words', (registration, word, words) => {
    show({ registration, flow: null });
    expect(screen.getByRole('status').textContent).toBe(word);
    expect(screen.getByText(words)).toBeDefined();
    expect(screen.getAllByText('known once registered').length).toBeGreaterThan(4);
    expect(screen.getByText('not connected')).toBeDefined();
  });

  it('gives the reason of a failure in full, and counts down to the next try', () => {
    const reason = 'The core answered 503 Service Unavailable.';
    show({ registration: { kind: 'failed', code: 503, reason, retryAt: '2026-11-21T12:00:28Z' } });
    expect(screen.getByText(reason)).toBeDefined();
    expect(timers()).toEqual(['next try in 0:28']);
  });

  it('registers, unregisters, withdraws the push and edits the profile', () => {
    show();
    for (const name of ['Register', 'Unregister', 'Withdraw push', 'Edit profile…'])
      fireEvent.click(button(name));
    const terminal = 'bob-desk';
    expect(bridge.calls).toEqual([
      { name: 'terminal.register', argument: { terminal } },
      { name: 'terminal.unregister', argument: { terminal } },
      { name: 'terminal.withdraw', argument: { terminal } },
    ]);
    expect(button('Withdraw push').title).toBe('Stays on the core without the push tags');
    expect(editProfile).toHaveBeenCalledWith(terminal);
  });

  it('offers what fits the state', () => {
    show({ registration: { kind: 'unregistered' } });
    expect([button('Unregister').disabled, button('Withdraw push').disabled]).toEqual([true, true]);
    cleanup();
    show({ registration: { kind: 'registering' } });
    expect(button('Register').disabled).toBe(true);
  });

  it('offers push again after it was withdrawn', () => {
    show({ registration: exampleRegistration({ withdrawn: true }) });
    expect(screen.getByRole('status').textContent).toBe('Registered · push withdrawn');
    expect(screen.getByText(/stays on the core without the push tags/)).toBeDefined();
    for (const name of ['Register', 'Withdraw push'])
      expect(screen.queryByRole('button', { name })).toBeNull();
    expect(screen.getByText(/the core is told once it is offered again/)).toBeDefined();
    fireEvent.click(button('Offer push again'));
    expect(bridge.of('terminal.register')).toEqual([{ terminal: 'bob-desk' }]);
  });

  it('keeps what the last registration told when there is none, and says so', () => {
    const { registration } = exampleRegistered();
    if (registration.kind !== 'registered') throw new Error('the example is not registered');
    show({ registration: { kind: 'unregistered' }, lastRegistered: registration });
    for (const name of ['Addresses', 'Connection', 'What the core supports']) {
      expect(region(name).getByText('as of the last registration')).toBeDefined();
    }
    expect(region('Addresses').getByText(/;gr=/, { exact: false })).toBeDefined();
    expect(region('What the core supports').getAllByText('yes').length).toBeGreaterThan(0);
  });

  it('lists warnings', () => {
    show({ registration: exampleRegistration({ warnings: ['The core gave no GRUU.', 'No tags.'] }) });
    const list = within(screen.getByRole('list', { name: 'Warnings' }));
    expect(list.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
      'The core gave no GRUU.',
      'No tags.',
    ]);
  });

  it('shows every address in full and copies it', async () => {
    show();
    const { pubGruu, tempGruu } = exampleRegistration();
    await act(async () => {
      for (const what of ['address of record', 'public GRUU', 'temporary GRUU', 'instance id', 'identity 2'])
        fireEvent.click(button(`Copy ${what}`));
    });
    expect(bridge.of('clipboard.write')).toEqual(
      [
        'sip:bob@push.test',
        pubGruu,
        tempGruu,
        'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
        'tel:+15550100',
      ].map((text) => ({ text })),
    );
    const addresses = screen.getByRole('region', { name: 'Addresses' });
    expect(addresses.textContent).toContain(pubGruu);
    const identities = region('Addresses').getByRole('list', { name: 'Identities' });
    expect([...identities.children].map(({ textContent }) => textContent)).toEqual([
      'sip:bob@push.test defaultCopy',
      'tel:+15550100 Copy',
    ]);
  });

  it('shows the way to the core, and which one stands in for which', () => {
    const { flow } = exampleRegistered();
    const cores = ['sip:first.push.test', 'sip:127.0.0.1:5060;transport=tcp'];
    show({ cores, flow: flow === null ? null : { ...flow, spare: true } });
    const text = screen.getByRole('region', { name: 'Connection' }).textContent;
    for (const part of [
      'TCP127.0.0.1:49152 → 127.0.0.1:5060',
      'sip:127.0.0.1:5060;transport=tcp in use standing in for sip:first.push.test',
      'ServerPush Terminal sandbox',
      'Path<sip:edge.push.test;lr;ob>',
      'Service-Route<sip:orig@scscf.push.test;lr>',
      'Outboundyes',
      'Flow-Timer120 s',
      'MSRPlistening on 127.0.0.1:2855',
    ])
      expect(text).toContain(part);
    expect(screen.getByRole('list', { name: 'Cores' }).children).toHaveLength(2);
  });

  it('tells what the core can in words, not in colour alone', () => {
    show();
    const features = region('What the core supports').getAllByRole('listitem');
    expect(features.map(({ textContent }) => textContent)).toEqual([
      'yesGRUU (RFC 5627)',
      'noPush tags echoed · the 2xx lists the contact without them',
      'unknownSIP outbound (RFC 5626)',
    ]);
  });

  it('lists every contact of the user, with what is left of it', async () => {
    show();
    const table = within(screen.getByRole('table', { name: 'Contacts of sip:bob@push.test' }));
    const [, ours, other] = table.getAllByRole('row');
    expect(ours?.textContent).toContain('this terminal');
    expect(ours?.textContent).toContain('30:00');
    expect(other?.textContent).toContain('sip:bob@10.0.0.7:5062');
    expect(other?.textContent).toContain('another terminal');
    expect(other?.textContent).toContain('10:00');
    expect(other?.textContent).toContain('not told');
    expect(table.getByTitle('urn:uuid:11111111-2222-3333-4444-7be1d02c44a1').textContent).toBe(
      '…7be1d02c44a1',
    );
    await act(async () => {
      fireEvent.click(button('Copy instance of contact 2'));
    });
    expect(bridge.of('clipboard.write')).toEqual([{ text: 'urn:uuid:11111111-2222-3333-4444-7be1d02c44a1' }]);
    expect(screen.getByText(/Live by the reg event package, subscription expires in 1:00:00/)).toBeDefined();
  });

  it('says so when no contact is known', () => {
    show({ bindings: [], regEvent: { kind: 'ended', reason: '489 Bad Event', retryAt: null } });
    expect(screen.queryByRole('table')).toBeNull();
    expect(screen.getByText('The core has told of no contact.')).toBeDefined();
    expect(screen.getByText(/the core does not offer reg event: 489 Bad Event/)).toBeDefined();
  });

  it('shows the last exchange when asked, and again after each change of the registration', async () => {
    const { rerender } = show();
    expect(bridge.of('terminal.exchange')).toEqual([]);
    const disclosure = button('Last exchange');
    expect(disclosure.getAttribute('aria-expanded')).toBe('false');
    await act(async () => {
      fireEvent.click(disclosure);
    });
    expect(disclosure.getAttribute('aria-expanded')).toBe('true');
    const text = screen.getByRole('region', { name: 'Last exchange' }).textContent;
    for (const part of [formatPreciseTime(EXCHANGE.at), 'after 12 ms', EXCHANGE.request, EXCHANGE.response])
      expect(text).toContain(part);
    await act(async () => {
      fireEvent.click(button('Copy response'));
      // The same state again, e.g. because an offer came.
      rerender(tab({ ...exampleRegistered(), waiting: 1 }));
    });
    expect(bridge.of('clipboard.write')).toEqual([{ text: EXCHANGE.response }]);
    expect(bridge.of('terminal.exchange')).toHaveLength(1);
    await act(async () => {
      rerender(tab(exampleRegistered({ expiresAt: '2026-11-21T13:00:00.000Z' })));
    });
    expect(bridge.of('terminal.exchange')).toEqual([{ terminal: 'bob-desk' }, { terminal: 'bob-desk' }]);
  });

  it('shows the selected terminal, else the first, and changes with one click', async () => {
    const terminals = [exampleTerminal(), exampleTerminal({ name: 'carol', displayName: null })];
    const { rerender } = render(tab(...terminals));
    expect(screen.getByRole('heading', { level: 2 }).textContent).toBe('Bob · desk');
    await act(async () => {
      fireEvent.click(button('carol'));
    });
    expect(screen.getByRole('heading', { level: 2 }).textContent).toBe('carol');
    expect(useStore.getState().query.terminal).toBe('carol');
    expect(button('carol').getAttribute('aria-pressed')).toBe('true');

    const many = Array.from({ length: 9 }, (_, index) => exampleTerminal({ name: `t${index}` }));
    rerender(tab(...many));
    await act(async () => {
      fireEvent.change(screen.getByRole('combobox', { name: 'Terminal' }), { target: { value: 't4' } });
    });
    expect(useStore.getState().query.terminal).toBe('t4');
  });

  it('needs a terminal', () => {
    render(tab());
    expect(screen.getByText(/There is no terminal/)).toBeDefined();
  });
});
