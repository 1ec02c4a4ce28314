import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { colonHex } from './digest-hex.ts';
import { explainDiskError } from './disk-error.ts';
import { claimRoom, type RoomClaim, releaseRoom } from './disk-room.ts';
import { markFromNetwork } from './mark-of-web.ts';
import { type PartManifest, readPart, removeManifest, removePart, writeManifest } from './part-manifest.ts';
import { PartWriter } from './part-writer.ts';
import { placeFile } from './place-file.ts';
import { sniffType } from './sniff.ts';
import { contradicts } from './type-conflict.ts';

export type IncomingFileOptions = {
  readonly folder: string;
  /** Safe final name (`safeFileName`). */
  readonly name: string;
  /** Size promised in bytes, or null. */
  readonly size: number | null;
  /** Where a file of wrong size, hash or type is put, as `<name>.quarantined-XXXX`; it is removed without. */
  readonly quarantine?: string;
  /** What the file is about, where its part is worth resuming; without it, a part that is left is removed. */
  readonly manifest?: PartManifest;
};

/** What the offer promised. `sha1` is hex, with colons or without; null where it promised nothing. */
export type PromisedFile = {
  readonly size: number | null;
  readonly sha1: string | null;
  /** Media type; a content that is certainly another is refused. */
  readonly type?: string | null;
};

export type FinishedFile =
  | { readonly kind: 'ok'; readonly path: string; readonly bytes: number; readonly sha1: string }
  | {
      readonly kind: 'failed';
      readonly cause: 'size' | 'hash' | 'type' | 'disk';
      readonly reason: string;
      /** Where a bad file is kept, with `quarantine` only. */
      readonly quarantined?: string;
    };

