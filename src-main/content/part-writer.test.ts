import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BLOCK_BYTES, blocks, MAX_BLOCKS } from './blocks.ts';
import { MAX_BYTES_UNDER_WAY, MAX_PIECES_UNDER_WAY, PartWriter } from './part-writer.ts';
import { seededRandom } from './test-random.ts';

let folder: string;
let handle: FileHandle;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'part-'));
  handle = await open(join(folder, 'part'), 'wx+');
});

afterEach(async () => {
  vi.restoreAllMocks();
  await handle.close();
  await rm(folder, { recursive: true });
});

const kept = () => readFile(join(folder, 'part'));
const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex');

/** Blocks that somebody holds. */
function heldBlocks(): number {
  const taken = [];
  while (!blocks.scarce) taken.push(blocks.take());
  for (const block of taken) blocks.give(block);
  return MAX_BLOCKS - taken.length;
}

/** Bytes that differ from place to place. */
function sample(length: number): Buffer {
  const random = seededRandom(length);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = random(256);
  return bytes;
}

/** Writes `content` in slices of these sizes, over and over, waiting when it is asked to. */
async function fill(writer: PartWriter, content: Buffer, sizes: readonly number[]): Promise<void> {
  for (let at = 0, turn = 0; at < content.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    await writer.write(at, content.subarray(at, at + size));
    at += size;
  }
}

