import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type Database from 'libsql';
import { openDatabase } from './database.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import {
  type HistoryCounts,
  type ListQuery,
  type PushList,
  PushTable,
  type PushUpdate,
} from './push-table.ts';
import type { DeliveryEntry, PushRecord } from './records.ts';
import { Vault } from './vault.ts';
import { WriteQueue } from './write-queue.ts';

export { HistoryBusyError } from './write-queue.ts';
export type { HistoryCounts, ListQuery, PushList, PushUpdate };

/**
 * What came and what was answered: rows in SQLite, content in a vault beside it. Writes are committed in groups, and
 * each promise resolves once its write survives a power cut. Reading sees every resolved write.
 */
export class History {
  /** Set when a damaged database was put aside on opening: where it is now. */
  readonly damagedCopy: string | null;
  readonly #database: Database.Database;
  readonly #table: PushTable;
  readonly #vault: Vault;
  readonly #lock: FolderLock;
  readonly #queue: WriteQueue;

  constructor(parts: {
    readonly database: Database.Database;
    readonly vault: Vault;
    readonly lock: FolderLock;
    readonly damagedCopy: string | null;
  }) {
    this.#database = parts.database;
    this.#vault = parts.vault;
    this.#lock = parts.lock;
    this.damagedCopy = parts.damagedCopy;
    this.#table = new PushTable(parts.database);
    this.#queue = new WriteQueue(parts.database);
  }

  /**
   * Keeps a new push, content first. `content` must be the bytes that `record.body` names by SHA-256.
   * Rejects with HistoryBusyError when too much waits to be written, or with the database's error.
   */
  async add(record: PushRecord, content?: Buffer): Promise<void> {
    if (record.body.kind === 'content') {
      if (content === undefined) throw new Error('A push with content needs its bytes.');
      await this.#vault.put(record.body.sha256, content);
    }
    await this.#queue.write(() => this.#table.insert(record, content));
  }

  /** Changes a push. Without effect on one that was removed. */
  update(id: string, change: PushUpdate): Promise<void> {
    return this.#queue.write(() => this.#table.update(id, change));
  }

  /** Adds lines to the delivery timeline of a push. */
  appendDelivery(id: string, entries: readonly DeliveryEntry[]): Promise<void> {
    return this.#queue.write(() => this.#table.appendDelivery(id, entries));
  }

  /** One push, or null. */
  get(id: string): Promise<PushRecord | null> {
    return Promise.resolve(this.#table.get(id));
  }

  /** Pushes, newest first, a page at a time. */
  list(query: ListQuery): Promise<PushList> {
    return Promise.resolve(this.#table.list(query));
  }

  counts(): Promise<HistoryCounts> {
    return Promise.resolve(this.#table.counts());
  }

  /** Content by its SHA-256, or null when it is not there. */
  content(sha256: string): Promise<Buffer | null> {
    return this.#vault.get(sha256);
  }

  /** Where content lies. */
  contentPath(sha256: string): string {
    return this.#vault.pathOf(sha256);
  }

  markRead(ids: readonly string[]): Promise<void> {
    return this.#queue.write(() => this.#table.markRead(ids));
  }

  /** Removes rows; content that no other row names stays until the vault is pruned. */
  remove(ids: readonly string[]): Promise<void> {
    return this.#queue.write(() => this.#table.remove(ids));
  }

  /** Writes what waits and lets go of the folder. */
  async close(): Promise<void> {
    this.#queue.close();
    this.#database.close();
    await this.#lock.release();
  }
}

/**
 * Opens the history of a data folder, making it when missing. Offers that a crash left open are set to failed.
 * Rejects with a sentence when another instance uses the folder or a newer version wrote it. A damaged database is
 * renamed and a new one begun; `damagedCopy` tells.
 */
export async function openHistory(folder: string): Promise<History> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(folder);
  try {
    const vault = await Vault.open(join(folder, 'vault'));
    const path = join(folder, 'history.db');
    const opened = openDatabase(path);
    let damagedCopy: string | null = null;
    let database = opened.kind === 'ok' ? opened.database : null;
    if (opened.kind === 'newer') {
      throw new Error(`${folder} was written by a newer version of Push Terminal. Use that version.`);
    }
    if (database === null) {
      damagedCopy = `${path}.damaged-${Date.now()}`;
      await rename(path, damagedCopy);
      await Promise.all(['-wal', '-shm'].map((end) => rename(path + end, damagedCopy + end).catch(() => {})));
      const fresh = openDatabase(path);
      if (fresh.kind !== 'ok') throw new Error(`History cannot be written in ${folder}.`);
      database = fresh.database;
    }
    const history = new History({ database, vault, lock, damagedCopy });
    new PushTable(database).failInterrupted(new Date().toISOString());
    return history;
  } catch (error) {
    await lock.release();
    throw error;
  }
}
