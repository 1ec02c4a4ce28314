import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type Database from 'libsql';
import { ContentFiles } from './content-files.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { type Damage, noteDamage, openOrRebuild } from './open-or-rebuild.ts';
import {
  type ApplicationCount,
  type HistoryCounts,
  type ListQuery,
  type OldPush,
  type PushFacts,
  type PushList,
  PushReader,
  type TerminalCount,
} from './push-reader.ts';
import { MAX_SMALL_CONTENT_BYTES, newPush } from './push-row.ts';
import { type PushUpdate, PushWriter, type RemovedContents, ROW_STATEMENTS, rowsOf } from './push-writer.ts';
import type { DeliveryEntry, PushRecord, ReferenceRecord } from './records.ts';
import { ThreadRowWriter } from './row-writer.ts';
import { INDEX_STATEMENTS, SearchIndex } from './search-index.ts';
import { syncFolder } from './sync-folder.ts';
import { Vault } from './vault.ts';
import { type Write, type WriteOptions, WriteQueue } from './write-queue.ts';
import { openWriter, type WriterConnection } from './writer-connection.ts';

export { HistoryBusyError } from './write-queue.ts';
export type {
  ApplicationCount,
  HistoryCounts,
  ListQuery,
  OldPush,
  PushFacts,
  PushList,
  PushUpdate,
  TerminalCount,
};

type Parts = {
  /** The data folder. */
  readonly folder: string;
  /** Reads. Another connection writes, so that a reader never sees what is not yet committed. */
  readonly database: Database.Database;
  readonly connection: WriterConnection;
  /** Writes new pushes beside the event loop. */
  readonly rows: ThreadRowWriter;
  readonly vault: Vault;
  readonly lock: FolderLock;
  readonly reader: PushReader;
  readonly writer: PushWriter;
  readonly queue: WriteQueue;
  readonly index: SearchIndex;
  /** Null where nobody reads small content by path. */
  readonly files: ContentFiles | null;
};

export type HistoryOptions = {
  /** False where nobody reads content by path: then small content gets no file. */
  readonly contentFiles?: boolean;
};

/** A file that was received and verified: whose it is, when it came, and where it went. */
export type KnownFile = {
  readonly terminal: string;
  readonly at: string;
  readonly path: string;
  readonly bytes: number;
};

/** Pushes looked at for a copy of a file that is here already. */
const MAX_KNOWN_FILES = 20;

/** Old refused pushes removed in one transaction. */
const MAX_REMOVED_AT_ONCE = 500;

/** What was fetched: its hash and its length. */
export type FetchedFacts = { readonly sha256: string; readonly bytes: number };

/** A push as far as its content is concerned. */
export type ContentOwner = Pick<PushRecord, 'id' | 'body'>;

/**
 * What came and what was answered: rows in SQLite with content that is small, and a vault for what is not. Writes are committed in groups, and
 * each promise resolves once its write survives a power cut. Lists and counts see every resolved write.
 */
export class History {
  /** Set when the database was damaged on opening. */
  readonly damage: Damage | null;
  readonly #parts: Parts;
  /** The last write taken of each push but its first, until it settles. The writes of a kept push settle in order. */
  readonly #writing = new Map<string, Promise<void>>();
  /** Pushes not yet kept that rely on a file of the vault, counted by its hash. */
  readonly #arriving = new Map<string, number>();

  constructor(parts: Parts, damage: Damage | null) {
    this.#parts = parts;
    this.damage = damage;
  }

  /** Transactions committed since it was opened. */
  get commits(): number {
    return this.#parts.queue.commits;
  }

  /** Rows met so far that could not be read and were skipped. */
  get unreadable(): number {
    return this.#parts.reader.unreadable;
  }

  /** Pushes at most that a search does not find yet, as after a flood. */
  get unsearchable(): number {
    return this.#parts.reader.unindexed();
  }

  /**
   * Keeps a new push with its content. `content` must be the bytes that `record.body` names by SHA-256.
   * Rejects with HistoryBusyError when too much waits to be written, or with the error of the disk or the database.
   */
  add(record: PushRecord, content?: Buffer): Promise<void> {
    const { body } = record;
    this.#parts.index.changed();
    if (body.kind === 'content') {
      if (content === undefined) return Promise.reject(new Error('A push with content needs its bytes.'));
      if (content.length > MAX_SMALL_CONTENT_BYTES) return this.#addToVault(record, content, body.sha256);
    }
    const bytes = record.headers.length + (content?.length ?? 0);
    return this.#parts.queue.write(rowsOf(newPush(record, content)), { bytes });
  }

