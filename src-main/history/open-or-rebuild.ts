import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type Database from 'libsql';
import { isSound, openDatabase } from './database.ts';
import { type Recovery, rebuild } from './rebuild.ts';
import { isSqliteError } from './sqlite-errors.ts';

/** A history that was damaged: where it is now, and what the new one has of it. */
export type Damage = { readonly copy: string; readonly recovery: Recovery };

/** Its presence means that SQLite found damage while the app ran. */
const MARK = 'history.damaged';

/**
 * Opens the database of a data folder, or, where it is damaged, puts it aside and fills a new one from it and from the
 * vault. Rejects with a sentence when a newer version wrote it.
 */
export async function openOrRebuild(
  folder: string,
  path: string,
): Promise<{ readonly database: Database.Database; readonly damage: Damage | null }> {
  const opened = openDatabase(path);
  if (opened.kind === 'newer') {
    throw new Error(`${folder} was written by a newer version of Push Terminal. Use that version.`);
  }
  const mark = join(folder, MARK);
  if (opened.kind === 'ok' && (!existsSync(mark) || isSound(opened.database))) {
    rmSync(mark, { force: true });
    return { database: opened.database, damage: null };
  }
  if (opened.kind === 'ok') opened.database.close();
  const copy = `${path}.damaged-${Date.now()}`;
  await rename(path, copy);
  await Promise.all(['-wal', '-shm'].map((end) => rename(path + end, copy + end).catch(() => {})));
  const fresh = openDatabase(path);
  if (fresh.kind !== 'ok') throw new Error(`History cannot be written in ${folder}.`);
  const recovery = await rebuild(fresh.database, copy, join(folder, 'vault'));
  rmSync(mark, { force: true });
  return { database: fresh.database, damage: { copy, recovery } };
}

/** An error that says in a sentence that the database is damaged, where it is; the next start looks after it. */
export function noteDamage(folder: string, error: unknown): unknown {
  if (!isSqliteError(error, 'SQLITE_CORRUPT', 'SQLITE_NOTADB')) return error;
  try {
    writeFileSync(join(folder, MARK), '');
  } catch {
    // The next error notes it.
  }
  return new Error('History is damaged. The next start of the app rebuilds it from what can still be read.');
}
