import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import type { Terminal } from '../../src-main/agent/terminal.ts';
import { CORES, type TestedCore } from './tested-core.ts';
import { World } from './world.ts';

const BOB = 'sip:bob@push.test';
const PSA = 'sip:psa@push.test';
const LARGE = Buffer.alloc(50_000, 'content of some size ');
const CONTENT = { indirection: 'allow', allowHttp: true, allowPrivateAddresses: true } as const;

function gruuOf({ registration }: Terminal): string {
  return registration.kind === 'registered' ? (registration.pubGruu ?? '') : '';
}

for (const { name, start } of CORES) {
  test.describe(`the Push Sender Agent with ${name}`, () => {
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

    test('two terminals found by reg event: a reference to one by its GRUU, a NOTIFY to both, a fault refused', async () => {
      const sender = await world.connectSender(core.uri('tcp'), true);
      const settings = { content: CONTENT, trust: { senders: [PSA] } };
      const desk = await world.register('desk', core.uri('tcp'), {
        ...settings,
        subscriptions: [{ target: PSA, application: 'mms.ua' }],
      });
      const phone = await world.register('phone', core.uri('udp'), {
        ...settings,
        subscriptions: [{ target: PSA, application: 'mms.ua' }],
      });
      const found = async () => (await sender.terminalsOf(BOB, 'mms.ua')).map((one) => one.gruu);
      await expect.poll(async () => (await found()).length).toBe(2);
      const gruu = gruuOf(desk);
      // Kamailio's reginfo names Contacts alone, which reach nobody through it (PSA-MTR-03, X-58).
      if (name !== 'Kamailio') expect(await found()).toContain(gruu);

      const push = { application: 'mms.ua', contentType: 'text/plain' };
      const large = sender.message({ to: gruu, ...push, body: LARGE });
      expect(await sender.settled(large.id)).toMatchObject({
        code: 200,
        status: 'accepted',
        reason: 'accepted, content fetched',
      });
      await expect.poll(() => world.taken).toEqual(['desk']);
      const [event] = world.events.filter((one) => one.event === 'push');
      expect(event?.event === 'push' && (await readFile(event.path ?? '')).equals(LARGE)).toBe(true);

      await expect.poll(() => sender.subscriptions.length).toBe(2);
      const notified = sender.notify({ to: BOB, ...push, body: Buffer.from('by NOTIFY'), waitSeconds: 10 });
      expect(await sender.settled(notified.id)).toMatchObject({
        state: 'delivered',
        reason: 'accepted by 2 terminals',
      });
      await expect
        .poll(() => [...world.taken].sort((a, b) => a.localeCompare(b)))
        .toEqual(['desk', 'desk', 'phone']);

      for (const to of [desk, phone].map(gruuOf)) {
        const one = sender.message({ to, ...push, body: Buffer.from('to one') });
        expect(await sender.settled(one.id)).toMatchObject({ code: 200 });
      }
      const all = ['desk', 'desk', 'desk', 'phone', 'phone'];
      await expect.poll(() => [...world.taken].sort((a, b) => a.localeCompare(b))).toEqual(all);

      const wrong = sender.message({
        to: gruu,
        ...push,
        body: Buffer.from('x'),
        fault: 'unknown-application',
      });
      expect(await sender.settled(wrong.id)).toMatchObject({ state: 'rejected', status: 'no-retry' });
    });
  });
}
