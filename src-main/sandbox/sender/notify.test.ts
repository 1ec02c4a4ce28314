import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TerminalEvent } from '../../agent/events.ts';
import { type ProfileInput, readProfile } from '../../agent/profile.ts';
import type { Terminal } from '../../agent/terminal.ts';
import { Terminals } from '../../agent/terminals.ts';
import { SandboxCore } from '../core/core.ts';
import type { NotifyPush } from './notify-push.ts';
import { PushSender } from './sender.ts';

const PSA = 'sip:psa@push.test';

describe('NOTIFY of the Push Sender Agent, through the sandbox core, to real terminals (PSA-SUB-01 to -13)', () => {
  let folder: string;
  let core: SandboxCore;
  let terminals: Terminals;
  let sender: PushSender;
  let events: TerminalEvent[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'notify-'));
    events = [];
    const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
    core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
    terminals = await Terminals.open({
      dataFolder: join(folder, 'data'),
      emit: (event) => events.push(event),
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

  async function add(name: string, settings: Partial<ProfileInput> = {}): Promise<Terminal> {
    const read = readProfile({
      name,
      aor: 'sip:bob@push.test',
      core: core.uri,
      auth: { username: 'bob', password: 'secret' },
      trust: { senders: [PSA] },
      subscriptions: [{ target: PSA, application: 'mms.ua' }],
      ...settings,
    });
    if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
    const terminal = await terminals.add(read.profile);
    terminal.start();
    return terminal;
  }

  const push = (change: Partial<NotifyPush> = {}) =>
    sender.settled(
      sender.notify({
        to: 'sip:bob@push.test',
        application: 'mms.ua',
        contentType: 'text/plain',
        body: Buffer.from('Grüße'),
        waitSeconds: 5,
        ...change,
      }).id,
    );
  const of = (name: string, event: TerminalEvent['event']) =>
    events.filter((one) => one.terminal === name && one.event === event);
  const stateOf = (terminal: Terminal) => terminal.subscriptions.views[0]?.state;

  it('the enrolment is confirmed without content, and says who made the terminal', async () => {
    const desk = await add('desk', {
      device: { vendor: 'vendor.example', uaProf: 'http://e.example/z.xml' },
    });
    await expect.poll(() => stateOf(desk)).toMatchObject({ kind: 'active' });
    expect(of('desk', 'notified')).toEqual([expect.objectContaining({ bytes: 0, code: 200 })]);
    const [subscription] = sender.subscriptions;
    expect(subscription).toMatchObject({
      subscriber: 'sip:bob@push.test',
      profile: {
        profileType: 'oma-app',
        vendor: 'vendor.example',
        application: 'mms.ua',
        deviceCapabilities: 'http://e.example/z.xml',
      },
    });
    expect(subscription?.contact).toMatch(/;gr=urn:uuid:/);
  });

  it('a push by NOTIFY waits for the subscription, and is on disk when the 200 comes', async () => {
    const pushed = push({ effectiveBy: 0 });
    await add('desk');
    expect(await pushed).toMatchObject({ method: 'NOTIFY', state: 'delivered', code: 200, label: 'Grüße' });
    const notified = of('desk', 'notified').find((one) => one.event === 'notified' && one.push !== null);
    const id = (notified?.event === 'notified' && notified.push) || '';
    expect((await terminals.history.get(id))?.state).toBe('received');
    await expect.poll(() => of('desk', 'push')).toHaveLength(1);
    const [event] = of('desk', 'push');
    if (event?.event !== 'push') throw new Error('no push');
    expect(event).toMatchObject({ method: 'NOTIFY', from: PSA, application: 'mms.ua' });
    expect(await readFile(event.path ?? '', 'utf8')).toBe('Grüße');
    expect((await terminals.history.get(event.push))?.delivery).toContainEqual(
      expect.objectContaining({ title: 'To take effect', detail: 'at once' }),
    );
  });

  it('every terminal that has subscribed gets it by the AOR, one alone by its GRUU', async () => {
    const desk = await add('desk');
    const phone = await add('phone');
    await expect.poll(() => [stateOf(desk)?.kind, stateOf(phone)?.kind]).toEqual(['active', 'active']);
    expect(await push()).toMatchObject({ reason: 'accepted by 2 terminals' });
    const registration = phone.registration;
    const gruu = registration.kind === 'registered' ? (registration.pubGruu ?? '') : '';
    expect(await push({ to: gruu })).toMatchObject({ reason: 'accepted' });
    await expect.poll(() => [of('desk', 'push').length, of('phone', 'push').length]).toEqual([1, 2]);
  });

  it('content by reference is fetched by the rules of the terminal', async () => {
    await add('desk', {
      content: { indirection: 'allow', allowHttp: true, allowPrivateAddresses: true },
    });
    const reference = await sender.refer('text/plain', Buffer.from('lies elsewhere'));
    expect(await push(reference)).toMatchObject({ state: 'delivered' });
    await reference.fetched;
    await expect.poll(() => of('desk', 'push')).toHaveLength(1);
    const [event] = of('desk', 'push');
    expect(await readFile((event?.event === 'push' && event.path) || '', 'utf8')).toBe('lies elsewhere');
  });

  it('nobody who has subscribed: the push fails in words', async () => {
    expect(await push({ waitSeconds: 0 })).toMatchObject({
      state: 'failed',
      reason: 'sip:bob@push.test has not subscribed to mms.ua.',
    });
  });

  it('a terminal that does not trust the sender answers 403, which ends the subscription there', async () => {
    const desk = await add('desk', { trust: { senders: ['sip:other@push.test'] } });
    expect(await push()).toMatchObject({ state: 'rejected', code: 403 });
    expect(sender.subscriptions).toEqual([]);
    expect(stateOf(desk)).toMatchObject({ kind: 'active' });
  });

  it('leaves with the terminal, and tells terminals to come back later when it closes itself', async () => {
    const desk = await add('desk');
    await expect.poll(() => sender.subscriptions).toHaveLength(1);
    await expect.poll(() => stateOf(desk)?.kind).toBe('active');
    await desk.unregister();
    expect(sender.subscriptions).toEqual([]);
    desk.register();
    await expect.poll(() => stateOf(desk)?.kind).toBe('active');
    await sender.close();
    await expect
      .poll(() => stateOf(desk))
      .toMatchObject({
        kind: 'ended',
        reason: expect.stringMatching(/probation/),
        retryAt: expect.any(String),
      });
  });

  it.each([
    [{ event: 'dialog', target: PSA }, 489],
    [{ event: 'ua-profile;profile-type=device', target: PSA }, 404],
  ])('refuses %o with %i', async (subscription, code) => {
    const desk = await add('desk', { subscriptions: [subscription] });
    await expect.poll(() => stateOf(desk)).toMatchObject({ kind: 'ended', code });
  });

  it('asks for longer than a moment: 423, and the terminal does', async () => {
    const desk = await add('desk', { subscriptions: [{ target: PSA, expires: 10 }] });
    await expect.poll(() => stateOf(desk)?.kind).toBe('active');
    const state = stateOf(desk);
    const left = Date.parse(state?.kind === 'active' ? state.expiresAt : '') - Date.now();
    expect(left).toBeGreaterThan(50_000);
  });
});
