import { expect, test } from '@playwright/test';
import type { Terminal } from '../../src-main/agent/terminal.ts';
import type { PushRecord } from '../../src-main/history/records.ts';
import { Kamailio } from './kamailio.ts';
import { LossyLine } from './lossy-line.ts';
import { playSipp, type SippOptions } from './sipp.ts';
import { World } from './world.ts';

const BOB = 'sip:bob@push.test';
const BURST = 500;
const BURST_A_SECOND = 100;
const LOSS = 0.3;
const LOSSY_CALLS = 20;

test.describe('SIPp pushes through Kamailio', () => {
  let core: Kamailio;
  let world: World;
  let desk: Terminal;

  test.beforeEach(async () => {
    core = await Kamailio.start();
    world = await World.open();
    desk = await world.register('desk', core.uri('tcp'), { content: { accept: ['text/*', 'multipart/*'] } });
  });

  test.afterEach(async () => {
    await world.close();
    await core.stop();
  });

  function play(scenario: string, options: SippOptions = {}): Promise<void> {
    return playSipp(`sipp/${scenario}.xml`, core.port, {
      ...options,
      keys: { target: BOB, ...options.keys },
    });
  }

  async function kept(): Promise<readonly PushRecord[]> {
    return (await world.terminals.history.list({ limit: 2 * BURST })).records;
  }

  for (const transport of ['tcp', 'udp'] as const) {
    test(`to the address of record over ${transport}`, async () => {
      await play('push', { transport });
      expect(await kept()).toMatchObject([{ state: 'received', from: 'sip:psa@push.test', asserted: true }]);
    });
  }

  test('to the GRUU of one of two terminals', async () => {
    const phone = await world.register('phone', core.uri('udp'));
    const { registration } = phone;
    const target = registration.kind === 'registered' ? (registration.pubGruu ?? '') : '';
    await play('push', { keys: { target } });
    expect((await kept()).map(({ terminal }) => terminal)).toEqual(['phone']);
  });

  test('for an application it does not have: the 403 is the terminal’s, and nothing is shown', async () => {
    await play('wrong-application');
    await expect.poll(kept).toMatchObject([{ state: 'refused', code: 403, application: 'x.ua' }]);
    expect(world.taken).toEqual([]);
  });

  test('to a user who is not there: the 480 is the core’s', async () => {
    await play('nobody', { keys: { target: 'sip:psa@push.test' } });
    expect(await kept()).toEqual([]);
  });

  for (const sender of ['<sip:psa@elsewhere.test>', '"Anonymous" <sip:anonymous@anonymous.invalid>']) {
    test(`by ${sender}, who claims an identity: refused, and no identity believed`, async () => {
      await play('stranger', { keys: { sender } });
      await expect.poll(kept).toMatchObject([{ state: 'refused', code: 403, asserted: false }]);
    });
  }

  test('of a type it does not take: 415 with Accept', async () => {
    await play('unsupported-type');
    await expect.poll(kept).toMatchObject([{ state: 'refused', code: 415 }]);
  });

  test('of two parts: kept as they came', async () => {
    await play('multipart');
    const [push] = await kept();
    if (push === undefined) throw new Error('Nothing was kept.');
    const content = await world.terminals.history.content(push, 10_000);
    expect(content?.toString()).toMatch(/^--cut\r\nContent-Type: text\/plain\r\n\r\nParcel\r\n--cut\r\n/);
    expect(content?.length).toBe(push.bytes);
  });

  test('of a megabyte over TCP, which SIPp cannot hold: byte for byte', async () => {
    const sender = await world.connectSender(core.uri('tcp'));
    const body = Buffer.from(Array.from({ length: 1024 * 1024 }, (_unused, at) => (at * 31) % 256));
    const push = sender.message({
      to: BOB,
      application: 'mms.ua',
      contentType: 'text/plain',
      body,
      inline: true,
    });
    expect(await sender.settled(push.id)).toMatchObject({ code: 200 });
    const [record] = await kept();
    if (record === undefined) throw new Error('Nothing was kept.');
    expect((await world.terminals.history.content(record, body.length))?.equals(body)).toBe(true);
  });

  test('over UDP that loses 30 % each way: SIPp repeats, and every push is there once', async () => {
    test.setTimeout(90_000);
    const line = await LossyLine.open(core.port, LOSS);
    try {
      const port = Number(/:(\d+);/.exec(line.uri)?.[1]);
      const options = { transport: 'udp', calls: LOSSY_CALLS, timeoutS: 60, keys: { target: BOB } } as const;
      await playSipp('sipp/push.xml', port, options);
      expect(line.lost).toBeGreaterThan(LOSSY_CALLS / 4);
      expect(new Set((await kept()).map(({ preview }) => preview)).size).toBe(LOSSY_CALLS);
      expect(await kept()).toHaveLength(LOSSY_CALLS);
    } finally {
      line.close();
    }
  });

  test(`${BURST} at ${BURST_A_SECOND} a second: all answered 200, each in history once`, async () => {
    await play('push', { calls: BURST, rate: BURST_A_SECOND, timeoutS: 40 });
    const pushes = await kept();
    expect(pushes).toHaveLength(BURST);
    expect(new Set(pushes.map(({ preview }) => preview)).size).toBe(BURST);
    expect(pushes.every(({ state, code }) => state === 'received' && code === 200)).toBe(true);
    await expect.poll(() => world.taken).toHaveLength(BURST);
    expect(desk.registration.kind).toBe('registered');
  });
});