  async #addToVault(record: PushRecord, content: Buffer, sha256: string): Promise<void> {
    const { vault, writer } = this.#parts;
    const row = newPush(record, content);
    const bytes = row.record.length + content.length;
    this.#arrives(sha256);
    try {
      await this.#write([record.id], () => writer.insert(row), {
        bytes,
        first: () => vault.put(sha256, content),
      });
    } finally {
      this.#arrived(sha256);
    }
  }

  /** Changes a push. Without effect on one that was removed. */
  update(id: string, change: PushUpdate): Promise<void> {
    return this.#write([id], () => this.#parts.writer.update(id, change));
  }

  /** Keeps a file as the content a push refers to, and changes the push with it. Rejects when it cannot be kept. */
  async adopt(id: string, file: string, { sha256, bytes }: FetchedFacts, change: PushUpdate): Promise<void> {
    const { vault, writer } = this.#parts;
    this.#arrives(sha256);
    try {
      const first = () => vault.adopt(sha256, file);
      await this.#write([id], () => writer.adopt(id, sha256, bytes, change), { bytes: 0, first });
    } finally {
      this.#arrived(sha256);
      // Its push may have been removed meanwhile, or could not be written.
      if (!this.#arriving.has(sha256) && !this.#parts.reader.isVaulted(sha256))
        this.#parts.vault.remove(sha256);
    }
  }

  /** Keeps content of the vault as what another push refers to, too. Rejects when it is no longer there. */
  async adoptKnown(id: string, { sha256, bytes }: FetchedFacts, change: PushUpdate): Promise<void> {
    const { reader, writer } = this.#parts;
    if (!reader.isVaulted(sha256)) throw new Error('The content was removed.');
    await this.#write([id], () => writer.adopt(id, sha256, bytes, change));
  }

  /** Adds lines to the delivery timeline of a push. */
  appendDelivery(id: string, entries: readonly DeliveryEntry[]): Promise<void> {
    return this.#write([id], () => this.#parts.writer.appendDelivery(id, entries));
  }

  /** One push, or null, with every write of it that was taken before this call. */
  async get(id: string): Promise<PushRecord | null> {
    const { reader, queue } = this.#parts;
    // A write that fails is told to whoever asked for it.
    await this.#writing.get(id)?.catch(() => {});
    const found = reader.get(id);
    if (found !== null || queue.isIdle) return found;
    // It may be one of the new ones under way, of which nothing is noted because they are many.
    await queue.write(() => {}).catch(() => {});
    return reader.get(id);
  }

  /** Pushes, newest first, a page at a time. */
  async list(query: ListQuery): Promise<PushList> {
    const { reader, index, folder } = this.#parts;
    if (query.search) await index.caughtUp();
    try {
      return reader.list(query);
    } catch (error) {
      throw noteDamage(folder, error);
    }
  }

  /** Ids of the pushes that a query finds, newest first; as many as its limit. */
  async ids(query: ListQuery): Promise<readonly string[]> {
    const { reader, index } = this.#parts;
    if (query.search) await index.caughtUp();
    return reader.ids(query);
  }

  /** What is to be known of pushes that are to be removed; those that are not there are left out. */
  facts(ids: readonly string[]): readonly PushFacts[] {
    return this.#parts.reader.facts(ids);
  }

  /** How much is kept of each terminal that has any. */
  terminalCounts(): readonly TerminalCount[] {
    return this.#parts.reader.terminalCounts();
  }

  counts(): Promise<HistoryCounts> {
    return Promise.resolve(this.#parts.reader.counts());
  }

  /** Messages of a terminal that wait for the user. */
  waitingMessages(terminal: string): number {
    return this.#parts.reader.waitingMessages(terminal);
  }

  /** Bytes of content fetched for a terminal that are kept. */
  fetchedBytes(terminal: string): number {
    return this.#parts.reader.fetchedBytes(terminal);
  }

  /** How many pushes of a terminal are for which application. */
  applicationCounts(terminal: string): Promise<readonly ApplicationCount[]> {
    return Promise.resolve(this.#parts.reader.applicationCounts(terminal));
  }

  /** Content of a push, or null when it has none, it is not there, or it is longer than `maxBytes`. */
  async content({ id, body }: ContentOwner, maxBytes: number): Promise<Buffer | null> {
    if (body.kind !== 'content') return null;
    const { reader, vault } = this.#parts;
    return reader.smallContent(id, maxBytes) ?? vault.get(body.sha256, maxBytes);
  }

  /** Content that a push refers to and that was fetched, or null; the same bound. */
  async fetched({ sha256 }: Pick<ReferenceRecord, 'sha256'>, maxBytes: number): Promise<Buffer | null> {
    return sha256 === null ? null : this.#parts.vault.get(sha256, maxBytes);
  }

  /** Where fetched content lies, or null. */
  fetchedPath({ sha256 }: Pick<ReferenceRecord, 'sha256'>): string | null {
    return sha256 === null ? null : this.#parts.vault.pathOf(sha256);
  }

  /** Path of a file with the content of a kept push; null when it has none, or small content gets no files here. */
  contentPath({ id, body }: ContentOwner, content: Buffer): Promise<string> | null {
    if (body.kind !== 'content') return null;
    const { vault, files } = this.#parts;
    if (content.length > MAX_SMALL_CONTENT_BYTES) return Promise.resolve(vault.pathOf(body.sha256));
    return files?.write(id, content) ?? null;
  }

  /** Verified files with this SHA-1 (upper-case hex with colons), the newest first. Whether they are still there is not looked at. */
  verifiedFiles(sha1: string): readonly KnownFile[] {
    const { reader } = this.#parts;
    return reader.withVerified(sha1, MAX_KNOWN_FILES).flatMap((id): readonly KnownFile[] => {
      const record = reader.get(id);
      if (record === null || record.body.kind !== 'files') return [];
      const { at, terminal, body } = record;
      return body.files.flatMap((file) =>
        file.state === 'verified' && file.sha1 === sha1 && file.path !== null
          ? [{ terminal, at, path: file.path, bytes: file.received }]
          : [],
      );
    });
  }

  /** Marks pushes read or unread, pinned or not. */
  mark(ids: readonly string[], change: Pick<PushUpdate, 'read' | 'pinned'>): Promise<void> {
    return this.#write(ids, () => this.#parts.writer.mark(ids, change));
  }

  /** The oldest pushes that limits may remove, beginning with the oldest. */
  oldest(limit: number): readonly OldPush[] {
    return this.#parts.reader.oldest(limit);
  }

  /** Removes pushes, and content that no other push has. A crash just then may leave a file of the vault. */
  async remove(ids: readonly string[]): Promise<void> {
    const { reader, writer, vault, files } = this.#parts;
    // Known only inside the transaction: content may be adopted until then. It may run twice, the first time undone.
    let removed: RemovedContents = { vaulted: [], beside: [] };
    await this.#write(ids, () => {
      removed = writer.remove(ids);
    });
    for (const sha256 of new Set(removed.vaulted))
      if (!this.#arriving.has(sha256) && !reader.isVaulted(sha256)) vault.remove(sha256);
    for (const id of removed.beside) await files?.remove(id);
  }

  /** Removes refused pushes of all terminals but this many, the newest; a few hundred at a time. */
  async removeOldRefused(keep: number): Promise<void> {
    const ids = this.#parts.reader.refusedBeyond(keep, MAX_REMOVED_AT_ONCE);
    if (ids.length > 0) await this.remove(ids);
  }

  /** Sets offers that a crash left waiting or running to failed. */
  async failInterrupted(): Promise<void> {
    const { reader, writer, queue } = this.#parts;
    const at = new Date().toISOString();
    await Promise.all(reader.openOffers().map((id) => queue.write(() => writer.failInterrupted(id, at))));
  }

  /** Writes what waits and lets go of the folder. */
  async close(): Promise<void> {
    this.#parts.index.close();
    await this.#parts.queue.close();
    await this.#parts.rows.close();
    this.#parts.database.close();
    this.#parts.connection.close();
    this.#parts.lock.release();
  }

  #arrives(sha256: string): void {
    this.#arriving.set(sha256, (this.#arriving.get(sha256) ?? 0) + 1);
  }

  #arrived(sha256: string): void {
    const others = (this.#arriving.get(sha256) ?? 1) - 1;
    if (others > 0) this.#arriving.set(sha256, others);
    else this.#arriving.delete(sha256);
  }

  #write(ids: readonly string[], work: Write, options?: WriteOptions): Promise<void> {
    const forget = () => {
      for (const id of ids) if (this.#writing.get(id) === written) this.#writing.delete(id);
    };
    const written: Promise<void> = this.#parts.queue.write(work, options).finally(forget);
    for (const id of ids) this.#writing.set(id, written);
    return written;
  }
}

