import { join } from 'node:path';
import Database from 'libsql';
import { isSqliteError } from './sqlite-errors.ts';

/** Held while a history is open; `release` lets another instance have the folder. */
export type FolderLock = { readonly release: () => void };

/**
 * Takes a data folder for this process by SQLite's file lock, which the system drops when the process ends in any
 * way: nothing stale stays, and a process id that is used again (usual in containers) cannot be taken for the holder.
 * Throws a sentence when another instance holds it.
 */
export function lockFolder(folder: string): FolderLock {
  const database = new Database(join(folder, 'lock.db'));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isSqliteError(error, 'SQLITE_BUSY')) throw error;
    throw new Error(`${folder} is in use by another instance of Push Terminal.`);
  }
  return { release: () => database.close() };
}
