import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { profileSchema } from '../src-main/agent/profile.ts';
import { App } from './app.tsx';
import { connectStore, useStore } from './store/store.ts';
import { teachDialogs } from './testing/dialog.ts';
import {
  exampleRecord,
  exampleRegistered,
  exampleState,
  exampleTerminal,
  FakeBridge,
} from './testing/fake-bridge.ts';

const phone = exampleTerminal({ name: 'bob-phone', displayName: 'Bob · phone' });
const counts = { total: 7, unread: 0, waiting: 3, bytes: 0, terminals: [] };
const TWO = exampleState({ terminals: [{ ...exampleRegistered(), waiting: 2 }, phone], counts });
const shownTab = () => screen.getByRole('tab', { selected: true }).textContent;
const press = (key: string, init = {}) => fireEvent.keyDown(window, { key, ctrlKey: true, ...init });

async function show(only: string | null = null): Promise<FakeBridge> {
  const bridge = new FakeBridge({
    'app.state': TWO,
    'profile.export': '/home/bob/bob-phone.json',
    'terminal.profile': profileSchema.parse({
      name: 'bob-phone',
      aor: 'sip:bob@push.test',
      core: 'sip:push.test',
    }),
  });
  await connectStore(only);
  render(<App />);
  return bridge;
}

/** Opens the menu of the phone's card and chooses from it. */
async function choose(name: string): Promise<void> {
  fireEvent.keyDown(screen.getByRole('button', { name: 'Actions for Bob · phone' }), { key: 'Enter' });
  await act(async () => {
    fireEvent.click(screen.getByRole('menuitem', { name }));
  });
}

describe('App', () => {
  beforeAll(teachDialogs);

  afterEach(() => {
    cleanup();
    document.title = '';
  });

  it('has tabs that follow Ctrl and a figure, and arrow keys', async () => {
    await show();
    expect(screen.getAllByRole('tab').map(({ textContent }) => textContent)).toEqual([
      'Inbox',
      'Registration',
      'Applications',
      'Trace',
    ]);
    expect(shownTab()).toBe('Inbox');
    press('2');
    expect(shownTab()).toBe('Registration');
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Registration');
    expect(screen.queryByRole('searchbox')).toBeNull();
    press('1', { shiftKey: true });
    expect(shownTab()).toBe('Registration');
    press('1');
    expect(shownTab()).toBe('Inbox');
    const inbox = screen.getByRole('tab', { name: 'Inbox' });
    act(() => inbox.focus());
    fireEvent.keyDown(inbox, { key: 'ArrowRight' });
    await vi.waitFor(() => expect(shownTab()).toBe('Registration'));
  });

  it('brings the search back with Ctrl+K from any tab', async () => {
    await show();
    press('2');
    press('k');
    expect(shownTab()).toBe('Inbox');
    expect(document.activeElement).toBe(screen.getByRole('searchbox', { name: 'Search' }));
  });

  it('opens the Registration tab from the menu of a card, which stays selected there', async () => {
    await show();
    await choose('Details…');
    expect(shownTab()).toBe('Registration');
    expect(screen.getByRole('heading', { level: 2, name: 'Bob · phone' })).toBeDefined();
    fireEvent.click(screen.getByRole('button', { name: /^Bob · phone.*Not registered/ }));
    expect(useStore.getState().query.terminal).toBe('bob-phone');
    press('1');
    fireEvent.click(screen.getByRole('button', { name: /^Bob · phone.*Not registered/ }));
    await vi.waitFor(() => expect(useStore.getState().query.terminal).toBeNull());
  });

  it('offers a window, the profile and its file in the menu of a card', async () => {
    const bridge = await show();
    for (const name of ['Open in own window', 'Export profile…', 'Edit profile…']) await choose(name);
    expect(bridge.of('terminal.openWindow')).toEqual([{ terminal: 'bob-phone' }]);
    expect(bridge.of('terminal.profile')).toEqual([{ terminal: 'bob-phone' }]);
    expect(bridge.of('profile.export')).toEqual([{ terminal: 'bob-phone', secrets: false }]);
    expect(await screen.findByText(/The profile is in \/home\/bob\/bob-phone\.json/)).toBeDefined();
  });

  it('begins another terminal as a copy, with a name of its own to be given', async () => {
    const bridge = await show();
    await choose('Duplicate…');
    expect(screen.getByRole('heading', { name: 'Duplicate bob-phone' })).toBeDefined();
    const field = (name: string) => screen.getByLabelText<HTMLInputElement>(name, { selector: 'input' });
    expect(field('Address of record').value).toBe('sip:bob@push.test');
    fireEvent.change(field('Name'), { target: { value: 'bob-tablet' } });
    await act(async () => {
      fireEvent.click(screen.getByRole('button', { name: 'Add and register' }));
    });
    expect(bridge.of('terminal.add')).toMatchObject([{ name: 'bob-tablet', aor: 'sip:bob@push.test' }]);
  });

  it('asks before a terminal is removed', async () => {
    const bridge = await show();
    await choose('Remove terminal…');
    expect(screen.getByRole('dialog', { name: 'Remove Bob · phone?' })).toBeDefined();
    fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(screen.queryByRole('dialog')).toBeNull();
    const actions = screen.getByRole('button', { name: 'Actions for Bob · phone' });
    await vi.waitFor(() => expect(document.activeElement).toBe(actions));
    expect(bridge.of('terminal.remove')).toEqual([]);
    await choose('Remove terminal…');
    fireEvent.click(screen.getByRole('button', { name: 'Remove' }));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(bridge.of('terminal.remove')).toEqual([{ terminal: 'bob-phone' }]);
  });

  it('names the connection in the status bar', async () => {
    await show();
    expect(screen.getByRole('contentinfo').textContent).toContain('TCP to 127.0.0.1:5060');
    expect(screen.getByRole('contentinfo').textContent).toContain('7 pushes kept');
  });
});

