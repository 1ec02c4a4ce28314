import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { DeadLine } from './dead-line.ts';
import { freePort } from './free-port.ts';
import { LossyLine } from './lossy-line.ts';
import { CORES, type CoreTransport, type TestedCore } from './tested-core.ts';
import { World } from './world.ts';

const BOB = 'sip:bob@push.test';
const TRANSPORTS: readonly CoreTransport[] = ['tcp', 'udp', 'tls', 'ws'];
const LOSS = 0.3;
const PUSHES = 20;
const PAUSE_MS = 50;

for (const { name, start } of CORES) {
  test.describe(`with ${name}`, () => {
    let core: TestedCore;
    let world: World;

    test.beforeEach(async () => {
      core = await start();
      world = await World.open();
    });

    test.afterEach(async () => {
      await world.close();
      await core.stop();
    });

    for (const transport of TRANSPORTS) {
      test(`over ${transport.toUpperCase()}: registered with a GRUU, a message and a file taken`, async () => {
        const tls = { ca: core.certificatePath };
        const terminal = await world.register('desk', core.uri(transport), { tls });
        const { registration, flow } = terminal;
        expect(registration.kind === 'registered' && registration.pubGruu).toMatch(/;gr=urn:uuid:/);
        expect(flow?.transport).toBe(transport.toUpperCase());
        const sender = await world.connectSender(core.uri('tcp'));
        expect(await world.message(BOB, 'hello')).toMatchObject({ code: 200 });
        await writeFile(join(world.folder, 'file.bin'), Buffer.alloc(100_000));
        const files = [{ path: join(world.folder, 'file.bin') }];
        const offer = sender.files({ to: BOB, application: 'mms.ua', files, report: true });
        expect(await sender.settled(offer.id)).toMatchObject({ state: 'delivered' });
      });
    }

    test('two terminals of one user: the AOR reaches both, a GRUU one, and each sees the other come and go', async () => {
      const desk = await world.register('desk', core.uri('tcp'));
      await expect.poll(() => desk.regEvent.kind).toBe('active');
      const phone = await world.register('phone', core.uri('ws'));
      await expect.poll(() => desk.bindings.length).toBe(2);
      expect(desk.bindings.filter(({ ours }) => ours)).toHaveLength(1);
      await world.connectSender(core.uri('tcp'));
      await world.message(BOB, 'to both');
      await expect.poll(() => [...world.taken].sort((a, b) => a.localeCompare(b))).toEqual(['desk', 'phone']);
      const { registration } = phone;
      const gruu = registration.kind === 'registered' ? registration.pubGruu : null;
      expect(await world.message(gruu ?? '', 'to one')).toMatchObject({ code: 200 });
      // A push is told a moment after its 200, once its content has a file.
      await expect.poll(() => world.taken.filter((terminal) => terminal === 'phone')).toHaveLength(2);
      expect(world.taken.filter((terminal) => terminal === 'desk')).toHaveLength(1);
      await world.terminals.remove('phone');
      await expect.poll(() => desk.bindings.length).toBe(1);
    });

    test('UDP that loses 30 % each way loses no push and shows none twice', async () => {
      test.setTimeout(150_000);
      const line = await LossyLine.open(core.port, LOSS);
      try {
        await world.register('desk', line.uri);
        await world.connectSender(core.uri('tcp'));
        const texts = Array.from({ length: PUSHES }, (_unused, index) => `push ${index}`);
        const results = await Promise.all(texts.map((text) => world.message(BOB, text)));
        expect(results.filter(({ code }) => code !== 200)).toEqual([]);
        await expect.poll(() => world.taken).toHaveLength(PUSHES);
        expect(line.lost).toBeGreaterThan(PUSHES / 4);
        expect(await world.terminals.history.counts()).toMatchObject({ total: PUSHES });
      } finally {
        line.close();
      }
    });

    test('the core killed under load and started again: back without a person, and nothing answered is lost', async () => {
      test.setTimeout(120_000);
      const terminals = [
        await world.register('tcp', core.uri('tcp')),
        await world.register('udp', core.uri('udp')),
      ];
      await world.connectSender(core.uri('tcp'));
      let [going, answered] = [true, 0];
      const load = (async () => {
        while (going) {
          const { code } = await world.message(BOB, 'load');
          if (code === 200) answered += 1;
          // Without a core a push fails at once.
          else await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
      })();
      await expect.poll(() => answered).toBeGreaterThan(20);
      const { port } = core;
      await core.kill();
      for (const terminal of terminals) {
        await expect
          .poll(() => terminal.registration, { timeout: 20_000 })
          .toMatchObject({
            kind: 'failed',
            reason: expect.stringMatching(/\w/),
            retryAt: expect.any(String),
          });
      }
      core = await start({ port });
      for (const terminal of terminals) {
        await expect.poll(() => terminal.registration.kind, { timeout: 60_000 }).toBe('registered');
      }
      going = false;
      await load;
      await expect.poll(async () => (await world.message(BOB, 'after')).code, { timeout: 30_000 }).toBe(200);
      const { total } = await world.terminals.history.counts();
      expect(total).toBeGreaterThanOrEqual(answered);
      await expect.poll(() => world.taken.length).toBe(total);
    });

    test('a connection that went dead is noticed by its keep-alive, said, and replaced', async () => {
      test.setTimeout(90_000);
      const line = await DeadLine.open(core.port);
      try {
        const terminal = await world.register('desk', line.uri, { keepAlive: 5 });
        const { flow } = terminal;
        line.swallow();
        await expect
          // It stays so for half a second, until it connects again.
          .poll(() => terminal.registration, { timeout: 30_000, intervals: [100] })
          .toMatchObject({ kind: 'failed', reason: 'The core no longer answers on this connection.' });
        await expect.poll(() => terminal.registration.kind, { timeout: 20_000 }).toBe('registered');
        expect(terminal.flow?.local).not.toBe(flow?.local);
        await world.connectSender(core.uri('tcp'));
        expect(await world.message(`${gruuOf(terminal.registration)}`, 'again')).toMatchObject({ code: 200 });
      } finally {
        line.close();
      }
    });

    test('an outbound flow over UDP is kept alive by STUN; one that went dead is said and comes back', async () => {
      test.setTimeout(120_000);
      const line = await LossyLine.open(core.port, 0);
      try {
        const terminal = await world.register('desk', line.uri, { keepAlive: 5 });
        const { registration } = terminal;
        expect(registration.kind === 'registered' && registration.details).toMatchObject({
          outbound: true,
          flowTimer: expect.any(Number),
        });
        line.lose(1);
        await expect
          .poll(() => terminal.registration, { timeout: 40_000, intervals: [100] })
          .toMatchObject({ kind: 'failed', reason: 'The core no longer answers on this flow.' });
        line.lose(0);
        await expect.poll(() => terminal.registration.kind, { timeout: 70_000 }).toBe('registered');
      } finally {
        line.close();
      }
    });

    test('the first core is down: the next stands in', async () => {
      const dead = `sip:127.0.0.1:${await freePort()};transport=tcp`;
      const terminal = await world.register('desk', [dead, core.uri('udp')]);
      expect(terminal.flow).toMatchObject({ transport: 'UDP', spare: true });
    });

    test('signs in with SHA-256', async () => {
      await core.stop();
      core = await start({ algorithm: 'SHA-256' });
      const { registration } = await world.register('desk', core.uri('tcp'));
      expect(registration.kind === 'registered' && registration.details.features).toContainEqual({
        name: 'Digest sign-in',
        state: 'yes',
        note: 'SHA-256',
      });
    });
  });
}

function gruuOf(registration: { readonly kind: string; readonly pubGruu?: string | null }): string {
  return registration.pubGruu ?? '';
}
