import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type AppState,
  type CallName,
  type Profile,
  readProfile,
  type TerminalView,
} from '../../src-main/ipc/contract.ts';
import { beginRule, useStore } from '../store/store.ts';
import { teachDialogs } from '../testing/dialog.ts';
import { exampleState, exampleTerminal, FakeBridge } from '../testing/fake-bridge.ts';
import { ApplicationsTab } from './applications-tab.tsx';

const HANDLERS: Profile['handlers'] = [
  {
    application: 'urn:x-wap-application:MMS.ua',
    name: 'Pictures',
    icon: '★',
    action: { kind: 'command', command: '/bin/see', arguments: ['a b', '{path}'] },
    notify: 'sender',
  },
];

function profileWith(change: Partial<Pick<Profile, 'handlers' | 'trust' | 'applications'>>): Profile {
  const base = { name: 'bob-desk', aor: 'sip:bob@push.test', core: 'sip:127.0.0.1' };
  const read = readProfile({ ...base, applications: ['mms.ua', 'wml.ua'], ...change });
  if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
  return read.profile;
}

/** Shows the tab for a profile; the bridge answers with it. */
function show(
  change: Parameters<typeof profileWith>[0] = {},
  state: Partial<AppState> = {},
  answers: Partial<Record<CallName, unknown>> = {},
): FakeBridge {
  const profile = profileWith(change);
  const { applications, handlers, trust } = profile;
  const terminal: TerminalView = exampleTerminal({ applications, handlers, trust });
  const bridge = new FakeBridge({
    'terminal.profile': profile,
    'terminal.update': terminal,
    'application.counts': [{ application: 'mms.ua', total: 3, unread: 2 }],
    ...answers,
  });
  render(<ApplicationsTab app={exampleState({ terminals: [terminal], ...state })} />);
  return bridge;
}

const settle = () => act(() => new Promise((resolve) => setTimeout(resolve)));
const row = (application: string) => within(screen.getByRole('row', { name: new RegExp(application, 'i') }));
const field = (name: string) => screen.getByRole<HTMLInputElement>('textbox', { name });
const type = (element: HTMLElement, text: string) => fireEvent.change(element, { target: { value: text } });
async function click(name: string | RegExp): Promise<void> {
  fireEvent.click(screen.getByRole('button', { name }));
  await settle();
}
/** The profile that was saved last. */
const saved = (bridge: FakeBridge) => bridge.of('terminal.update').at(-1) as Profile | undefined;