describe('a window of one terminal', () => {
  afterEach(() => {
    cleanup();
    document.title = '';
  });

  it('shows its state and its pushes, and nothing of others', async () => {
    const bridge = await show('bob-desk');
    expect(screen.queryByRole('navigation')).toBeNull();
    const header = screen.getByRole('banner').textContent;
    expect(header).toContain('Bob · desk');
    expect(header).toContain('Registered');
    expect(screen.getByRole('img', { name: '2 waiting' })).toBeDefined();
    expect(screen.queryByText(/Bob · phone/)).toBeNull();
    expect(bridge.of('push.list')).toMatchObject([{ terminal: 'bob-desk' }]);
    expect(screen.getByRole('button', { name: 'Needs you 2' })).toBeDefined();
    expect(screen.getByRole('button', { name: 'All' })).toBeDefined();
    expect(screen.getByText('No push has come yet')).toBeDefined();
    expect(screen.queryByText(/pushes kept/)).toBeNull();
    press('2');
    expect(screen.getByRole('heading', { level: 2 }).textContent).toBe('Bob · desk');
    expect(screen.queryByRole('group', { name: 'Terminal' })).toBeNull();
  });

  it('counts waiting offers in its title', async () => {
    const bridge = await show('bob-desk');
    expect(document.title).toBe('(2) bob-desk · Push Terminal');
    act(() => bridge.say({ kind: 'terminal', terminal: { ...exampleRegistered(), waiting: 0 } }));
    expect(document.title).toBe('bob-desk · Push Terminal');
  });

  it('follows a notification to its own pushes only', async () => {
    const bridge = await show('bob-desk');
    useStore.setState({ records: [exampleRecord({ id: 'own', read: true })], screen: 'registration' });
    act(() => bridge.say({ kind: 'select-push', push: 'of another' }));
    expect(useStore.getState()).toMatchObject({ screen: 'registration', selected: null });
    act(() => bridge.say({ kind: 'select-push', push: 'own' }));
    expect(useStore.getState()).toMatchObject({ screen: 'inbox', selected: 'own' });
  });

  it('says so when its terminal is gone, and never shows the pushes of others', async () => {
    const bridge = await show('bob-desk');
    act(() => bridge.say({ kind: 'terminal-removed', terminal: 'bob-desk' }));
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe(
      'There is no terminal called bob-desk',
    );
    expect(useStore.getState().query.terminal).toBe('bob-desk');
    expect(document.title).toBe('bob-desk · Push Terminal');
  });
});
