import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from '../app.tsx';
import { connectStore, useStore } from '../store/store.ts';
import { teachDialogs } from '../testing/dialog.ts';
import { exampleOffer, exampleRecord, exampleState, FakeBridge } from '../testing/fake-bridge.ts';

const IDS = ['e', 'd', 'c', 'b', 'a'] as const;
const RECORDS = IDS.map((id) => exampleRecord({ id, preview: `text ${id}`, read: true }));

describe('the inbox', () => {
  let bridge: FakeBridge;

  beforeAll(() => {
    teachDialogs();
  });

  beforeEach(async () => {
    bridge = new FakeBridge({
      'app.state': exampleState({ searches: [{ name: 'Mine', search: 'from:psa' }] }),
      'push.list': { records: RECORDS, more: false, problems: [] },
      'push.ids': [...IDS, 'further'],
      'push.remove': { removal: 'r', pushes: ['d'], open: 0 },
      'push.undo': true,
    });
    await connectStore();
    render(<App />);
  });

  afterEach(cleanup);

  const press = (key: string, init = {}) =>
    act(async () => void fireEvent.keyDown(screen.getByRole('listbox'), { key, ...init }));
  const current = () => useStore.getState().selected;
  const chosen = () => [...useStore.getState().chosen].join('');

  it.each<[keys: readonly (readonly [string, object?])[], current: string | null, chosen: string]>([
    [[['ArrowDown']], 'e', ''],
    [[['j'], ['j'], ['J'], ['k']], 'd', ''],
    [[['End'], ['ArrowUp']], 'b', ''],
    [[['End'], ['Home']], 'e', ''],
    [[['PageDown']], 'a', ''],
    [[['j'], ['ArrowDown', { shiftKey: true }], ['ArrowDown', { shiftKey: true }]], 'c', 'cde'],
    [[['End'], ['Home', { shiftKey: true }], ['ArrowDown', { shiftKey: true }]], 'd', 'abcd'],
    [
      [['j'], ['ArrowDown', { ctrlKey: true }], ['ArrowDown', { ctrlKey: true }], [' ', { ctrlKey: true }]],
      'c',
      'ce',
    ],
    [[['j'], ['j', { shiftKey: true }], ['Escape']], 'd', ''],
    [[['j'], ['Escape']], null, ''],
    [[['a', { ctrlKey: true }]], 'e', 'abcdefhrtu'],
  ])('%j leads to %s', async (keys, expected, together) => {
    for (const [key, init] of keys) await press(key, init);
    expect(current()).toBe(expected);
    expect(new Set(chosen())).toEqual(new Set(together));
  });

  it('marks and pins what is chosen, the other way round the second time', async () => {
    await press('j');
    await press('j', { shiftKey: true });
    await press('u');
    await press('U');
    await press('p');
    await press('P');
    const pushes = ['e', 'd'];
    expect(bridge.of('push.mark')).toEqual([
      { pushes, read: false },
      { pushes, read: true },
      { pushes, pinned: true },
      { pushes, pinned: false },
    ]);
    expect(screen.getByRole('region', { name: 'Selected pushes' }).textContent).toContain(
      '2 pushes selected',
    );
  });

  it('deletes, goes on to the next, and takes it back with Ctrl+Z or the notice', async () => {
    await press('j');
    await press('j');
    await press('Delete');
    expect(bridge.of('push.remove')).toEqual([{ pushes: ['d'] }]);
    expect(current()).toBe('c');
    expect(screen.getByText('Deleted 1 push.')).toBeDefined();
    await press('z', { ctrlKey: true });
    expect(bridge.of('push.undo')).toEqual([{ removal: 'r' }]);
    expect(screen.queryByText('Deleted 1 push.')).toBeNull();
    act(() => bridge.say({ kind: 'pushes-restored' }));
    await press('Delete');
    await act(async () => void fireEvent.click(screen.getByRole('button', { name: 'Undo' })));
    expect(bridge.of('push.undo')).toHaveLength(2);
  });

  it('takes keys in a field for text', async () => {
    await press('j');
    fireEvent.keyDown(screen.getByRole('searchbox'), { key: 'Delete' });
    fireEvent.keyDown(screen.getByRole('searchbox'), { key: '?' });
    expect(bridge.of('push.remove')).toEqual([]);
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('leaves Enter to what waits', async () => {
    act(() => bridge.say({ kind: 'push', record: { ...exampleOffer(['x']), id: 'z' } }));
    await press('Home');
    screen.getByRole('listbox').focus();
    await press('Enter');
    expect(document.activeElement).toBe(screen.getByRole('listbox'));
    await press('j');
    await press('Enter');
    expect(document.activeElement).toBe(screen.getByRole('region', { name: 'Detail' }));
  });

  it('searches when typing has ended, tells what it did not understand, and inserts keys', async () => {
    const before = bridge.of('push.list').length;
    const field = screen.getByRole('searchbox', { name: 'Search' });
    fireEvent.change(field, { target: { value: 'state:x' } });
    fireEvent.change(field, { target: { value: 'state:xy' } });
    await vi.waitFor(() => expect(bridge.of('push.list')).toHaveLength(before + 1));
    expect(bridge.of('push.list').at(-1)).toMatchObject({ search: 'state:xy' });
    act(() => useStore.setState({ problems: ['state: takes received.'] }));
    expect(document.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent).toContain(
      'takes',
    );
    await act(async () => void fireEvent.click(screen.getByRole('button', { name: 'How to search' })));
    fireEvent.click(screen.getByRole('button', { name: 'Search for is:unread' }));
    expect((field as HTMLInputElement).value).toBe('state:xy is:unread');
  });

  it('asks again while pushes come during a search', async () => {
    await act(async () => useStore.setState(({ query }) => ({ query: { ...query, search: 'parcel' } })));
    const before = bridge.of('push.list').length;
    act(() => {
      for (const id of ['x', 'y', 'z']) bridge.say({ kind: 'push', record: exampleRecord({ id }) });
    });
    await vi.waitFor(() => expect(bridge.of('push.list')).toHaveLength(before + 1));
    expect(useStore.getState().records.map(({ id }) => id)).toEqual([...IDS]);
  });

  it('saves a search, uses it, renames and removes it', async () => {
    const open = () =>
      act(
        async () =>
          void fireEvent.keyDown(screen.getByRole('button', { name: /Saved|Mine/ }), { key: 'Enter' }),
      );
    await open();
    await act(async () => void fireEvent.click(screen.getByRole('menuitem', { name: /Mine/ })));
    expect(useStore.getState().query.search).toBe('from:psa');
    await act(async () => useStore.setState(({ query }) => ({ query: { ...query, search: 'is:pinned' } })));
    await open();
    await act(async () => void fireEvent.click(screen.getByRole('menuitem', { name: 'Save this search…' })));
    const dialog = within(screen.getByRole('dialog', { name: 'Save this search' }));
    fireEvent.change(dialog.getByLabelText('Name'), { target: { value: 'Mine' } });
    await act(async () => void fireEvent.click(dialog.getByRole('button', { name: 'Save' })));
    expect(dialog.getByRole('alert').textContent).toBe('There is already one of this name.');
    fireEvent.change(dialog.getByLabelText('Name'), { target: { value: ' Pins ' } });
    await act(async () => void fireEvent.click(dialog.getByRole('button', { name: 'Save' })));
    const mine = { name: 'Mine', search: 'from:psa' };
    const pins = { name: 'Pins', search: 'is:pinned' };
    expect(bridge.of('app.searches')).toEqual([{ searches: [mine, pins] }]);
    act(() => bridge.say({ kind: 'searches', searches: [mine, pins] }));
    // The focus comes back a moment after the dialog has gone, which closes a menu that was opened before.
    await vi.waitFor(() => {
      fireEvent.keyDown(screen.getByRole('button', { name: 'Pins' }), { key: 'Enter' });
      fireEvent.click(screen.getByRole('menuitem', { name: 'Edit saved searches…' }));
      screen.getByRole('dialog', { name: 'Saved searches' });
    });
    const name = screen.getByLabelText('Name of Pins');
    fireEvent.change(name, { target: { value: 'Pinned' } });
    await act(async () => void fireEvent.keyDown(name, { key: 'Enter' }));
    expect(bridge.of('app.searches').at(-1)).toEqual({ searches: [mine, { ...pins, name: 'Pinned' }] });
    await act(async () => void fireEvent.click(screen.getByRole('button', { name: 'Remove Mine' })));
    expect(bridge.of('app.searches').at(-1)).toEqual({ searches: [pins] });
  });

  it('shows its keys, and limits what history keeps', async () => {
    await press('?');
    expect(screen.getByRole('dialog', { name: 'Keyboard shortcuts' }).textContent).toContain('Ctrl+Z');
    act(() => useStore.setState({ dialog: null }));
    await act(async () => void fireEvent.click(screen.getByRole('button', { name: /pushes kept/ })));
    const dialog = within(screen.getByRole('dialog', { name: 'What history keeps' }));
    const type = (label: string, value: string) =>
      fireEvent.change(dialog.getByLabelText(label), { target: { value } });
    const save = () =>
      act(async () => void fireEvent.click(dialog.getByRole('button', { name: 'Keep so much' })));
    type('Pushes at most', 'many');
    await save();
    expect(dialog.getByRole('alert').textContent).toContain('whole number');
    type('Pushes at most', '0');
    await save();
    expect(dialog.getByRole('alert').textContent).toContain('at least 1');
    type('Pushes at most', '100,000');
    type('GB at most', '2.5');
    await save();
    expect(bridge.of('app.retain')).toEqual([{ pushes: 100_000, days: null, bytes: 2_500_000_000 }]);
  });
});
