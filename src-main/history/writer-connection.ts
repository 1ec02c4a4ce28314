import AsyncDatabase from 'libsql/promise';
import { WRITER_SETTINGS } from './database.ts';

export type SqlValue = string | number | null | Buffer;

/** A prepared statement. It runs on the calling thread: inside a transaction that touches memory, not the disk. */
export type WriterStatement = {
  readonly run: (...values: readonly SqlValue[]) => unknown;
  readonly get: (...values: readonly SqlValue[]) => unknown;
};

/** The connection that writes. `exec` runs off the event loop, so that a commit's fsync and a checkpoint do not stop it. */
export type WriterConnection = {
  readonly exec: (sql: string) => Promise<void>;
  readonly prepare: (sql: string) => Promise<WriterStatement>;
  readonly close: () => void;
};

/** Opens a migrated database for writing. Commits survive a power cut (synchronous=FULL). */
export async function openWriter(path: string): Promise<WriterConnection> {
  const database: WriterConnection = new AsyncDatabase(path, {});
  await database.exec(WRITER_SETTINGS);
  return database;
}
