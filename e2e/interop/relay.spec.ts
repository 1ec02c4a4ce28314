import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { CERTIFICATE, KEY } from '../../src-main/msrp/test-certificate.ts';
import { SandboxCore } from '../../src-main/sandbox/core/core.ts';
import { MsrpRelay } from '../../src-main/sandbox/relay/relay.ts';
import { PushSender } from '../../src-main/sandbox/sender/sender.ts';
import { KamailioProcess } from './kamailio-process.ts';
import { World } from './world.ts';

const CONTENT = Buffer.alloc(100_000, 'through the relay ');

/** A relay under test: its URI and the file of the certificate that stands behind it. */
type TestedRelay = { readonly uri: string; readonly ca: string; readonly end: () => Promise<void> };

const RELAYS: Readonly<Record<string, (tls: boolean, folder: string) => Promise<TestedRelay>>> = {
  Kamailio: async (tls) => {
    const relay = await KamailioProcess.start({ template: 'kamailio-relay.cfg' });
    const uri = tls ? `msrps://127.0.0.1:${relay.tlsPort};tcp` : `msrp://127.0.0.1:${relay.port};tcp`;
    const ca = join(relay.folder, 'certificate.pem');
    return { uri, ca, end: () => relay.end('SIGKILL') };
  },
  'the sandbox': async (tls, folder) => {
    const relay = await MsrpRelay.open({
      host: '127.0.0.1',
      port: 0,
      realm: 'push.test',
      users: [{ name: 'bob', password: 'secret' }],
      ...(tls ? { tls: { cert: CERTIFICATE, key: KEY } } : {}),
    });
    const ca = join(folder, 'certificate.pem');
    await writeFile(ca, CERTIFICATE);
    return { uri: relay.uri, ca, end: () => relay.close() };
  },
};

/** A terminal behind an MSRP relay (RFC 4976), and a sender that may reach the relay alone. */
for (const [name, tls] of Object.keys(RELAYS).flatMap((one) => [
  [one, false] as const,
  [one, true] as const,
])) {
  test(`files through the MSRP relay of ${name} over ${tls ? 'TLS' : 'TCP'}`, async () => {
    test.setTimeout(60_000);
    const openRelay = RELAYS[name];
    if (openRelay === undefined) throw new Error('no such relay');
    const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
    const core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
    const world = await World.open();
    const relay = await openRelay(tls, world.folder);
    const sender = await PushSender.open({
      core: core.uri,
      as: 'sip:psa@push.test',
      credentials: { username: 'psa', password: 'secret' },
      ca: CERTIFICATE,
      onResult: () => {},
    });
    try {
      const path = join(world.folder, 'file.bin');
      await writeFile(path, CONTENT);
      await world.register('desk', core.uri, {
        msrp: { relay: relay.uri },
        tls: { ca: relay.ca },
      });
      const push = { to: 'sip:bob@push.test', application: 'mms.ua', report: true, tls };
      const files = [{ path }, { path, name: 'again.bin' }];
      const result = await sender.settled(sender.files({ ...push, files }).id);
      expect(result, JSON.stringify([result, world.events])).toMatchObject({
        state: 'delivered',
        files: [{ state: 'reported' }, { state: 'reported' }],
      });
      const kept = world.events.flatMap((event) => (event.event === 'file' ? [event] : []));
      expect(kept).toHaveLength(2);
      for (const file of kept) expect((await readFile(file.path)).equals(CONTENT)).toBe(true);
      expect(world.events.filter((event) => event.event === 'error')).toEqual([]);

      // Without its relay the terminal cannot be reached, and says so.
      await relay.end();
      await expect
        .poll(() => world.events.find((event) => event.event === 'error'))
        .toMatchObject({
          message: expect.stringMatching(/^The MSRP relay 127\.0\.0\.1:\d+ cannot be used: /),
        });
      const refused = await sender.settled(sender.files({ ...push, files: [{ path }] }).id);
      expect(refused).toMatchObject({ state: 'rejected', code: 500 });
    } finally {
      await sender.close();
      await world.close();
      await relay.end();
      await core.close();
    }
  });
}

test('a relay that refuses the password is told in words', async () => {
  const users = [{ name: 'bob', password: 'other' }];
  const core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
  const relay = await KamailioProcess.start({ template: 'kamailio-relay.cfg' });
  const world = await World.open();
  try {
    await world.register('desk', core.uri, {
      auth: { username: 'bob', password: 'other' },
      msrp: { relay: `msrp://127.0.0.1:${relay.port};tcp` },
    });
    await expect
      .poll(() => world.events.find((event) => event.event === 'error'))
      .toMatchObject({ message: expect.stringMatching(/refuses the user name and password/) });
  } finally {
    await world.close();
    await relay.end('SIGKILL');
    await core.close();
  }
});