/** Begins with a dot, which no safe name does: a pushed file can never be taken for a part. */
const PART_PREFIX = '.incoming-';
const PART_NAME = /^\.incoming-[0-9a-f]{24}\.part$/;
/** The same with its manifest, or one that was being written. */
const PART_COMPANION = /^(\.incoming-[0-9a-f]{24}\.part)\.json(?:\.new)?$/;
/** How much of a file its type is told from. */
const SNIFFED_BYTES = 4096;
const OWNER_ONLY_FOLDER = 0o700;

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
  readonly #room: RoomClaim;
  /** Bytes of a part that is gone on with, and those that were to come. */
  readonly #bytesBefore: number;
  readonly #toCome: number;
  #over = false;

  private constructor(
    options: IncomingFileOptions,
    room: RoomClaim,
    part: string,
    handle: FileHandle,
    bytes = 0,
  ) {
    this.#options = options;
    this.#room = room;
    this.#bytesBefore = bytes;
    this.#toCome = room.left;
    this.#part = part;
    this.#handle = handle;
    this.#writer = new PartWriter(handle, { bytes, beforeGap: (inOrder) => this.#fellOutOfOrder(inOrder) });
  }

  /** Makes the part file. Rejects with a sentence when the folder is missing or the disk too full. */
  static async create(options: IncomingFileOptions): Promise<IncomingFile> {
    const room = await claimRoom(options.folder, options.size);
    const part = join(options.folder, `${PART_PREFIX}${randomBytes(12).toString('hex')}.part`);
    let handle: FileHandle | null = null;
    try {
      handle = await open(part, 'wx+', 0o600);
      if (options.manifest !== undefined) await writeManifest(part, options.manifest);
      return new IncomingFile(options, room, part, handle);
    } catch (error) {
      releaseRoom(room);
      await handle?.close().catch(() => {});
      if (handle !== null) await removePart(part).catch(() => {});
      throw new Error(`No file can be made in ${options.folder}: ${explainDiskError(error)}`);
    }
  }

  /**
   * Goes on with a part of which the first `bytes` are there; whatever lies behind them is dropped. The whole file is
   * hashed at the end. Rejects with a sentence when the part is gone, shorter, or the disk too full.
   */
  static async resume(
    options: IncomingFileOptions & { readonly manifest: PartManifest },
    part: string,
    bytes: number,
  ): Promise<IncomingFile> {
    const found = await readPart(part);
    if (found === null || found.bytes < bytes) throw new Error('The part to go on with is no longer there.');
    const room = await claimRoom(options.folder, options.manifest.size - bytes);
    let handle: FileHandle | null = null;
    try {
      handle = await open(part, 'r+');
      await handle.truncate(bytes);
      await writeManifest(part, { ...options.manifest, inOrder: null });
      return new IncomingFile(options, room, part, handle, bytes);
    } catch (error) {
      releaseRoom(room);
      await handle?.close().catch(() => {});
      throw new Error(`The part cannot be gone on with: ${explainDiskError(error)}`);
    }
  }

  /** Where its bytes are until it is whole. */
  get part(): string {
    return this.#part;
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
    const written = this.#writer.write(position, bytes);
    this.#room.left = Math.max(0, this.#toCome - (this.#writer.end - this.#bytesBefore));
    return written?.then(() => this.#check());
  }

  /** Checks size, hash and type and gives the file its name. Never rejects. */
  async finish(expected: PromisedFile): Promise<FinishedFile> {
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
      const otherType = await this.#otherTypeThan(expected.type ?? null);
      if (otherType !== null) {
        const reason = `The content is ${otherType}, but ${expected.type} was promised.`;
        return await this.#refuse('type', reason);
      }
      await markFromNetwork(this.#part);
      await this.#handle.sync();
      await this.#handle.close();
      await removeManifest(this.#part);
      const path = await placeFile(this.#part, this.#options.folder, this.#options.name);
      releaseRoom(this.#room);
      return { kind: 'ok', path, bytes: this.#writer.end, sha1 };
    } catch (error) {
      return this.#refuse('disk', `The file could not be kept: ${explainDiskError(error)}`);
    }
  }

  /** Throws the part away. */
  async discard(): Promise<void> {
    this.#over = true;
    await this.#writer.discard();
    releaseRoom(this.#room);
    await this.#handle.close().catch(() => {});
    await rm(this.#part, { force: true });
    await removeManifest(this.#part);
  }

  /**
   * Leaves the part where it is, to be gone on with later; removes it when there is nothing to go on with. Resolves
   * with the bytes of the file's beginning that are kept, 0 when none are.
   */
  async leave(): Promise<number> {
    this.#over = true;
    await this.#writer.flush();
    const { failure, contiguous } = this.#writer;
    if (this.#options.manifest === undefined || failure !== null || contiguous === 0) {
      await this.discard();
      return 0;
    }
    await this.#handle.sync().catch(() => {});
    await this.#handle.close().catch(() => {});
    this.#writer.forget();
    releaseRoom(this.#room);
    return contiguous;
  }

  /** From now on the length of the part says nothing: the manifest has to tell how far it can be relied on. */
  async #fellOutOfOrder(inOrder: number): Promise<void> {
    const { manifest } = this.#options;
    if (manifest !== undefined) await writeManifest(this.#part, { ...manifest, inOrder });
  }

  #check(): void {
    if (this.#writer.failure !== null) throw new Error(explainDiskError(this.#writer.failure));
  }

  /** What the content certainly is, where that is not the type it was promised as. */
  async #otherTypeThan(promised: string | null): Promise<string | null> {
    const declared = (promised?.split(';')[0] ?? '').trim().toLowerCase();
    if (declared === '') return null;
    const head = Buffer.alloc(Math.min(SNIFFED_BYTES, this.#writer.end));
    const { bytesRead } = await this.#handle.read(head, 0, head.length, 0);
    const bytes = head.subarray(0, bytesRead);
    const sniffed = sniffType(bytes);
    return contradicts(declared, sniffed, bytes) ? (sniffed ?? 'binary') : null;
  }

  async #refuse(cause: 'size' | 'hash' | 'type' | 'disk', reason: string): Promise<FinishedFile> {
    const { quarantine } = this.#options;
    const quarantined =
      cause === 'disk' || quarantine === undefined ? null : await this.#quarantine(quarantine);
    // The reason the user gets is the first one; that the part cannot be removed either adds nothing.
    await this.discard().catch(() => {});
    return { kind: 'failed', cause, reason, ...(quarantined === null ? {} : { quarantined }) };
  }

  /** Null when it cannot be kept: the file is bad already, and the reason for that is what matters. */
  async #quarantine(folder: string): Promise<string | null> {
    const name = `${this.#options.name}.quarantined-${randomBytes(2).toString('hex')}`;
    try {
      await markFromNetwork(this.#part);
      await this.#handle.close();
      await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
      return await placeFile(this.#part, folder, name);
    } catch {
      return null;
    }
  }
}

/**
 * Removes the parts that a crash left in a folder and that cannot be gone on with, unless they changed less than
 * `quietMs` ago and so may be another process's. A folder that cannot be read has none.
 */
export async function sweepParts(folder: string, quietMs: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const part = PART_NAME.test(name) ? name : PART_COMPANION.exec(name)?.[1];
    if (part === undefined || (await readPart(join(folder, part))) !== null) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs >= quietMs) await rm(path, { force: true }).catch(() => {});
  }
}
