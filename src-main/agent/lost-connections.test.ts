import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IncomingFile } from '../content/incoming-file.ts';
import { seededRandom } from '../content/test-random.ts';
import { MsrpListener } from '../msrp/listener.ts';
import { MsrpReceiver, type MsrpReceiverEvent } from '../msrp/receiver.ts';
import { MsrpSender } from '../msrp/sender.ts';
import { type MsrpUri, newSessionUri } from '../msrp/uri.ts';

// MSRP_FULL_SIZE=1 sends the GiB in half a million chunks; without it the same in small.
const full = process.env['MSRP_FULL_SIZE'] === '1';
const MIB = 1024 * 1024;
const SIZE = full ? 1024 * MIB : 64 * MIB;
const CHUNK_BYTES = full ? 2048 : 1342;
const LOST = full ? 40 : 12;
/** Of a transfer that is lost; the later the connection goes, the longer each takes. */
const LOST_SIZE = SIZE / 16;
const TIMEOUT_MS = full ? 600_000 : 20_000;

const block = Buffer.alloc(MIB);
const random = seededRandom(2855);
for (let at = 0; at < MIB; at += 1) block[at] = random(256);

let folder: string;
let listener: MsrpListener;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lost-'));
  listener = await MsrpListener.open({ host: '127.0.0.1', port: 0 });
});

afterEach(async () => {
  await listener.close();
  await rm(folder, { recursive: true });
});

/** A receiver of one file as a terminal has it, and its end: where it is kept, or why it failed. */
async function receiveFile(name: string, size: number): Promise<{ uri: MsrpUri; end: Promise<string> }> {
  const file = await IncomingFile.create({ folder, name, size });
  const uri = newSessionUri('127.0.0.1', listener.port);
  const end = new Promise<string>((resolve) => {
    const receiver = new MsrpReceiver({
      localPath: uri,
      remotePath: [],
      acceptTypes: () => true,
      maxSize: size,
      open: () => ({
        write: (position, bytes) => file.write(position, bytes),
        finish: async () => {
          const finished = await file.finish({ size, sha1: sha1Of(size) });
          if (finished.kind === 'failed') return { kind: 'failed', code: 400, comment: finished.reason };
          resolve(finished.path);
          return { kind: 'ok' };
        },
        abandon: () => file.discard(),
      }),
      on: (event: MsrpReceiverEvent) => {
        if (event.kind === 'failed') resolve(event.reason);
      },
    });
    listener.register(uri.sessionId ?? '', receiver);
  });
  return { uri, end };
}

function* content(size: number): Generator<Buffer> {
  for (let sent = 0; sent < size; sent += MIB) yield block;
}

function sha1Of(size: number): string {
  const hash = createHash('sha1');
  for (const piece of content(size)) hash.update(piece);
  return hash.digest('hex');
}

async function senderTo(uri: MsrpUri): Promise<MsrpSender> {
  const sender = new MsrpSender({
    localPath: newSessionUri('127.0.0.1', 9),
    remotePath: [uri],
    chunkSize: CHUNK_BYTES,
    successReport: true,
  });
  await sender.connect();
  return sender;
}

const message = (size: number) => ({
  contentType: 'application/octet-stream',
  total: size,
  source: content(size),
});

describe(`${SIZE / MIB} MiB in chunks of ${CHUNK_BYTES} bytes`, () => {
  it(
    'arrive whole and verified, each chunk answered, in bounded memory',
    async () => {
      const { uri, end } = await receiveFile('whole', SIZE);
      const sender = await senderTo(uri);
      const before = process.memoryUsage.rss();
      let largest = before;
      const watch = setInterval(() => {
        largest = Math.max(largest, process.memoryUsage.rss());
      }, 20);
      const outcome = await sender.send(message(SIZE));
      clearInterval(watch);
      const chunks = Math.ceil(SIZE / CHUNK_BYTES);
      expect(outcome).toMatchObject({ kind: 'delivered', chunks, bytes: SIZE });
      expect(outcome.responses).toEqual(new Map([[200, chunks]]));
      expect(await end).toBe(join(folder, 'whole'));
      expect((await stat(join(folder, 'whole'))).size).toBe(SIZE);
      expect(largest - before).toBeLessThan(SIZE);
      sender.close();
    },
    TIMEOUT_MS,
  );

  it(
    `leave nothing behind when the connection is lost, at ${LOST} random points`,
    async () => {
      for (let round = 0; round < LOST; round += 1) {
        const { uri, end } = await receiveFile(`lost${round}`, LOST_SIZE);
        const sender = await senderTo(uri);
        const cutAt = random(LOST_SIZE);
        const sending = sender.send({
          ...message(LOST_SIZE),
          source: cutting(LOST_SIZE, cutAt, () => sender.connection?.destroy({ kind: 'local' })),
        });
        expect(await sending).toMatchObject({ kind: 'closed' });
        expect(await end).toMatch(/session ended before the message was whole/);
      }
      while ((await readdir(folder)).length > 0) await new Promise((resolve) => setImmediate(resolve));
      expect(listener.connectionCount).toBe(0);
      const { uri, end } = await receiveFile('after', MIB);
      const sender = await senderTo(uri);
      expect(await sender.send(message(MIB))).toMatchObject({ kind: 'delivered' });
      expect(await end).toBe(join(folder, 'after'));
      sender.close();
    },
    TIMEOUT_MS,
  );
});

/** Content that ends the connection once `cutAt` bytes of it are on their way. */
function* cutting(size: number, cutAt: number, cut: () => void): Generator<Buffer> {
  let given = 0;
  for (const piece of content(size)) {
    if (given + piece.length > cutAt) {
      yield piece.subarray(0, Math.max(1, cutAt - given));
      cut();
      yield piece.subarray(Math.max(1, cutAt - given));
    } else {
      yield piece;
    }
    given += piece.length;
  }
}