/**
 * Opens the history of a data folder, making it when missing. Offers that a crash left open are set to failed.
 * Rejects with a sentence when another instance uses the folder or a newer version wrote it. A damaged database is
 * put aside and a new one filled with what can still be read; `damage` tells.
 */
export async function openHistory(folder: string, options: HistoryOptions = {}): Promise<History> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await syncFolder(dirname(folder));
  const lock = lockFolder(folder);
  try {
    const vault = await Vault.open(join(folder, 'vault'));
    const path = join(folder, 'history.db');
    const { database, damage } = await openOrRebuild(folder, path);
    const connection = await openWriter(path);
    const rows = new ThreadRowWriter(path, [...ROW_STATEMENTS, ...INDEX_STATEMENTS]);
    const reader = new PushReader(database);
    const queue = await WriteQueue.open(connection, rows, (error) => noteDamage(folder, error));
    const index = new SearchIndex({
      firstStatement: ROW_STATEMENTS.length,
      write: (given) => queue.write(given),
      behind: () => reader.unindexed(),
    });
    const parts = {
      folder,
      database,
      connection,
      rows,
      vault,
      lock,
      reader,
      writer: await PushWriter.open(connection),
      queue,
      index,
      files: options.contentFiles !== false ? new ContentFiles(join(folder, 'contents')) : null,
    };
    const history = new History(parts, damage);
    await history.failInterrupted();
    index.changed();
    return history;
  } catch (error) {
    lock.release();
    throw error;
  }
}
