import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { colonHex } from './digest-hex.ts';
import { explainDiskError } from './disk-error.ts';
import { PartWriter } from './part-writer.ts';
import { placeFile } from './place-file.ts';

export type IncomingFileOptions = {
  readonly folder: string;
  /** Safe final name (`safeFileName`). */
  readonly name: string;
  /** Size promised in bytes, or null. */
  readonly size: number | null;
  /** Whether a file of wrong size or hash stays as `<name>.quarantined-XXXX`; it is removed otherwise. */
  readonly keepBad?: boolean;
};

export type FinishedFile =
  | { readonly kind: 'ok'; readonly path: string; readonly bytes: number; readonly sha1: string }
  | {
      readonly kind: 'failed';
      readonly cause: 'size' | 'hash' | 'disk';
      readonly reason: string;
      /** Where a bad file is kept, with `keepBad` only. */
      readonly quarantined?: string;
    };

/** Room that must stay free on the disk beside the file. */
const KEPT_FREE_BYTES = 16 * 1024 * 1024;
/** Begins with a dot, which no safe name does: a pushed file can never be taken for a part. */
const PART_PREFIX = '.incoming-';
const PART_NAME = /^\.incoming-[0-9a-f]{24}\.part$/;

/**
 * A file on its way in: bytes go to a random `.part` file, and only when size and SHA-1 hold does it get its name,
 * which never overwrites another (RFC 5547 §8.3.1, §10). Bytes in order are hashed as they come; after a jump the
 * whole file is read again at the end.
 */
export class IncomingFile {
  #options: IncomingFileOptions;
  readonly #part: string;
  readonly #handle: FileHandle;
  readonly #writer: PartWriter;
  #over = false;

  private constructor(options: IncomingFileOptions, part: string, handle: FileHandle) {
    this.#options = options;
    this.#part = part;
    this.#handle = handle;
    this.#writer = new PartWriter(handle);
  }

  /** Makes the part file. Rejects with a sentence when the folder is missing or the disk too full. */
  static async create(options: IncomingFileOptions): Promise<IncomingFile> {
    await checkSpace(options.folder, options.size);
    const part = join(options.folder, `${PART_PREFIX}${randomBytes(12).toString('hex')}.part`);
    try {
      return new IncomingFile(options, part, await open(part, 'wx+', 0o600));
    } catch (error) {
      throw new Error(`No file can be made in ${options.folder}: ${explainDiskError(error)}`);
    }
  }

  /** It gets this name in the end, a safe one (`safeFileName`). */
  rename(name: string): void {
    this.#options = { ...this.#options, name };
  }

  /** Writes bytes at a position from 0. A promise means: wait for it before sending more. @throws when an earlier write failed. */
  write(position: number, bytes: Buffer): void | Promise<void> {
    this.#check();
    if (position < 0) throw new RangeError('a file has no bytes before its first');
    if (this.#over) throw new Error('the file is no longer wanted');
    return this.#writer.write(position, bytes)?.then(() => this.#check());
  }

  /** Checks size and hash and gives the file its name. `sha1` is hex, with colons or without, or null. Never rejects. */
  async finish(expected: {
    readonly size: number | null;
    readonly sha1: string | null;
  }): Promise<FinishedFile> {
    this.#over = true;
    try {
      await this.#writer.flush();
      this.#check();
      if (expected.size !== null && expected.size !== this.#writer.end) {
        const reason = `The file has ${this.#writer.end} bytes, but ${expected.size} were promised.`;
        return await this.#refuse('size', reason);
      }
      const sha1 = colonHex(await this.#writer.digest());
      if (expected.sha1 !== null && colonHex(expected.sha1) !== sha1) {
        const reason = `The SHA-1 of what arrived is ${sha1}, but ${expected.sha1} was promised.`;
        return await this.#refuse('hash', reason);
      }
      await this.#handle.sync();
      await this.#handle.close();
      const path = await placeFile(this.#part, this.#options.folder, this.#options.name);
      return { kind: 'ok', path, bytes: this.#writer.end, sha1 };
    } catch (error) {
      return this.#refuse('disk', `The file could not be kept: ${explainDiskError(error)}`);
    }
  }

  /** Throws the part away. */
  async discard(): Promise<void> {
    this.#over = true;
    await this.#writer.discard();
    await this.#handle.close().catch(() => {});
    await rm(this.#part, { force: true });
  }

  #check(): void {
    if (this.#writer.failure !== null) throw new Error(explainDiskError(this.#writer.failure));
  }

  async #refuse(cause: 'size' | 'hash' | 'disk', reason: string): Promise<FinishedFile> {
    const quarantined = cause !== 'disk' && this.#options.keepBad === true ? await this.#quarantine() : null;
    // The reason the user gets is the first one; that the part cannot be removed either adds nothing.
    await this.discard().catch(() => {});
    return { kind: 'failed', cause, reason, ...(quarantined === null ? {} : { quarantined }) };
  }

  /** Null when it cannot be kept: the file is bad already, and the reason for that is what matters. */
  async #quarantine(): Promise<string | null> {
    const name = `${this.#options.name}.quarantined-${randomBytes(2).toString('hex')}`;
    await this.#handle.close();
    return placeFile(this.#part, this.#options.folder, name).catch(() => null);
  }
}

/**
 * Removes the parts that a crash left in a folder, unless they changed less than `quietMs` ago and so may be another
 * process's. A folder that cannot be read has none.
 */
export async function sweepParts(folder: string, quietMs: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => PART_NAME.test(one))) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs >= quietMs) await rm(path, { force: true }).catch(() => {});
  }
}

/**
 * Whether the disk of a folder has room for a file of this size, null where it is not known, and some more. Rejects with a
 * sentence when it has not, or the folder is missing.
 */
export async function checkSpace(folder: string, size: number | null): Promise<void> {
  try {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize >= (size ?? 0) + KEPT_FREE_BYTES) return;
  } catch (error) {
    throw new Error(`The folder ${folder} cannot be used: ${explainDiskError(error)}`);
  }
  throw new Error(`There is not enough room on the disk of ${folder}.`);
}
