import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AppState, CallArgument, CallName, CallResults, WindowEvent } from '../ipc/contract.ts';
import { type Handlers, routeCall } from '../ipc/router.ts';
import { type DesktopActions, makeHandlers } from './handlers.ts';
import { ProfileStore } from './profiles.ts';
import { PushedPages } from './pushed-pages.ts';
import { reportEntries } from './report-calls.ts';
import { Service } from './service.ts';

const BOB = 'sip:bob@push.test';
/** Nothing listens there: the discard port. */
const NO_CORE = 'sip:127.0.0.1:9;transport=tcp';

describe('the app behind its windows', () => {
  let folder: string;
  let service: Service;
  let handlers: Handlers;
  let events: WindowEvent[];
  let notified: string[];
  let desktop: { [K in keyof Omit<DesktopActions, 'pages'>]: ReturnType<typeof vi.fn<DesktopActions[K]>> };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'push-terminal-service-'));
    desktop = {
      openDesk: vi.fn(),
      openDemo: vi.fn(),
      samplePath: vi.fn(() => import.meta.filename),
      openTerminal: vi.fn<(name: string) => void>(),
      pickFiles: vi.fn(async () => []),
      choosePath: vi.fn(async () => null),
      chooseSavePath: vi.fn(async () => null),
      openPath: vi.fn(async () => ''),
      showInFolder: vi.fn(),
      writeClipboard: vi.fn(),
      chooseContentPath: vi.fn(async () => null),
    };
    await open();
  });

  afterEach(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(): Promise<void> {
    events = [];
    notified = [];
    service = await Service.open({
      version: '1.2.3',
      dataFolder: folder,
      profiles: new ProfileStore(folder, {
        isEncryptionAvailable: () => false,
        encryptString: (text) => Buffer.from(text),
        decryptString: (bytes) => bytes.toString(),
      }),
      tell: (event) => events.push(event),
      notify: ({ title }) => notified.push(title),
    });
    handlers = makeHandlers(service, { ...desktop, pages: new PushedPages() });
  }

  async function call<N extends CallName>(name: N, argument?: CallArgument<N>): Promise<CallResults[N]> {
    return (await routeCall(handlers, name, argument)) as CallResults[N];
  }

  /** The first event of a kind that fits, come or to come. */
  function told<K extends WindowEvent['kind']>(
    kind: K,
    fits: (event: Extract<WindowEvent, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<WindowEvent, { kind: K }>> {
    const isIt = (event: WindowEvent): event is Extract<WindowEvent, { kind: K }> =>
      event.kind === kind && fits(event as Extract<WindowEvent, { kind: K }>);
    return vi.waitFor(
      () => {
        const found = events.find(isIt);
        if (found === undefined) throw new Error(`No event ${kind} fits.`);
        return found;
      },
      { timeout: 10_000, interval: 10 },
    );
  }

  async function startSandbox(): Promise<AppState> {
    await call('sandbox.start');
    for (const name of ['bob-desk', 'bob-phone']) {
      await told(
        'terminal',
        ({ terminal }) => terminal.name === name && terminal.registration.kind === 'registered',
      );
    }
    return call('app.state');
  }

  function kindsOf(state: AppState): Record<string, string> {
    return Object.fromEntries(state.terminals.map(({ name, registration }) => [name, registration.kind]));
  }

  test('is empty at first', async () => {
    expect(await call('app.state')).toEqual({
      version: '1.2.3',
      dataFolder: folder,
      terminals: [],
      sandbox: { kind: 'stopped' },
      counts: { total: 0, unread: 0, waiting: 0, bytes: 0, terminals: [] },
      deadlines: [],
      progress: [],
      results: [],
      permissions: { commands: false, webhooks: false },
      trace: { recording: true, keep: false, megabytes: 64, first: 1, last: 0, bytes: 0 },
      searches: [],
      retention: { pushes: null, days: null, bytes: null },
    });
  });

  test('the trace is shown page by page, searched, and saved where the user says', async () => {
    await startSandbox();
    await told('trace', ({ trace }) => trace.last > 5);
    const page = await call('trace.list', { from: 1, limit: 2 });
    expect(page.summaries.map(({ id }) => id)).toEqual([1, 2]);
    expect(page.more).toBe(true);
    const [id = 0] = await call('trace.find', { text: 'AUTHORIZATION: digest', from: 0 });
    const message = await call('trace.message', { id });
    expect(message?.text).toContain('response="***"');
    expect(message?.summary.title).toMatch(/^REGISTER /);
    expect(await call('trace.export', { format: 'txt', scope: { kind: 'all' } })).toBeNull();
    const path = join(folder, 'saved.txt');
    desktop.chooseContentPath.mockResolvedValueOnce(path);
    expect(await call('trace.export', { format: 'txt', scope: { kind: 'ids', ids: [id] } })).toEqual({
      path,
      count: 1,
    });
    expect(await readFile(path, 'utf8')).toContain('REGISTER');
    await call('trace.record', { recording: false });
    await call('trace.clear');
    expect((await call('app.state')).trace).toMatchObject({ recording: false, bytes: 0 });
    expect(await call('trace.message', { id })).toBeNull();
  });

  test('a report of a problem is listed first, and holds neither passwords nor what proves them', async () => {
    await startSandbox();
    const secret = 'a-password-of-bob';
    await call('terminal.add', {
      name: 'own',
      aor: 'sip:bob@push.test',
      core: 'sip:127.0.0.1:9;transport=tcp',
      auth: { username: 'bob', password: secret },
    });
    const contents = await call('report.contents', { terminal: null });
    expect(contents.map(({ name }) => name)).toEqual([
      'versions.txt',
      'profile-1.json',
      'profile-2.json',
      'profile-3.json',
      'trace.pcapng',
      'trace.txt',
      'log.txt',
    ]);
    expect(await readdir(folder)).not.toContain('report.zip');
    const path = join(folder, 'report.zip');
    desktop.chooseContentPath.mockResolvedValueOnce(path);
    expect(await call('report.save', { terminal: null })).toBe(path);
    expect((await readFile(path)).subarray(0, 4).toString('latin1')).toBe('PK\x03\x04');
    const entries = await reportEntries(service, null);
    const all = entries.map(({ bytes }) => bytes.toString('latin1')).join('');
    expect(all).toContain('response="***"');
    expect(all).not.toMatch(/response="[0-9a-f]/);
    expect(all).not.toContain(secret);
    const one = await call('report.contents', { terminal: 'own' });
    expect(one.filter(({ name }) => name.startsWith('profile'))).toHaveLength(1);
  });

  test('the sandbox brings two registered terminals of one user, and they keep their instance ids', async () => {
    const first = await startSandbox();
    expect(first.sandbox).toMatchObject({
      kind: 'running',
      domain: 'push.test',
      sender: 'sip:psa@push.test',
    });
    const gruus =
      first.sandbox.kind === 'running' ? first.sandbox.bindings.map(({ pubGruu }) => pubGruu) : [];
    expect(new Set(gruus).size).toBe(2);
    await call('sandbox.start');
    await call('sandbox.stop');
    const stopped = await call('app.state');
    expect(stopped.sandbox).toEqual({ kind: 'stopped' });
    expect(kindsOf(stopped)).toEqual({ 'bob-desk': 'unregistered', 'bob-phone': 'unregistered' });
    events = [];
    const again = await startSandbox();
    expect(again.terminals.map(({ instanceId }) => instanceId)).toEqual(
      first.terminals.map(({ instanceId }) => instanceId),
    );
  });

  test('starting and stopping at once ends stopped', async () => {
    await Promise.all([call('sandbox.start'), call('sandbox.start'), call('sandbox.stop')]);
    expect((await call('app.state')).sandbox).toEqual({ kind: 'stopped' });
  });

  test('a message reaches both terminals and is shown, read and removed', async () => {
    await startSandbox();
    const sent = await call('sender.message', {
      to: BOB,
      application: 'mms.ua',
      contentType: 'text/plain; charset=utf-8',
      text: 'Grüße',
    });
    await told('result', ({ result }) => result.id === sent.id && result.state === 'delivered');
    const push = await told('push', ({ record }) => record.terminal === 'bob-desk');
    await told('push', ({ record }) => record.terminal === 'bob-phone');
    await told('counts', ({ counts }) => counts.unread === 2);
    expect(notified).toEqual(['Push for mms.ua', 'Push for mms.ua']);
    expect(await call('push.content', { push: push.record.id, which: 'own' })).toMatchObject({
      kind: 'parts',
      parts: [{ text: 'Grüße', charset: 'utf-8', saveName: 'content.txt', canOpen: true }],
      raw: { text: 'Grüße', bytes: 7 },
    });

    await call('push.mark', { pushes: [push.record.id], read: true });
    await told('pushes-marked', ({ pushes, read }) => pushes[0] === push.record.id && read === true);
    await told('counts', ({ counts }) =>
      counts.terminals.some(({ terminal, unread }) => terminal === 'bob-desk' && unread === 0),
    );
    const { removal } = await call('push.remove', { pushes: [push.record.id] });
    await told('pushes-removed', ({ pushes }) => pushes[0] === push.record.id);
    const all = { terminal: null, filter: 'all', search: '' } as const;
    const listed = async () => (await call('push.list', { ...all, before: null, limit: 9 })).records.length;
    expect(await listed()).toBe(1);
    expect(await call('push.undo', { removal })).toBe(true);
    expect(await listed()).toBe(2);
    await call('push.remove', { pushes: [push.record.id] });
    await service.pushes.close();
    expect(await call('push.get', { push: push.record.id })).toBeNull();
    expect((await call('app.state')).results.map(({ id }) => id)).toEqual([sent.id]);
  });

  test('a message that waits counts for its terminal until it is answered', async () => {
    await startSandbox();
    const profile = await call('terminal.profile', { terminal: 'bob-desk' });
    const rules = [{ decide: 'ask' as const }];
    await call('terminal.update', { ...profile, trust: { ...profile.trust, rules } });
    const waits = (count: number) =>
      told('terminal', ({ terminal }) => terminal.name === 'bob-desk' && terminal.waiting === count);
    await told(
      'terminal',
      ({ terminal }) => terminal.name === 'bob-desk' && terminal.registration.kind === 'registered',
    );
    const message = { to: BOB, application: 'mms.ua', contentType: 'text/plain', text: 'hello' };
    await call('sender.message', message);
    const push = await told(
      'push',
      ({ record }) => record.terminal === 'bob-desk' && record.state === 'waiting',
    );
    await waits(1);
    const state = await call('app.state');
    expect(state.terminals.map(({ waiting }) => waiting)).toEqual([1, 0]);
    expect(state.counts.waiting).toBe(1);
    events = [];
    await call('push.allow', { push: push.record.id });
    await waits(0);
    await told('push', ({ record }) => record.id === push.record.id && record.state === 'received');
  });

  test('a picked file is offered by GRUU, accepted, received, opened and shown', async () => {
    const state = await startSandbox();
    const desk = state.terminals.find(({ name }) => name === 'bob-desk')?.registration;
    const content = Buffer.alloc(3_000_000, 'picture ');
    const path = join(folder, 'picture.txt');
    await writeFile(path, content);
    desktop.pickFiles.mockResolvedValue([path]);
    const [picked] = await call('sender.pickFiles');
    expect(picked).toMatchObject({ name: 'picture.txt', type: 'text/plain', bytes: content.length });
    expect(JSON.stringify(picked)).not.toContain(folder);

    const sent = await call('sender.files', {
      to: desk?.kind === 'registered' ? (desk.pubGruu ?? '') : '',
      application: 'mms.ua',
      tokens: [picked?.token ?? ''],
      report: true,
    });
    const { deadline } = await told('deadline');
    const { offer } = deadline;
    await told('terminal', ({ terminal }) => terminal.name === 'bob-desk' && terminal.waiting === 1);
    expect((await call('app.state')).deadlines).toEqual([deadline]);
    await expect(call('file.open', { push: offer, index: 0 })).rejects.toThrow('no verified file');

    await call('push.mark', { pushes: [offer], read: true });
    await call('offer.accept', { offer, files: [0] });
    const done = await told('push', ({ record }) => record.id === offer && record.state === 'reported');
    expect(done.record.read).toBe(true);
    await told('result', ({ result }) => result.id === sent.id && result.files[0]?.state === 'reported');
    const file = done.record.body.kind === 'files' ? done.record.body.files[0] : undefined;
    const onDisk = await readFile(file?.path ?? '');
    expect(sha1(onDisk)).toBe(sha1(content));
    expect((await call('app.state')).progress).toEqual([]);

    await call('file.open', { push: offer, index: 0 });
    expect(desktop.openPath).toHaveBeenCalledWith(file?.path);
    await call('file.show', { push: offer, index: 0 });
    expect(desktop.showInFolder).toHaveBeenCalledWith(file?.path);
    await expect(call('offer.accept', { offer, files: [0] })).rejects.toThrow('over');
  });

  test('a program is shown in its folder, but not opened', async () => {
    const state = await startSandbox();
    const path = join(folder, 'setup.exe');
    await writeFile(path, 'MZ');
    desktop.pickFiles.mockResolvedValue([path]);
    const [picked] = await call('sender.pickFiles');
    const desk = state.terminals[0]?.registration;
    const to = desk?.kind === 'registered' ? (desk.pubGruu ?? '') : '';
    await call('sender.files', { to, application: 'mms.ua', tokens: [picked?.token ?? ''], report: false });
    const { offer } = (await told('deadline')).deadline;
    await call('offer.accept', { offer, files: [0] });
    await told('push', ({ record }) => record.id === offer && record.state === 'completed');
    await expect(call('file.open', { push: offer, index: 0 })).rejects.toThrow('may run programs');
    expect(desktop.openPath).not.toHaveBeenCalled();
    await call('file.show', { push: offer, index: 0 });
    expect(desktop.showInFolder).toHaveBeenCalledOnce();
  });

  test('a terminal of the user comes back after a restart, also when it could not start once', async () => {
    const profile = { name: 'mine', aor: BOB, core: NO_CORE, auth: { username: 'bob', password: 'x' } };
    await call('terminal.add', profile);
    await expect(call('terminal.add', profile)).rejects.toThrow('already a terminal called mine');
    expect(await call('terminal.profile', { terminal: 'mine' })).toMatchObject({
      ...profile,
      core: [profile.core],
    });
    await service.close();

    const kept = await readFile(join(folder, 'profiles.json'), 'utf8');
    await writeFile(join(folder, 'profiles.json'), kept.replace('"ca": null', '"ca": "/nowhere.pem"'));
    await open();
    expect((await call('app.state')).terminals).toEqual([]);
    const notice = await told('notice', ({ tone }) => tone === 'error');
    expect(notice.text).toContain('mine cannot start');
    await call('terminal.add', { ...profile, name: 'other' });
    const names = JSON.parse(await readFile(join(folder, 'profiles.json'), 'utf8'));
    expect(names).toMatchObject([{ profile: { name: 'mine' } }, { profile: { name: 'other' } }]);

    await call('terminal.remove', { terminal: 'mine' });
    await call('terminal.remove', { terminal: 'other' });
    expect(await readFile(join(folder, 'profiles.json'), 'utf8')).toBe('[]');
  });

  test('says once and after the window has asked for the state that passwords are not sealed', async () => {
    const auth = { username: 'bob', password: 'x' };
    await call('terminal.add', { name: 'a', aor: BOB, core: NO_CORE, auth });
    await call('terminal.add', { name: 'b', aor: BOB, core: NO_CORE, auth });
    expect(events.filter(({ kind }) => kind === 'notice')).toEqual([]);
    await call('app.state');
    const notice = await told('notice');
    expect(notice.text).toContain('no key store');
    expect(events.filter(({ kind }) => kind === 'notice')).toHaveLength(1);
  });

  test('an application has a name, a folder and counts; commands run once they are permitted', async () => {
    const state = await startSandbox();
    expect(state.permissions).toEqual({ commands: false, webhooks: false });
    const profile = await call('terminal.profile', { terminal: 'bob-desk' });
    const action = { kind: 'command', command: process.execPath, arguments: ['-p', '6 * 7'] } as const;
    const handlers = [
      {
        application: 'mms.ua',
        name: 'Pictures',
        action: { ...action, arguments: [...action.arguments] },
        notify: 'sender' as const,
      },
    ];
    const view = await call('terminal.update', { ...profile, handlers });
    expect(view.handlers).toEqual(handlers);
    const push = async (text: string) => {
      const message = { to: BOB, application: 'mms.ua', contentType: 'text/plain', text };
      await call('sender.message', message);
      const handed = await told(
        'push',
        ({ record }) =>
          record.terminal === 'bob-desk' &&
          record.preview === text &&
          /^Command/.test(record.delivery.at(-1)?.title ?? ''),
      );
      return handed.record.delivery.at(-1);
    };
    expect(await push('first')).toMatchObject({ ok: false, title: 'Command not run' });
    await call('app.permit', { commands: true, webhooks: false });
    expect((await told('permissions')).permissions).toEqual({ commands: true, webhooks: false });
    expect(await push('second')).toMatchObject({ ok: true, title: 'Command ended with 0', detail: '42' });
    expect(await call('application.counts', { terminal: 'bob-desk' })).toEqual([
      { application: 'mms.ua', total: 2, unread: 2 },
    ]);
    expect(notified).toContain('Pictures');
    await service.close();
    await open();
    expect((await call('app.state')).permissions.commands).toBe(true);
  });

  test('keeps the names of the sandbox for the sandbox', async () => {
    const profile = { name: 'bob-desk', aor: BOB, core: NO_CORE };
    await expect(call('terminal.add', profile)).rejects.toThrow('terminal of the sandbox');
  });

  test.each<[name: CallName, argument: unknown, sentence: string]>([
    ['terminal.register', { terminal: 'nobody' }, 'There is no terminal called nobody.'],
    ['offer.accept', { offer: 'none', files: [0] }, 'This offer is not known.'],
    ['file.show', { push: 'none', index: 0 }, 'This file is not known.'],
    ['sender.message', { to: BOB, application: 'a', contentType: 't/p', text: '' }, 'does not run'],
    ['sender.files', { to: BOB, application: 'a', tokens: ['/etc/passwd'], report: true }, 'no longer known'],
  ])('%s is refused in words', async (name, argument, sentence) => {
    await expect(routeCall(handlers, name, argument)).rejects.toThrow(sentence);
  });

  test('writes to the clipboard and opens the desk', async () => {
    await call('clipboard.write', { text: 'sip:bob@push.test' });
    expect(desktop.writeClipboard).toHaveBeenCalledWith('sip:bob@push.test');
    await call('sender.openDesk');
    expect(desktop.openDesk).toHaveBeenCalledOnce();
  });
});

function sha1(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('hex');
}