describe('PartWriter', () => {
  it.each([
    ['nothing', 0, [1]],
    ['a few bytes', 100, [7]],
    ['a block but one', BLOCK_BYTES - 1, [2048]],
    ['one block', BLOCK_BYTES, [65_536]],
    ['a block and one', BLOCK_BYTES + 1, [2048]],
    ['many blocks', 20 * BLOCK_BYTES + 12_345, [65_536, 1000, 300_000]],
    ['many blocks at once', 20 * BLOCK_BYTES, [20 * BLOCK_BYTES]],
  ])('keeps and hashes %s', async (_name, length, sizes) => {
    const content = sample(length);
    const writer = new PartWriter(handle);
    await fill(writer, content, sizes);
    await writer.flush();
    expect(writer.end).toBe(length);
    expect(await writer.digest()).toBe(sha1(content));
    expect((await kept()).equals(content)).toBe(true);
  });

  it.each([
    ['backwards', (count: number) => Array.from({ length: count }, (_, index) => count - 1 - index)],
    ['odd ones first', (count: number) => [1, 3, 5, 7, 9, 0, 2, 4, 6, 8].filter((index) => index < count)],
    ['all twice', (count: number) => [...Array(count).keys(), ...Array(count).keys()]],
  ])('reads back what came %s', async (_name, orderOf) => {
    const size = 100_000;
    const content = sample(10 * size);
    const writer = new PartWriter(handle);
    for (const index of orderOf(10)) {
      await writer.write(index * size, content.subarray(index * size, (index + 1) * size));
    }
    expect(await writer.digest()).toBe(sha1(content));
    expect((await kept()).equals(content)).toBe(true);
  });

  it('keeps the last of bytes that came for the same place', async () => {
    const writer = new PartWriter(handle);
    for (const text of ['first', 'third', 'other']) await writer.write(0, Buffer.from(text));
    expect(await writer.digest()).toBe(sha1(Buffer.from('other')));
  });

  it('goes on after a flush', async () => {
    const content = sample(3 * BLOCK_BYTES);
    const writer = new PartWriter(handle);
    await writer.write(0, content.subarray(0, 1000));
    await writer.flush();
    await writer.write(1000, content.subarray(1000));
    expect(await writer.digest()).toBe(sha1(content));
  });

  it('goes on behind a write that was cut short', async () => {
    const content = sample(3 * BLOCK_BYTES + 99);
    const prototype: FileHandle = Object.getPrototypeOf(handle);
    const whole = prototype.writev;
    vi.spyOn(prototype, 'writev').mockImplementation(function (this: FileHandle, buffers, position) {
      const [first] = buffers as readonly Buffer[];
      return Reflect.apply(whole, this, [[first?.subarray(0, 70_000)], position]);
    });
    const writer = new PartWriter(handle);
    await fill(writer, content, [65_536]);
    expect(await writer.digest()).toBe(sha1(content));
    expect((await kept()).equals(content)).toBe(true);
  });

  it('asks for patience with as many blocks under way as it may have, fewer when all files have many', async () => {
    const block = Buffer.alloc(BLOCK_BYTES);
    const writer = new PartWriter(handle);
    let taken = 0;
    while (writer.write(taken * BLOCK_BYTES, block) === undefined) taken += 1;
    expect(taken).toBe(MAX_BYTES_UNDER_WAY / BLOCK_BYTES);
    await writer.flush();

    const others = Array.from({ length: MAX_BLOCKS }, () => blocks.take());
    const alone = new PartWriter(handle);
    expect(alone.write(0, block)).toBeUndefined();
    await expect(alone.write(BLOCK_BYTES, block)).resolves.toBeUndefined();
    for (const other of others) blocks.give(other);
    expect(await alone.digest()).toBe(sha1(Buffer.alloc(2 * BLOCK_BYTES)));
  });

  it('holds no block for each of a few bytes that jump to and fro', async () => {
    const take = vi.spyOn(blocks, 'take');
    const writer = new PartWriter(handle);
    const waits: unknown[] = [];
    // As many chunks of one byte as a segment of a hostile sender holds.
    for (let round = 0; round < 360; round += 1) {
      waits.push(writer.write((round % 2) * 2, Buffer.from(String(round % 10))));
    }
    await Promise.all(waits);
    expect(take.mock.calls.length).toBeLessThan(5);
    expect(await writer.digest()).toBe(sha1(Buffer.from('8\0' + '9')));
    expect((await kept()).toString()).toBe('8\0' + '9');
    expect(blocks.scarce).toBe(false);
  });

  it('asks for patience with many small pieces, and lets go of all of them at once when they are not wanted', async () => {
    const writer = new PartWriter(handle);
    let pieces = 0;
    while (writer.write((pieces % 2) * 2, Buffer.from('x')) === undefined) pieces += 1;
    expect(pieces).toBeLessThanOrEqual(MAX_PIECES_UNDER_WAY + 2);
    const writev = vi.spyOn(Object.getPrototypeOf(handle), 'writev');
    await writer.discard();
    expect(writev.mock.calls.length).toBeLessThan(3);
    expect(heldBlocks()).toBe(0);
  });

  it('keeps large slices of blocks where they are until they are written and hashed, and copies small ones', async () => {
    const random = seededRandom(7);
    const content = sample(12 * BLOCK_BYTES);
    const writer = new PartWriter(handle);
    let at = 0;
    while (at < content.length) {
      // As a connection does: it reads into a block, hands out slices, and lets go of it.
      const block = blocks.take();
      const filled = content.copy(block.bytes, 0, at, at + BLOCK_BYTES);
      for (let from = 0; from < filled; ) {
        const to = Math.min(filled, from + 1 + random(random(2) === 0 ? 3_000 : 120_000));
        await writer.write(at, block.bytes.subarray(from, to));
        at += to - from;
        from = to;
      }
      blocks.give(block);
    }
    await writer.flush();
    expect(await writer.digest()).toBe(sha1(content));
    expect((await kept()).equals(content)).toBe(true);
    expect(heldBlocks()).toBe(0);
  });

  it('lets nobody have a block again before it is through with it', async () => {
    const prototype: FileHandle = Object.getPrototypeOf(handle);
    const whole = prototype.writev;
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    vi.spyOn(prototype, 'writev').mockImplementation(async function (this: FileHandle, ...all) {
      await gate;
      return Reflect.apply(whole, this, all);
    });
    const block = blocks.take();
    block.bytes.fill('a');
    const writer = new PartWriter(handle);
    void writer.write(0, block.bytes);
    blocks.give(block);
    const other = blocks.take();
    expect(other.bytes.buffer).not.toBe(block.bytes.buffer);
    blocks.give(other);
    go();
    await writer.flush();
    expect(await writer.digest()).toBe(sha1(Buffer.alloc(BLOCK_BYTES, 'a')));
    expect(heldBlocks()).toBe(0);
  });

  it('says what went wrong, and gives its blocks back all the same', async () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    vi.spyOn(Object.getPrototypeOf(handle), 'writev').mockRejectedValue(full);
    const writer = new PartWriter(handle);
    await fill(writer, sample(20 * BLOCK_BYTES), [65_536]);
    await writer.flush();
    expect(writer.failure).toBe(full);
    expect(blocks.scarce).toBe(false);
  });

  it('does not keep from the disk what nothing follows', async () => {
    const writer = new PartWriter(handle);
    await writer.write(0, Buffer.from('a little'));
    while ((await kept()).length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect((await kept()).toString()).toBe('a little');
    await writer.write(8, Buffer.from(' more'));
    expect(await writer.digest()).toBe(sha1(Buffer.from('a little more')));
  });

  it('drops what it has when it is discarded', async () => {
    const writer = new PartWriter(handle);
    void writer.write(0, sample(20 * BLOCK_BYTES));
    await writer.discard();
    expect((await kept()).length).toBeLessThan(20 * BLOCK_BYTES);
    expect(blocks.scarce).toBe(false);
  });
});
