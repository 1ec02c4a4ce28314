import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ProfileInput, readProfile } from '../../src-main/ipc/contract.ts';
import { teachDialogs } from '../testing/dialog.ts';
import { exampleTerminal, FakeBridge } from '../testing/fake-bridge.ts';
import { ProfileForm, type ProfileTarget } from './profile-form.tsx';

const CORE = 'sip:127.0.0.1:5060;transport=tcp';
const K = '465b5ce8b199b49faa5f0a2ee238a6bc';
const OPC = 'cd63cb71954a9f4e48a5994e37a02baf';

function profile(change: Partial<ProfileInput> = {}) {
  const read = readProfile({ name: 'bob-desk', aor: 'sip:bob@push.test', core: CORE, ...change });
  if (read.kind === 'bad') throw new Error(read.problems.join());
  return read.profile;
}

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label, { exact: true });
const fill = (label: string, value: string) => fireEvent.change(field(label), { target: { value } });
/** By hand, since to compute the names of so many elements takes jsdom long. */
const button = (name: string) => {
  const found = [...document.querySelectorAll('button')].filter(
    (one) => (one.getAttribute('aria-label') ?? one.textContent?.trim()) === name,
  );
  expect(found).toHaveLength(1);
  return found[0] as HTMLButtonElement;
};
const press = (name: string) => fireEvent.click(button(name));
const pressEscape = () => fireEvent.keyDown(document.body, { key: 'Escape' });
/** What stands below a field. */
const noteOf = (label: string) =>
  document.getElementById(field(label).getAttribute('aria-describedby') ?? '')?.textContent;

