import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MsrpRelay } from '../relay/relay.ts';
import type { FilesRequest } from './files-request.ts';
import { SenderWorld } from './test-sender-world.ts';

const CONTENT = Buffer.from(Array.from({ length: 50_000 }, (_unused, index) => index % 251));

describe('files through the sender’s relay (PSA-RLY-01, RFC 4976)', () => {
  let world: SenderWorld;
  let relay: MsrpRelay;

  beforeEach(async () => {
    world = await SenderWorld.open();
    const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
    relay = await MsrpRelay.open({ host: '127.0.0.1', port: 0, realm: 'push.test', users });
    await writeFile(join(world.folder, 'file.bin'), CONTENT);
  });

  afterEach(async () => {
    await world.close();
    await relay.close();
  });

  async function push(options: Partial<FilesRequest> = {}) {
    const { id } = world.sender.files({
      to: world.gruuOf('desk'),
      application: 'mms.ua',
      files: [
        { path: join(world.folder, 'file.bin') },
        { path: join(world.folder, 'file.bin'), name: 'two' },
      ],
      report: true,
      relay: relay.uri,
      ...options,
    });
    return world.sender.settled(id);
  }

  it.each(['the terminal straight', 'the terminal behind the same relay'])('to %s', async (where) => {
    await world.add('desk', where.includes('relay') ? { msrp: { relay: relay.uri } } : {});
    const result = await push();
    expect(result).toMatchObject({ state: 'delivered', reason: '2 of 2 files delivered, reports received' });
    // Chunks for a relay are small, though 64 KB were allowed.
    expect(result.files[0]?.chunksTotal).toBe(Math.ceil(CONTENT.length / 4096));
    for (const event of world.of('desk', 'file')) {
      expect(event.event === 'file' && (await readFile(event.path)).equals(CONTENT)).toBe(true);
    }
    expect(world.of('desk', 'file')).toHaveLength(2);
  });

  it('a relay that is none fails the push with a sentence', async () => {
    await world.add('desk');
    expect(await push({ relay: 'sip:nowhere' })).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('is no MSRP URI'),
    });
    await relay.close();
    expect(await push()).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('cannot be used'),
    });
  });

  it('one SEND at a time, in chunks as asked for (pipelining off)', async () => {
    await world.add('desk');
    const pushed = world.sender.files({
      to: world.gruuOf('desk'),
      application: 'mms.ua',
      files: [{ path: join(world.folder, 'file.bin') }],
      report: false,
      failureReport: 'partial',
      chunkBytes: 1000,
      window: 1,
    });
    const result = await world.sender.settled(pushed.id);
    expect(result).toMatchObject({ state: 'delivered', files: [{ state: 'sent', chunksTotal: 50 }] });
  });
});
