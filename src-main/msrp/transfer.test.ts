import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { MessageSink } from './incoming.ts';
import { MsrpSender } from './sender.ts';
import { type Bench, openBench } from './test-peer.ts';
import { newSessionUri } from './uri.ts';

const MEBIBYTE = 1_048_576;
const SIZE = 64 * MEBIBYTE;
/** Far below what a machine of this century does: only a copy of the body or something quadratic fails it. */
const SLOWEST_SECONDS = 8;

let bench: Bench;
let sender: MsrpSender;

afterEach(async () => {
  sender.close();
  await bench.close();
});

const block = Buffer.alloc(MEBIBYTE);
for (let at = 0; at < MEBIBYTE; at += 1) block[at] = (at * 31 + (at >> 8) * 17) & 0xff;

function* blocks(): Iterable<Buffer> {
  for (let sent = 0; sent < SIZE; sent += MEBIBYTE) yield block;
}

describe('a file of 64 MiB', () => {
  it.each([
    { name: 'in chunks of 2 KiB', chunkSize: 2048 },
    { name: 'in one chunk', chunkSize: Number.POSITIVE_INFINITY },
  ])('$name arrives whole, fast, and is never held', async ({ chunkSize }) => {
    const hash = createHash('sha1');
    let next = 0;
    let largest = 0;
    const sink: MessageSink = {
      write: (position, bytes) => {
        expect(position === next).toBe(true);
        next += bytes.length;
        hash.update(bytes);
        largest = Math.max(largest, process.memoryUsage.rss());
      },
      finish: () => Promise.resolve({ kind: 'ok' }),
      abandon: () => Promise.resolve(),
    };
    bench = await openBench({ open: () => sink });
    sender = new MsrpSender({
      localPath: newSessionUri('127.0.0.1', 9998),
      remotePath: [bench.localUri],
      chunkSize,
      successReport: true,
    });
    await sender.connect();
    const before = process.memoryUsage.rss();
    const started = performance.now();
    const outcome = await sender.send({
      contentType: 'application/octet-stream',
      total: SIZE,
      source: blocks(),
    });
    const seconds = (performance.now() - started) / 1000;

    expect(outcome).toMatchObject({ kind: 'delivered', bytes: SIZE });
    const expected = createHash('sha1');
    for (const piece of blocks()) expected.update(piece);
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
    expect(seconds).toBeLessThan(SLOWEST_SECONDS);
    expect(largest - before).toBeLessThan(SIZE);
  });
});