describe('the form of a profile', () => {
  let bridge: FakeBridge;
  const close = vi.fn();

  beforeAll(teachDialogs);

  afterEach(() => {
    cleanup();
    close.mockClear();
  });

  function show(
    answers: ConstructorParameters<typeof FakeBridge>[0],
    target: ProfileTarget = { kind: 'new' },
  ) {
    bridge = new FakeBridge({
      'terminal.add': exampleTerminal(),
      'terminal.update': exampleTerminal(),
      ...answers,
    });
    render(<ProfileForm target={target} close={close} />);
  }

  async function showEdit(kept: ReturnType<typeof profile>): Promise<void> {
    show({ 'terminal.profile': kept }, { kind: 'edit', terminal: kept.name });
    await screen.findByText('Save');
  }

  it('makes a terminal of the five things a new user knows', async () => {
    show({});
    expect(screen.getByRole('dialog', { name: 'Connect to a core' })).toBeDefined();
    expect(document.activeElement).toBe(field('Name'));
    fill('Name', 'bob-desk');
    fill('Address of record', 'sip:bob@push.test');
    fill('Core', 'sip:core.test');
    fill('User name', 'bob');
    fill('Password', 'geheim');
    press('Add and register');
    await waitFor(() => expect(close).toHaveBeenCalledTimes(1));
    const auth = { username: 'bob', password: 'geheim' };
    expect(bridge.of('terminal.add')).toEqual([profile({ core: 'sip:core.test', auth })]);
  });

  it('has every field that others rely on when it opens', () => {
    show({});
    const labels = [
      ...['Name', 'Address of record', 'Core', 'User name', 'Password', 'CA file for TLS', 'Applications'],
      ...[
        'Trusted senders',
        'Offered files',
        'Answer within',
        'Folder for files',
        'MSRP address',
        'MSRP port',
      ],
    ];
    for (const label of labels) expect(screen.getAllByLabelText(label, { exact: true })).toHaveLength(1);
  });

  it('says beside each field what is wrong, goes to the first, and lets go as it is mended', async () => {
    show({});
    fill('Address of record', 'bob');
    fill('Name', 'bob');
    expect(field('Address of record').getAttribute('aria-invalid')).toBeNull();
    fill('MSRP port', '70000');
    press('Add and register');
    await screen.findByText('2 settings need attention');
    expect(noteOf('Address of record')).toBe('must be a SIP address such as sip:bob@push.test');
    expect(noteOf('MSRP port')).toBe('must be a port from 0 to 65535, or a range such as 30000-30100');
    expect(field('MSRP port').getAttribute('aria-invalid')).toBe('true');
    expect(document.activeElement).toBe(field('Address of record'));
    expect(screen.getByRole('button', { name: 'MSRP 1 to mend' })).toBeDefined();
    fill('Address of record', 'sip:bob@push.test');
    await screen.findByText('1 setting needs attention');
    expect(noteOf('Address of record')).toBe('e.g. sip:bob@ims.example.com');
    press('Add and register');
    expect(document.activeElement).toBe(field('MSRP port'));
    expect(bridge.of('terminal.add')).toEqual([]);
  });

  it('stays with what was typed when the app refuses', async () => {
    show({ 'terminal.add': new Error('There is a terminal called bob-desk already.') });
    fill('Name', 'bob-desk');
    fill('Address of record', 'sip:bob@push.test');
    press('Add and register');
    await screen.findByText('There is a terminal called bob-desk already.');
    expect(field('Name').value).toBe('bob-desk');
    expect(close).not.toHaveBeenCalled();
  });

  it('changes a terminal that is there, but not its name', async () => {
    const kept = profile({ displayName: 'Bob', auth: { username: 'bob', password: 'geheim' } });
    await showEdit(kept);
    expect(screen.getByRole('dialog', { name: 'Edit bob-desk' })).toBeDefined();
    expect(bridge.of('terminal.profile')).toEqual([{ terminal: 'bob-desk' }]);
    expect(field('Name').readOnly).toBe(true);
    expect(screen.queryByText('Import…')).toBeNull();
    fill('Display name', 'Bob · desk');
    fireEvent.change(field('Offered files'), { target: { value: 'accept' } });
    press('Save');
    await waitFor(() => expect(close).toHaveBeenCalledTimes(1));
    expect(bridge.of('terminal.update')).toEqual([
      { ...kept, displayName: 'Bob · desk', files: { ...kept.files, decide: 'accept' } },
    ]);
  });

  it('says when the profile cannot be read', async () => {
    show(
      { 'terminal.profile': new Error('There is no terminal called gone.') },
      { kind: 'edit', terminal: 'gone' },
    );
    await screen.findByText('There is no terminal called gone.');
    pressEscape();
    expect(close).toHaveBeenCalled();
  });

  it('keeps secrets hidden until they are asked for', () => {
    show({});
    expect(field('Password').type).toBe('password');
    press('Show Password');
    expect(field('Password').type).toBe('text');
    press('Hide Password');
    expect(field('Password').type).toBe('password');
  });

  it('takes the key of a SIM in place of a password', async () => {
    show({});
    fill('Name', 'sim');
    fill('Address of record', 'sip:bob@push.test');
    fireEvent.click(screen.getByRole('radio', { name: 'SIM key (AKA)' }));
    expect(screen.queryByLabelText('Password')).toBeNull();
    fill('User name', 'bob@ims.test');
    fill('K', '465b');
    press('Add and register');
    await screen.findByText('2 settings need attention');
    expect(noteOf('K')).toBe('must be 32 hexadecimal digits');
    expect(noteOf('OPc')).toBe('must be 32 hexadecimal digits');
    fill('K', K);
    fill('OPc', OPC);
    fill('SQN', '00000000002A');
    press('Add and register');
    await waitFor(() => expect(close).toHaveBeenCalledTimes(1));
    const aka = { k: K, opc: OPC, sqn: '00000000002A' };
    expect(bridge.of('terminal.add')).toEqual([
      profile({ name: 'sim', auth: { username: 'bob@ims.test', aka } }),
    ]);
  });

  it('takes OP in place of OPc, and no sign-in at all', async () => {
    await showEdit(profile({ auth: { username: 'bob', aka: { k: K, op: OPC } } }));
    expect(field('OP').value).toBe(OPC);
    fireEvent.click(screen.getByRole('radio', { name: 'None' }));
    press('Save');
    await waitFor(() => expect(close).toHaveBeenCalledTimes(1));
    expect(bridge.of('terminal.update')).toEqual([profile()]);
  });

  it('takes several cores in an order', async () => {
    show({});
    fill('Name', 'bob-desk');
    fill('Address of record', 'sip:bob@push.test');
    fill('Core', 'sip:one.test');
    press('Add a core');
    await waitFor(() => expect(document.activeElement).toBe(field('Core 2')));
    fill('Core 2', 'sip:two.test');
    press('Add a core');
    fill('Core 3', 'ws://three.test:80/sip');
    press('Move Core 3 up');
    await waitFor(() => expect(document.activeElement).toBe(button('Move Core 2 up')));
    press('Move Core 2 up');
    await waitFor(() => expect(document.activeElement).toBe(field('Core')));
    press('Move Core 2 down');
    press('Remove Core 3');
    press('Add and register');
    await waitFor(() => expect(close).toHaveBeenCalledTimes(1));
    expect(bridge.of('terminal.add')).toEqual([
      profile({ core: ['ws://three.test:80/sip', 'sip:two.test'] }),
    ]);
  });

  it('says which of several cores is wrong', async () => {
    show({});
    fill('Name', 'bob-desk');
    fill('Address of record', 'sip:bob@push.test');
    press('Add a core');
    press('Add and register');
    await screen.findByText('1 setting needs attention');
    expect(noteOf('Core 2')).toMatch(/^must be a SIP URI/);
    expect(document.activeElement).toBe(field('Core 2'));
  });

  it('keeps subscriptions, and says which of them is wrong', async () => {
    show({});
    fill('Name', 'bob-desk');
    fill('Address of record', 'sip:bob@push.test');
    press('Add a subscription');
    await waitFor(() => expect(document.activeElement).toBe(field('Event package')));
    fill('With', 'no address');
    press('Add and register');
    await screen.findByText('1 setting needs attention');
    expect(noteOf('With')).toMatch(/^must be a SIP address/);
    fill('With', 'sip:psa@push.test');
    press('Add a subscription');
    press('Remove subscription 2');
    press('Add and register');
    await waitFor(() => expect(close).toHaveBeenCalledTimes(1));
    const subscription = { event: 'ua-profile', target: 'sip:psa@push.test' };
    expect(bridge.of('terminal.add')).toEqual([profile({ subscriptions: [subscription] })]);
  });

  it('warns clearly where no certificate is checked', () => {
    show({});
    expect(screen.queryByText(/Any certificate is taken/)).toBeNull();
    fireEvent.click(screen.getByRole('checkbox', { name: 'Check the core’s certificate' }));
    expect(screen.getByText(/Any certificate is taken/)).toBeDefined();
  });

  it('takes paths from the system’s dialog', async () => {
    show({ 'profile.pickPath': '/lab/ca.pem' });
    press('Choose CA file for TLS');
    await waitFor(() => expect(field('CA file for TLS').value).toBe('/lab/ca.pem'));
    press('Choose Folder for files');
    expect(bridge.of('profile.pickPath')).toEqual([
      { what: 'file', title: 'CA file for TLS' },
      { what: 'folder', title: 'Folder for files' },
    ]);
  });

  it('keeps a path when its dialog is cancelled, and says when it fails', async () => {
    show({ 'profile.pickPath': null });
    fill('CA file for TLS', 'own.pem');
    press('Choose CA file for TLS');
    await act(async () => {});
    expect(field('CA file for TLS').value).toBe('own.pem');
    cleanup();
    show({ 'profile.pickPath': new Error('There is no dialog here.') });
    press('Choose Client key');
    await screen.findByText('There is no dialog here.');
  });

  it('can trust nobody', async () => {
    await showEdit(profile());
    fireEvent.click(screen.getByRole('checkbox', { name: /Trust nobody/ }));
    expect(field('Trusted senders').disabled).toBe(true);
    press('Save');
    await waitFor(() => expect(close).toHaveBeenCalledTimes(1));
    expect(bridge.of('terminal.update')).toEqual([profile({ trust: { senders: [] } })]);
  });

  describe('import', () => {
    it('fills the form with the profile of a file', async () => {
      const read = profile({ name: 'lab', core: [CORE, 'sip:two.test'], expires: 600 });
      show({ 'profile.import': { kind: 'ok', profile: read, missing: [] } });
      press('Import…');
      await waitFor(() => expect(field('Name').value).toBe('lab'));
      expect(field('Core 2').value).toBe('sip:two.test');
      press('Add and register');
      await waitFor(() => expect(close).toHaveBeenCalledTimes(1));
      expect(bridge.of('terminal.add')).toEqual([read]);
    });

    it('asks for the secrets that the file leaves out', async () => {
      const missing = ['auth.password: not in the file, which takes it from LAB_PASSWORD; type it in'];
      const read = profile({ auth: { username: 'bob', password: '' } });
      show({ 'profile.import': { kind: 'ok', profile: read, missing } });
      press('Import…');
      await screen.findByText('1 setting needs attention');
      expect(document.activeElement).toBe(field('Password'));
      expect(noteOf('Password')).toMatch(/type it in/);
      press('Add and register');
      expect(bridge.of('terminal.add')).toEqual([]);
      fill('Password', 'geheim');
      press('Add and register');
      await waitFor(() => expect(close).toHaveBeenCalledTimes(1));
    });

    it('says what is wrong with a file, and leaves the form as it is', async () => {
      const problems = ['profile: unknown setting `trsut`; did you mean `trust`?'];
      show({ 'profile.import': { kind: 'bad', problems } });
      fill('Name', 'typed');
      press('Import…');
      expect(await screen.findByText(problems[0] ?? '')).toBeDefined();
      expect(field('Name').value).toBe('typed');
    });

    it('that is cancelled changes nothing', async () => {
      show({ 'profile.import': { kind: 'cancelled' } });
      fill('Name', 'typed');
      press('Import…');
      await act(async () => {});
      expect(field('Name').value).toBe('typed');
    });

    it('may have happened before the form', () => {
      show({}, { kind: 'new', profile: profile({ name: 'lab' }) });
      expect(field('Name').value).toBe('lab');
      pressEscape();
      expect(screen.getByRole('alertdialog', { name: 'Discard changes?' })).toBeDefined();
    });
  });

  describe('leaving', () => {
    it('goes at once where nothing was changed', async () => {
      await showEdit(profile());
      fill('Display name', 'x');
      fill('Display name', '');
      pressEscape();
      expect(close).toHaveBeenCalledTimes(1);
    });

    it.each([
      ['Esc', pressEscape],
      ['the cross', () => press('Close')],
      ['Cancel', () => press('Cancel')],
    ])('by %s asks first where something was', (_way, leave) => {
      show({});
      field('Name').focus();
      fill('Name', 'bob');
      leave();
      expect(close).not.toHaveBeenCalled();
      const question = screen.getByRole('alertdialog', { name: 'Discard changes?' });
      expect(document.activeElement).toBe(within(question).getByText('Keep editing'));
      press('Keep editing');
      expect(screen.queryByRole('alertdialog')).toBeNull();
      expect(field('Name').value).toBe('bob');
      leave();
      press('Discard');
      expect(close).toHaveBeenCalledTimes(1);
    });

    it('Esc takes the question back, and the focus goes where it was', () => {
      show({});
      field('Name').focus();
      fill('Name', 'bob');
      pressEscape();
      pressEscape();
      expect(screen.queryByRole('alertdialog')).toBeNull();
      expect(document.activeElement).toBe(field('Name'));
      expect(close).not.toHaveBeenCalled();
    });
  });

  it('lists the sections and goes to the one that is chosen', () => {
    show({});
    const sections = within(screen.getByRole('navigation', { name: 'Sections' })).getAllByRole('button');
    expect(sections.map(({ textContent }) => textContent)).toEqual([
      ...['Identity', 'Core', 'Sign-in', 'Applications', 'TLS', 'Trust', 'Content', 'Files', 'MSRP', 'IMS'],
      ...['Subscriptions', 'Device', 'Capabilities', 'REFER'],
    ]);
    press('Trust');
    expect(button('Trust').getAttribute('aria-current')).toBe('true');
    expect(document.activeElement).toBe(screen.getByRole('group', { name: 'Trust' }));
  });
});