describe('ApplicationsTab', () => {
  beforeAll(teachDialogs);
  afterEach(cleanup);

  it('tells each application with its name, icon, handler, notification and counts', async () => {
    show({ handlers: HANDLERS });
    await settle();
    const mms = row('Pictures')
      .getAllByRole('cell')
      .map(({ textContent }) => textContent);
    expect(row('Pictures').getByRole('rowheader').textContent).toContain('mms.ua');
    expect(mms).toEqual(['kept, and handed to turned off/bin/see “a b” {path}', 'Sender only', '2 new3', '']);
    expect(row('wml\\.ua').getAllByRole('cell')[0]?.textContent).toContain('kept in the inbox');
  });

  it('shows the pushes of an application in the inbox', async () => {
    const bridge = show();
    await settle();
    await click(/^Show 3 pushes for mms\.ua, 2 unread/);
    expect(useStore.getState()).toMatchObject({
      screen: 'inbox',
      query: { terminal: 'bob-desk', application: 'mms.ua' },
    });
    expect(bridge.of('push.list').at(-1)).toMatchObject({ application: 'mms.ua' });
  });

  it('says in the form that a webhook goes to this machine alone', async () => {
    const bridge = show({ handlers: HANDLERS });
    await click('Edit wml.ua');
    type(screen.getByLabelText('What becomes of its pushes'), 'webhook');
    type(field('Address'), 'http://192.168.1.1/hook');
    await click('Save');
    expect(within(screen.getByRole('dialog')).getByRole('alert').textContent).toBe(
      'The address must be on this machine: 127.0.0.1, [::1] or localhost.',
    );
    expect(saved(bridge)).toBeUndefined();
    type(field('Address'), 'http://127.0.0.1:8080/hook');
    await click('Save');
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('edits a handler, and keeps the rest of the profile', async () => {
    const trust: Profile['trust'] = {
      requireAssertedIdentity: false,
      rules: [{ sender: '*', application: '*', type: '*/*', decide: 'ask' }],
    };
    const bridge = show({ handlers: HANDLERS, trust }, {}, { 'profile.pickPath': '/pushed' });
    await click('Edit wml.ua');
    type(field('Name'), 'Pages');
    await click('Icon ⚑');
    type(screen.getByLabelText('What becomes of its pushes'), 'folder');
    await click('Save');
    expect(within(screen.getByRole('dialog')).getByRole('alert').textContent).toMatch(
      /^The folder must not be empty/,
    );
    expect(saved(bridge)).toBeUndefined();
    await click('Choose the folder');
    type(screen.getByLabelText('Notification'), 'none');
    await click('Save');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(saved(bridge)?.handlers).toEqual([
      ...HANDLERS,
      {
        application: 'wml.ua',
        name: 'Pages',
        icon: '⚑',
        action: { kind: 'folder', folder: '/pushed' },
        notify: 'none',
      },
    ]);
    expect(saved(bridge)?.trust).toEqual(trust);
  });

  it('edits a command and its arguments one by one', async () => {
    const bridge = show({ handlers: HANDLERS });
    await click('Edit mms.ua');
    expect(screen.getByRole('dialog').textContent).toContain('Commands are turned off');
    await click('Remove argument 1');
    await click('Add argument');
    type(field('Argument 2'), '--from={from} "x"');
    await click('Save');
    expect(saved(bridge)?.handlers[0]?.action).toEqual({
      kind: 'command',
      command: '/bin/see',
      arguments: ['{path}', '--from={from} "x"'],
    });
  });

  it('removes an application with its handler, but never the last', async () => {
    const bridge = show({ handlers: HANDLERS });
    await click('Remove mms.ua');
    expect(saved(bridge)).toMatchObject({ applications: ['wml.ua'], handlers: [] });
    cleanup();
    show({ applications: ['wml.ua'], handlers: HANDLERS });
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Remove wml.ua' }).disabled).toBe(true);
    expect(row('Pictures').getByText('not served')).toBeTruthy();
  });

  it('turns commands on with a warning in sight', async () => {
    const bridge = show();
    fireEvent.click(screen.getByRole('checkbox', { name: 'Run commands' }));
    expect(bridge.of('app.permit')).toEqual([{ commands: true, webhooks: false }]);
    expect(screen.queryByText(/Commands run as you/)).toBeNull();
    cleanup();
    show({}, { permissions: { commands: true, webhooks: false } });
    expect(screen.getByText(/Commands run as you/)).toBeTruthy();
  });

  it('adds a rule on top, any where nothing is said', async () => {
    const bridge = show({ trust: trustWith('ask') });
    type(field('Sender of the new rule'), '*@evil.test');
    type(screen.getByLabelText('Decision of the new rule'), 'deny');
    await click('Add rule');
    expect(saved(bridge)?.trust.rules).toEqual([
      { sender: '*@evil.test', application: '*', type: '*/*', decide: 'deny' },
      ...trustWith('ask').rules,
    ]);
    expect(field('Sender of the new rule').value).toBe('');
  });

  it('edits, moves and removes rules', async () => {
    const bridge = show({ trust: trustWith('ask', 'deny') });
    type(field('Content type of rule 1'), 'image/*');
    fireEvent.blur(field('Content type of rule 1'));
    await settle();
    expect(saved(bridge)?.trust.rules[0]).toMatchObject({ type: 'image/*', decide: 'ask' });
    const before = bridge.of('terminal.update').length;
    type(field('Sender of rule 2'), ' ');
    fireEvent.blur(field('Sender of rule 2'));
    await settle();
    expect(field('Sender of rule 2').value).toBe('*');
    expect(bridge.of('terminal.update')).toHaveLength(before);
    type(screen.getByLabelText('Decision of rule 2'), 'allow');
    await settle();
    expect(saved(bridge)?.trust.rules.map(({ decide }) => decide)).toEqual(['ask', 'allow']);
    await click('Move rule 2 up');
    expect(saved(bridge)?.trust.rules.map(({ decide }) => decide)).toEqual(['deny', 'ask']);
    await click('Remove rule 1');
    expect(saved(bridge)?.trust.rules.map(({ decide }) => decide)).toEqual(['deny']);
  });

  it('begins a rule from a push, which nothing saves but the user', async () => {
    const bridge = show();
    await act(async () =>
      beginRule({ terminal: 'bob-desk', sender: 'sip:a@b', application: 'mms.ua', type: '*/*' }),
    );
    expect(field('Sender of the new rule').value).toBe('sip:a@b');
    expect(useStore.getState()).toMatchObject({ screen: 'applications', ruleDraft: null });
    expect(saved(bridge)).toBeUndefined();
  });

  it('says what would be decided and by what', () => {
    const rules = [
      { sender: '*@evil.test', application: '*', type: '*/*', decide: 'deny' as const },
      { sender: '*', application: 'mms.ua', type: 'image/*', decide: 'ask' as const },
    ];
    show({ trust: { requireAssertedIdentity: true, rules } });
    const verdict = (sender: string, application: string, contentType: string) => {
      type(field('Sender to try'), sender);
      type(field('Application to try'), application);
      type(field('Content type to try'), contentType);
      return screen.getByRole('region', { name: /^Try it/ }).querySelector('p')?.textContent;
    };
    expect(verdict('a@evil.test', 'mms.ua', 'image/png')).toBe('Denied 403, by rule 1.');
    expect(verdict('psa@push.test', 'mms.ua', 'image/png')).toBe('Asks by rule 2: it waits for you.');
    expect(verdict('psa@push.test', 'mms.ua', 'text/plain')).toBe('Allowed by the list of trusted senders.');
    expect(verdict('a@other.test', 'wml.ua', '')).toMatch(/^Denied 403: sip:a@other.test is not on the list/);
    expect(verdict('psa@push.test', 'x.ua', '')).toMatch(/does not serve x\.ua/);
  });

  it('trusts senders beside the default, nobody, or the default again', async () => {
    const bridge = show();
    type(field('Add a trusted sender'), 'sip:psa@other.test');
    await act(async () => {
      fireEvent.submit(field('Add a trusted sender'));
    });
    await settle();
    expect(saved(bridge)?.trust.senders).toEqual(['*@push.test', 'sip:psa@other.test']);
    await click('Trust *@push.test no more');
    expect(saved(bridge)?.trust.senders).toEqual([]);
    cleanup();
    const nobody = show({ trust: { requireAssertedIdentity: true, rules: [], senders: [] } });
    expect(screen.getByText(/^Nobody/)).toBeTruthy();
    await click('Back to the default');
    expect(saved(nobody)?.trust).not.toHaveProperty('senders');
  });

  it('says why a change was not taken', async () => {
    show({ trust: trustWith('ask') }, {}, { 'terminal.update': new Error('The disk is full.') });
    await click('Remove rule 1');
    expect(screen.getByText('The disk is full.')).toBeTruthy();
  });
});

function trustWith(...decisions: readonly Profile['trust']['rules'][number]['decide'][]): Profile['trust'] {
  const rules = decisions.map((decide) => ({ sender: '*', application: '*', type: '*/*', decide }));
  return { requireAssertedIdentity: true, rules };
}
