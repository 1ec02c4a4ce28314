import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SEGMENT_BYTES, Segment } from './segment.ts';

/** What a file begins with: which format, then CRC-32 of what follows (u32, big endian). */
const MAGIC = Buffer.from('PTTRACE1');
const HEAD_BYTES = MAGIC.length + 4;
/** Small files of short runs are not to pile up. */
const MAX_FILES = 512;
const NAME = /^(\d{10})\.trace$/;

/** What was found in the folder. */
export type FoundSegments = {
  /** In their order; ids count from 1. */
  readonly segments: readonly { readonly number: number; readonly segment: Segment }[];
  /** Files that were damaged and are left out. */
  readonly damaged: number;
};

/** The segments of a trace as files of a folder, each under its name only when whole. */
export class SegmentFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads the newest files up to so many bytes of memory, and removes the others. Never rejects for a damaged file. */
  async load(maxBytes: number): Promise<FoundSegments> {
    const numbers = await this.#numbers();
    const found: { number: number; contents: Buffer }[] = [];
    let bytes = 0;
    let damaged = 0;
    for (const number of numbers.toReversed()) {
      if (bytes >= maxBytes || found.length >= MAX_FILES) {
        await this.remove(number);
        continue;
      }
      const contents = await readWhole(this.#path(number));
      if (contents === null) {
        damaged += 1;
        await this.remove(number);
        continue;
      }
      bytes += contents.length;
      found.push({ number, contents });
    }
    const segments: { number: number; segment: Segment }[] = [];
    let nextId = 1;
    for (const { number, contents } of found.reverse()) {
      try {
        const segment = Segment.read(nextId, contents);
        nextId += segment.count;
        segments.push({ number, segment });
      } catch {
        damaged += 1;
        await this.remove(number);
      }
    }
    return { segments, damaged };
  }

  /** Writes a segment: the file is there whole, or not at all. */
  async save(number: number, segment: Segment): Promise<void> {
    // It may grow while the disk works.
    const contents = Buffer.from(segment.contents);
    const head = Buffer.alloc(HEAD_BYTES);
    MAGIC.copy(head);
    head.writeUInt32BE(crc32(contents), MAGIC.length);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = this.#path(number);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writev([head, contents]);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }

  async remove(number: number): Promise<void> {
    await rm(this.#path(number), { force: true });
  }

  /** Removes all of them. */
  async clear(): Promise<void> {
    for (const number of await this.#numbers()) await this.remove(number);
  }

  async #numbers(): Promise<readonly number[]> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names)
      if (name.endsWith('.trace.new')) await rm(join(this.#folder, name), { force: true });
    return names
      .flatMap((name) => (NAME.test(name) ? [Number(name.slice(0, 10))] : []))
      .sort((one, other) => one - other);
  }

  #path(number: number): string {
    return join(this.#folder, `${String(number).padStart(10, '0')}.trace`);
  }
}

/** The contents of a file that is whole; null when it is not. */
async function readWhole(path: string): Promise<Buffer | null> {
  try {
    if ((await stat(path)).size > HEAD_BYTES + SEGMENT_BYTES) return null;
    const bytes = await readFile(path);
    const contents = bytes.subarray(HEAD_BYTES);
    const isOurs = bytes.length >= HEAD_BYTES && bytes.subarray(0, MAGIC.length).equals(MAGIC);
    return isOurs && bytes.readUInt32BE(MAGIC.length) === crc32(contents) ? contents : null;
  } catch {
    return null;
  }
}
