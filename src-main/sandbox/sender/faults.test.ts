import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from './faults.ts';
import type { PushResult } from './results.ts';
import { BOB, SenderWorld } from './test-sender-world.ts';

const CONTENT = Buffer.from(Array.from({ length: 30_001 }, (_unused, index) => (index * 7) % 251));

describe('faults on demand, before a real terminal', () => {
  let world: SenderWorld;

  beforeEach(async () => {
    world = await SenderWorld.open();
    await world.add('desk');
    await writeFile(join(world.folder, 'file.bin'), CONTENT);
  });

  afterEach(() => world.close());

  function message(fault: Fault, waitSeconds = 5): Promise<PushResult> {
    const { id } = world.sender.message({
      to: world.gruuOf('desk'),
      application: 'mms.ua',
      contentType: 'text/plain',
      body: Buffer.from('hello from a bad sender'),
      fault,
      waitSeconds,
    });
    return world.sender.settled(id);
  }

  function file(fault: Fault): Promise<PushResult> {
    const { id } = world.sender.files({
      to: world.gruuOf('desk'),
      application: 'mms.ua',
      files: [{ path: join(world.folder, 'file.bin') }],
      report: true,
      fault,
    });
    return world.sender.settled(id);
  }

  it('unknown-application: the terminal knows it not, 403', async () => {
    expect(await message('unknown-application')).toMatchObject({ code: 403, status: 'no-retry' });
    expect(await file('unknown-application')).toMatchObject({ code: 403, status: 'no-retry' });
  });

  it('no-identity: nobody vouches for the sender, 403', async () => {
    expect(await message('no-identity')).toMatchObject({ code: 403, status: 'no-retry' });
    expect(await file('no-identity')).toMatchObject({ code: 403, status: 'no-retry' });
    expect(world.of('desk', 'push')).toEqual([]);
  });

  it('bad-sdp: an offer that is none', async () => {
    expect(await file('bad-sdp')).toMatchObject({ state: 'rejected', code: 400 });
  });

  it('huge-body: more than a terminal takes, 513', async () => {
    expect(await message('huge-body')).toMatchObject({ code: 513, status: 'no-retry' });
    expect(await file('huge-body')).toMatchObject({ state: 'rejected' });
    expect(world.of('desk', 'offer')).toEqual([]);
  });

  it('wrong-hash: what comes is not what was announced, and is not kept as a file', async () => {
    expect(await file('wrong-hash')).toMatchObject({ state: 'failed' });
    await expect.poll(() => world.of('desk', 'file-failed')).toHaveLength(1);
    expect(world.of('desk', 'file')).toEqual([]);
    expect(await message('wrong-hash')).toMatchObject({ code: 200, state: 'delivered' });
    await expect.poll(() => world.of('desk', 'push-failed')).toHaveLength(1);
  });

  it('lost-connection: breaks off halfway', async () => {
    expect(await file('lost-connection')).toMatchObject({
      state: 'failed',
      status: 'undeliverable',
      reason: 'The connection was lost.',
    });
    expect(world.of('desk', 'file')).toEqual([]);
    expect(await message('lost-connection', 1)).toMatchObject({ state: 'failed', code: 200 });
    expect(world.of('desk', 'push')).toEqual([]);
  });

  it('slow-sender: drips, and arrives whole all the same', async () => {
    const [sent, told] = await Promise.all([file('slow-sender'), message('slow-sender', 20)]);
    expect(sent).toMatchObject({ state: 'delivered' });
    expect(sent.milliseconds).toBeGreaterThan(2_000);
    expect(told).toMatchObject({ state: 'delivered', reason: 'accepted, content fetched' });
    expect(told.milliseconds).toBeGreaterThan(2_000);
  }, 20_000);

  it('out-of-order: pairs swapped, put together again', async () => {
    const result = await file('out-of-order');
    expect(result).toMatchObject({ state: 'delivered', files: [{ state: 'reported' }] });
    expect(result.files[0]?.chunks).toBeGreaterThan(4);
    const [event] = world.of('desk', 'file');
    expect(event?.event === 'file' && (await readFile(event.path)).equals(CONTENT)).toBe(true);
  });
});

describe('messages by reference', () => {
  let world: SenderWorld;

  beforeEach(async () => {
    world = await SenderWorld.open();
    await world.add('desk');
  });

  afterEach(() => world.close());

  it.each([
    [500, false, 'accepted'],
    [1000, false, 'accepted, content fetched'],
    [500, true, 'accepted, content fetched'],
    [200_000, false, 'accepted, content fetched'],
  ])('%i bytes, by wish %s: %s (PSA-PAG-05, X-12)', async (bytes, byReference, reason) => {
    const body = Buffer.alloc(bytes, 'content ');
    const push = { application: 'mms.ua', contentType: 'text/plain', body, byReference };
    const { id } = world.sender.message({ to: BOB, ...push });
    expect(await world.sender.settled(id)).toMatchObject({ state: 'delivered', code: 200, reason });
    await expect.poll(() => world.of('desk', 'push')).toHaveLength(1);
    const [event] = world.of('desk', 'push');
    expect(event?.event === 'push' && (await readFile(event.path ?? '')).equals(body)).toBe(true);
  });

  it('services and flags reach Accept-Contact, and terminals that do not fit it get nothing', async () => {
    const push = {
      application: 'mms.ua',
      contentType: 'text/plain',
      body: Buffer.from('x'),
      icsi: ['urn:urn-7:3gpp-service.ims.icsi.push'],
      require: true,
    };
    const { id } = world.sender.message({ to: BOB, ...push, explicit: true });
    expect(await world.sender.settled(id)).toMatchObject({ state: 'rejected', code: 480 });
    await world.add('phone', { ims: { icsi: push.icsi } });
    const second = world.sender.message({ to: BOB, ...push, explicit: true });
    expect(await world.sender.settled(second.id)).toMatchObject({ state: 'delivered' });
    await expect.poll(() => world.of('phone', 'push')).toHaveLength(1);
    expect(world.of('desk', 'push')).toEqual([]);
  });
});

describe('what the sender knows of terminals', () => {
  let world: SenderWorld;

  beforeEach(async () => {
    world = await SenderWorld.open();
  });

  afterEach(() => world.close());

  it('third-party REGISTERs name users, the reg event their terminals (PSA-REG-01 to -03)', async () => {
    await world.add('desk');
    await world.add('phone', { applications: ['wml.ua'] });
    await expect.poll(() => world.sender.thirdPartyRegistrations).toBeGreaterThanOrEqual(2);
    const [desk, ...more] = await world.sender.terminalsOf(BOB, 'mms.ua');
    expect(desk).toMatchObject({ aor: BOB, gruu: world.gruuOf('desk') });
    expect(more).toEqual([]);
    expect(await world.sender.terminalsOf('sip:nobody@push.test', 'mms.ua')).toEqual([]);
  });
});
