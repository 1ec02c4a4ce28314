import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TerminalEvent } from '../../agent/events.ts';
import { type ProfileInput, readProfile } from '../../agent/profile.ts';
import type { Terminal } from '../../agent/terminal.ts';
import { Terminals } from '../../agent/terminals.ts';
import { SandboxCore } from '../core/core.ts';
import type { FilesRequest } from './files-request.ts';
import type { PushResult } from './results.ts';
import { PushSender } from './sender.ts';

const PICTURE = Buffer.alloc(300_000, 'ffd8ffe0', 'hex');
const sha1 = createHash('sha1').update(PICTURE).digest('hex').toUpperCase();

describe('PushSender, through the sandbox core, to real terminals', () => {
  let folder: string;
  let core: SandboxCore;
  let terminals: Terminals;
  let sender: PushSender;
  let events: TerminalEvent[];
  let results: PushResult[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sender-'));
    await writeFile(join(folder, 'picture.jpg'), PICTURE);
    await writeFile(join(folder, 'notes.txt'), 'hello');
    events = [];
    results = [];
    const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
    core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
    terminals = await Terminals.open({
      dataFolder: join(folder, 'data'),
      emit: (event) => events.push(event),
    });
    await add('desk');
    await add('phone');
    sender = await PushSender.open({
      core: core.uri,
      as: 'sip:psa@push.test',
      credentials: { username: 'psa', password: 'secret' },
      onResult: (result) => results.push(result),
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
      ...settings,
    });
    if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
    const terminal = await terminals.add(read.profile);
    terminal.start();
    await expect.poll(() => terminal.registration.kind).toBe('registered');
    return terminal;
  }

  function gruuOf(name: string): string {
    const state = terminals.get(name)?.registration;
    if (state?.kind !== 'registered' || state.pubGruu === null) throw new Error('no GRUU');
    return state.pubGruu;
  }

  const of = (name: string, event: TerminalEvent['event']) =>
    events.filter((one) => one.terminal === name && one.event === event);

  async function offerTo(name: string): Promise<{ readonly offer: string; readonly terminal: Terminal }> {
    await expect.poll(() => of(name, 'offer')).toHaveLength(1);
    const [event] = of(name, 'offer');
    const terminal = terminals.get(name);
    if (event?.event !== 'offer' || terminal === undefined) throw new Error('no offer');
    return { offer: event.offer, terminal };
  }

  const message = (to: string, application = 'mms.ua') =>
    sender.message({ to, application, contentType: 'text/plain', body: Buffer.from('Grüße an alle') });
  const files = (to: string, options: Partial<FilesRequest> = {}) =>
    sender.files({
      to,
      application: 'mms.ua',
      files: [{ path: join(folder, 'picture.jpg') }, { path: join(folder, 'notes.txt') }],
      report: true,
      ...options,
    });

  it('a message to the AOR reaches every terminal, one to a GRUU reaches one (ALL-MTR-01)', async () => {
    const all = await sender.settled(message('sip:bob@push.test').id);
    expect(all).toMatchObject({ state: 'delivered', code: 200, label: 'Grüße an alle' });
    await expect.poll(() => [of('desk', 'push').length, of('phone', 'push').length]).toEqual([1, 1]);
    await sender.settled(message(gruuOf('phone')).id);
    await expect.poll(() => [of('desk', 'push').length, of('phone', 'push').length]).toEqual([1, 2]);
    expect(of('phone', 'push')[0]).toMatchObject({ from: 'sip:psa@push.test', application: 'mms.ua' });
  });

  it('files over TLS, each side known to the other by its fingerprint (RFC 4975 §14.4)', async () => {
    await add('vault', { msrp: { tls: true }, files: { decide: 'accept' } });
    const push = { application: 'mms.ua', files: [{ path: join(folder, 'picture.jpg') }], report: true };
    const secure = sender.files({ ...push, to: gruuOf('vault'), tls: true });
    expect(await sender.settled(secure.id)).toMatchObject({
      state: 'delivered',
      files: [{ state: 'reported' }],
    });
    const [file] = of('vault', 'file');
    expect(await readFile(file?.event === 'file' ? file.path : '')).toEqual(PICTURE);
    const plain = sender.files({ ...push, to: gruuOf('vault') });
    expect(await sender.settled(plain.id)).toMatchObject({ state: 'rejected', code: 488 });
    const refused = sender.files({ ...push, to: gruuOf('desk'), tls: true });
    expect(await sender.settled(refused.id)).toMatchObject({ state: 'rejected', code: 488 });
  });

  it.each([true, false])(
    'files to a GRUU: some taken, verified, reported on both sides (cpim %s)',
    async (cpim) => {
      const pushed = files(gruuOf('desk'), { cpim });
      const { offer, terminal } = await offerTo('desk');
      await expect.poll(() => results.at(-1)?.state).toBe('ringing');
      terminal.accept(offer, [0]);
      const result = await sender.settled(pushed.id);
      expect(result).toMatchObject({
        state: 'delivered',
        code: 200,
        reason: '1 of 2 files delivered, reports received',
      });
      expect(result.files.map(({ state }) => state)).toEqual(['reported', 'declined']);
      expect(result.files[0]?.report?.status).toBe('000 200 OK');
      const [file] = of('desk', 'file');
      if (file?.event !== 'file') throw new Error('no file');
      expect(
        createHash('sha1')
          .update(await readFile(file.path))
          .digest('hex')
          .toUpperCase(),
      ).toBe(sha1);
      expect(file.sha1.replaceAll(':', '')).toBe(sha1);
      expect(of('desk', 'report')).toHaveLength(1);
      await expect.poll(() => of('desk', 'ended')).toHaveLength(1);
      expect(of('phone', 'offer')).toEqual([]);
    },
  );

  it('without reports asked, files are sent', async () => {
    const pushed = files(gruuOf('desk'), { report: false });
    const { offer, terminal } = await offerTo('desk');
    terminal.accept(offer, [0, 1]);
    expect((await sender.settled(pushed.id)).files.map(({ state }) => state)).toEqual(['sent', 'sent']);
  });

  it('declined by the user: 603', async () => {
    const pushed = files(gruuOf('desk'));
    const { offer, terminal } = await offerTo('desk');
    terminal.decline(offer);
    expect(await sender.settled(pushed.id)).toMatchObject({
      state: 'rejected',
      code: 603,
      reason: 'declined by the user',
    });
  });

  it('cancelled by the sender: 487, and the offer is withdrawn', async () => {
    const pushed = files(gruuOf('desk'));
    await offerTo('desk');
    sender.cancel(pushed.id);
    expect(await sender.settled(pushed.id)).toMatchObject({ state: 'rejected', code: 487 });
    await expect.poll(() => of('desk', 'ended')).toHaveLength(1);
  });

  it('to the AOR, both are asked; what one takes is withdrawn from the other', async () => {
    const pushed = files('sip:bob@push.test');
    const { offer, terminal } = await offerTo('phone');
    await offerTo('desk');
    terminal.accept(offer, [0, 1]);
    expect((await sender.settled(pushed.id)).state).toBe('delivered');
    await expect
      .poll(() => of('desk', 'ended'))
      .toEqual([expect.objectContaining({ reason: 'The sender withdrew the offer.' })]);
  });

  it('an application the terminal does not know is rejected', async () => {
    expect(await sender.settled(message(gruuOf('desk'), 'unknown.ua').id)).toMatchObject({
      state: 'rejected',
      code: 403,
    });
    expect(of('desk', 'refused')).toHaveLength(1);
  });

  it('a wrong password, an unknown user and a file that is not there end in words', async () => {
    const wrong = await PushSender.open({
      core: core.uri,
      as: 'sip:psa@push.test',
      credentials: { username: 'psa', password: 'no' },
      onResult: () => {},
    });
    const refused = wrong.message({
      to: 'sip:bob@push.test',
      application: 'mms.ua',
      contentType: 'text/plain',
      body: Buffer.from('x'),
    });
    expect(await wrong.settled(refused.id)).toMatchObject({
      state: 'rejected',
      reason: expect.stringMatching(/other credentials/),
    });
    await wrong.close();
    expect(await sender.settled(message('sip:nobody@push.test').id)).toMatchObject({ code: 404 });
    const missing = sender.files({
      to: gruuOf('desk'),
      application: 'mms.ua',
      files: [{ path: join(folder, 'gone') }],
      report: true,
    });
    expect(await sender.settled(missing.id)).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/gone cannot be read/),
    });
  });

  it('says when no core is there', async () => {
    await expect(
      PushSender.open({ core: 'sip:127.0.0.1:1;transport=tcp', as: 'sip:psa@push.test', onResult: () => {} }),
    ).rejects.toThrow(/cannot be reached/);
  });
});
