import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TerminalEvent } from '../../agent/events.ts';
import { readProfile } from '../../agent/profile.ts';
import { Terminals } from '../../agent/terminals.ts';
import { CERTIFICATE, KEY } from '../../msrp/test-certificate.ts';
import { SandboxCore } from '../core/core.ts';
import { PushSender } from './sender.ts';
import { LossyRelay } from './test-lossy-relay.ts';

const BOB = 'sip:bob@push.test';
const CONTENT = Buffer.alloc(100_000, 'content ');

describe('a real terminal and a real sender', () => {
  let folder: string;
  let core: SandboxCore;
  let terminals: Terminals;
  let sender: PushSender | null;
  let events: TerminalEvent[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'transports-'));
    await writeFile(join(folder, 'file.bin'), CONTENT);
    await writeFile(join(folder, 'ca.pem'), CERTIFICATE);
    const listen = (['tcp', 'udp', 'tls', 'ws', 'wss'] as const).map((transport) => ({
      transport,
      host: '127.0.0.1',
      port: 0,
    }));
    const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
    const tls = { cert: CERTIFICATE, key: KEY };
    core = await SandboxCore.open({ listen, tls, domain: 'push.test', users });
    events = [];
    sender = null;
    terminals = await Terminals.open({
      dataFolder: join(folder, 'data'),
      emit: (event) => events.push(event),
    });
  });
  afterEach(async () => {
    await sender?.close();
    await terminals.close();
    await core.close();
    await rm(folder, { recursive: true });
  });

  const uriOf = (transport: string) => core.uris.find((uri) => uri.endsWith(`=${transport}`)) ?? '';

  /** Registers a terminal, pushes a message and a file to it, and de-registers. */
  async function pushThrough(
    terminalCore: string,
    senderCore: string,
    msrpHost = '127.0.0.1',
  ): Promise<void> {
    const read = readProfile({
      name: 'desk',
      aor: BOB,
      core: terminalCore,
      auth: { username: 'bob', password: 'secret' },
      trust: { senders: ['sip:psa@push.test'] },
      tls: { ca: join(folder, 'ca.pem') },
      msrp: { host: msrpHost },
    });
    if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
    const terminal = await terminals.add(read.profile);
    terminal.start();
    await expect.poll(() => terminal.registration.kind, { timeout: 15_000 }).toBe('registered');
    sender = await PushSender.open({
      core: senderCore,
      as: 'sip:psa@push.test',
      credentials: { username: 'psa', password: 'secret' },
      ca: CERTIFICATE,
      onResult: () => {},
    });
    const push = { to: BOB, application: 'mms.ua' };
    const message = sender.message({ ...push, contentType: 'text/plain', body: Buffer.from('hello') });
    expect(await sender.settled(message.id)).toMatchObject({ state: 'delivered', code: 200 });
    const offered = sender.files({ ...push, files: [{ path: join(folder, 'file.bin') }], report: true });
    const seen = () => events.find((event) => event.event === 'offer');
    await expect.poll(() => seen()?.offer, { timeout: 15_000 }).toBeDefined();
    terminal.accept(seen()?.offer ?? '', [0]);
    expect(await sender.settled(offered.id)).toMatchObject({ state: 'delivered', code: 200 });
    const file = events.find((event) => event.event === 'file');
    expect((await readFile(file?.path ?? '')).equals(CONTENT)).toBe(true);
    expect(events.filter(({ event }) => event === 'push')).toHaveLength(1);
    await terminal.unregister();
    expect(core.bindings()).toEqual([]);
  }

  it.each([
    ['udp', 'udp'],
    ['tls', 'tls'],
    ['ws', 'ws'],
    ['wss', 'udp'],
    ['udp', 'wss'],
    ['udp', 'tcp'],
    ['tcp', 'udp'],
    ['tls', 'udp'],
  ])('terminal over %s, sender over %s: a message and a file arrive', async (terminal, from) => {
    await pushThrough(uriOf(terminal), uriOf(from));
  });

  it.skipIf(!hasIpv6()).each(['tcp', 'udp', 'ws'] as const)(
    'over IPv6 and %s, MSRP too',
    async (transport) => {
      await core.close();
      const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
      core = await SandboxCore.open({
        listen: [{ transport, host: '::1', port: 0 }],
        domain: 'push.test',
        users,
      });
      expect(core.uri).toContain('[::1]:');
      await pushThrough(core.uri, core.uri, '::1');
    },
  );

  it('over UDP that loses a quarter of the datagrams, all arrives once', { timeout: 60_000 }, async () => {
    const relay = await LossyRelay.open(uriOf('udp'), 25);
    await pushThrough(relay.uri, relay.uri);
    expect(relay.lost).toBeGreaterThan(2);
    relay.close();
  });
});

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
}
