import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TerminalEvent } from '../../agent/events.ts';
import { type ProfileInput, readProfile } from '../../agent/profile.ts';
import { Terminals } from '../../agent/terminals.ts';
import { SandboxCore } from '../core/core.ts';
import { PushSender } from './sender.ts';

const PSA = 'sip:psa@push.test';
const BOB = 'sip:bob@push.test';
const ASK = { to: BOB, application: 'mms.ua', waitSeconds: 15 };

describe('REFER and OPTIONS of the Push Sender Agent, through the sandbox core, to a real terminal', () => {
  let folder: string;
  let core: SandboxCore;
  let terminals: Terminals;
  let sender: PushSender;
  let events: TerminalEvent[];
  let wake: () => void;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'refer-'));
    events = [];
    wake = () => {};
    const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
    core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
    terminals = await Terminals.open({
      dataFolder: join(folder, 'data'),
      emit: (event) => {
        events.push(event);
        wake();
      },
    });
    sender = await PushSender.open({
      core: core.uri,
      as: PSA,
      credentials: { username: 'psa', password: 'secret' },
      onResult: () => {},
      notifier: true,
    });
  });

  afterEach(async () => {
    await sender.close();
    await terminals.close();
    await core.close();
    await rm(folder, { recursive: true });
  });

  async function add(settings: Partial<ProfileInput> = {}): Promise<void> {
    const read = readProfile({
      name: 'desk',
      aor: BOB,
      core: core.uri,
      auth: { username: 'bob', password: 'secret' },
      ...settings,
    });
    if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
    (await terminals.add(read.profile)).start();
    await event('registered');
  }

  async function event<E extends TerminalEvent['event']>(
    name: E,
  ): Promise<Extract<TerminalEvent, { event: E }>> {
    for (;;) {
      const found = events.find((one): one is Extract<TerminalEvent, { event: E }> => one.event === name);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  it('the user accepts: the terminal subscribes, and pushes come by NOTIFY', async () => {
    await add();
    const asked = sender.askToSubscribe(ASK);
    const { refer } = await event('refer');
    terminals.get('desk')?.acceptRefer(refer);
    expect(await sender.settled(asked.id)).toMatchObject({
      state: 'delivered',
      code: 200,
      reason: 'the terminal has subscribed',
    });
    expect(sender.subscriptions).toMatchObject([{ subscriber: BOB, profile: { application: 'mms.ua' } }]);
    const pushed = sender.notify({
      to: BOB,
      application: 'mms.ua',
      contentType: 'text/plain',
      body: Buffer.from('Parcel'),
      waitSeconds: 5,
    });
    expect(await sender.settled(pushed.id)).toMatchObject({ state: 'delivered', code: 200 });
    expect(await event('push')).toMatchObject({ method: 'NOTIFY', application: 'mms.ua', from: PSA });
  });

  it('the user declines: 603, and nobody has subscribed', async () => {
    await add();
    const asked = sender.askToSubscribe(ASK);
    terminals.get('desk')?.declineRefer((await event('refer')).refer);
    expect(await sender.settled(asked.id)).toMatchObject({ state: 'rejected', code: 603 });
    expect(sender.subscriptions).toEqual([]);
  });

  it.each([
    ['without a report', { silent: true }, { state: 'delivered', code: 202 }],
    ['for an application that no terminal serves', { application: 'x.ua' }, { state: 'rejected', code: 480 }],
    ['to a stranger', { target: 'sip:eve@evil.test' }, { state: 'rejected', code: 403 }],
    ['to nobody there', { target: 'sip:nobody@push.test' }, { state: 'rejected', code: 404 }],
    ['to no address', { target: 'nowhere' }, { state: 'failed', code: null }],
  ])('where the profile allows it, %s', async (_name, change, result) => {
    await add({ refer: { decide: 'allow' }, applications: ['mms.ua'] });
    const asked = sender.askToSubscribe({ ...ASK, ...change });
    expect(await sender.settled(asked.id)).toMatchObject(result);
  });

  it('a terminal that never tells is told of in time', async () => {
    await add();
    const asked = sender.askToSubscribe({ ...ASK, waitSeconds: 0.2 });
    expect(await sender.settled(asked.id)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('never'),
    });
  });

  it('OPTIONS tells what the terminal can do', async () => {
    await add({ applications: ['mms.ua', 'wml.ua'], files: { accept: ['image/*'] } });
    const asked = sender.options({ to: BOB, application: 'mms.ua' });
    expect(await sender.settled(asked.id)).toMatchObject({
      state: 'delivered',
      code: 200,
      capabilities: {
        contact: expect.stringMatching(/^sip:bob@push\.test;gr=urn:uuid:/),
        applications: ['mms.ua', 'wml.ua'],
        methods: expect.arrayContaining(['INVITE', 'MESSAGE', 'REFER']),
        extensions: expect.arrayContaining(['norefersub', 'timer']),
        files: { transport: 'TCP/MSRP', types: ['image/*'] },
      },
    });
    const other = sender.options({ to: BOB, application: 'x.ua' });
    expect(await sender.settled(other.id)).toMatchObject({ state: 'rejected' });
  });
});
