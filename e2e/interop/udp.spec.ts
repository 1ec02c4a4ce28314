import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { TerminalEvent } from '../../src-main/agent/events.ts';
import { readProfile } from '../../src-main/agent/profile.ts';
import type { Terminal } from '../../src-main/agent/terminal.ts';
import { Terminals } from '../../src-main/agent/terminals.ts';
import { PushSender } from '../../src-main/sandbox/sender/sender.ts';
import { Kamailio } from './kamailio.ts';
import { LossyLine } from './lossy-line.ts';

const LOSS = 0.3;
const PUSHES = 20;

test.describe('UDP through a real Kamailio', () => {
  let kamailio: Kamailio;
  let terminals: Terminals;
  let sender: PushSender;
  let folder: string;
  let events: TerminalEvent[];

  test.beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'push-terminal-udp-'));
    kamailio = await Kamailio.start();
    events = [];
    terminals = await Terminals.open({
      dataFolder: join(folder, 'data'),
      emit: (event) => events.push(event),
    });
    sender = await PushSender.open({
      core: kamailio.uri,
      as: 'sip:psa@push.test',
      credentials: { username: 'psa', password: 'secret' },
      onResult: () => {},
    });
  });

  test.afterEach(async () => {
    await sender.close();
    await terminals.close();
    await kamailio.stop();
    await rm(folder, { recursive: true });
  });

  async function register(core: string): Promise<Terminal> {
    const auth = { username: 'bob', password: 'secret' };
    const files = { decide: 'accept' } as const;
    const read = readProfile({ name: 'bob', aor: 'sip:bob@push.test', core, auth, files });
    if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
    const terminal = await terminals.add(read.profile);
    terminal.start();
    await expect.poll(() => terminal.registration.kind, { timeout: 60_000 }).toBe('registered');
    return terminal;
  }

  const pushed = () => events.filter(({ event }) => event === 'push').length;

  test('registers with a GRUU, takes a message and a file', async () => {
    const { registration } = await register(kamailio.udpUri);
    expect(registration.kind === 'registered' && registration.pubGruu).toMatch(/;gr=urn:uuid:/);
    const body = Buffer.from('hello');
    const message = sender.message({
      to: 'sip:bob@push.test',
      application: 'mms.ua',
      contentType: 'text/plain',
      body,
    });
    expect(await sender.settled(message.id)).toMatchObject({ code: 200 });
    await writeFile(join(folder, 'file.bin'), Buffer.alloc(100_000));
    const files = [{ path: join(folder, 'file.bin') }];
    const offer = sender.files({ to: 'sip:bob@push.test', application: 'mms.ua', files, report: true });
    expect(await sender.settled(offer.id)).toMatchObject({ state: 'delivered' });
  });

  test('30 % loss each way loses no push and shows none twice', async () => {
    test.setTimeout(150_000);
    const line = await LossyLine.open(kamailio.port, LOSS);
    try {
      await register(line.uri);
      const results = await Promise.all(
        Array.from({ length: PUSHES }, (_unused, index) => {
          const body = Buffer.from(`push ${index}`);
          const push = sender.message({
            to: 'sip:bob@push.test',
            application: 'mms.ua',
            contentType: 'text/plain',
            body,
          });
          return sender.settled(push.id);
        }),
      );
      expect(results.filter(({ code }) => code !== 200)).toEqual([]);
      expect(pushed()).toBe(PUSHES);
      expect(line.lost).toBeGreaterThan(PUSHES / 4);
      expect(await terminals.history.counts()).toMatchObject({ total: PUSHES });
      await terminals.close();
      expect(events.at(-1)?.event).toBe('unregistered');
    } finally {
      line.close();
    }
  });
});
