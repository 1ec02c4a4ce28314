import type Database from 'libsql';
import { numberOf } from './push-row.ts';

const BATCH = 100;
/** Row numbers that are looked for one by one where nothing tells which is the last. */
const MAX_GAP = 100_000;

const NEXT_ROWS = `SELECT rowid AS row_number, * FROM push WHERE rowid > ? ORDER BY rowid LIMIT ${BATCH}`;
const ONE_ROW = 'SELECT rowid AS row_number, * FROM push WHERE rowid = ?';

/**
 * The rows of pushes that can still be read of a damaged database, in their order, each with all of its columns and
 * `row_number`. What lies on a page that cannot be read is left out.
 */
export function* readableRows(database: Database.Database): Generator<unknown> {
  const last = lastRow(database);
  let at = 0;
  let found = 0;
  while (at < (last ?? found + MAX_GAP)) {
    const rows = attempt((): readonly unknown[] => database.prepare(NEXT_ROWS).all(at));
    if (rows !== null) {
      if (rows.length === 0) return;
      yield* rows;
      at = numberOf(rows.at(-1), 'row_number');
      found = at;
      continue;
    }
    for (let number = at + 1; number <= at + BATCH; number += 1) {
      // A statement that has failed fails from then on: each is a new one.
      const row: unknown = attempt((): unknown => database.prepare(ONE_ROW).get(number));
      if (row === null || row === undefined) continue;
      found = number;
      yield row;
    }
    at += BATCH;
  }
}

/** Reads what may not be readable; null when it is not. */
export function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** The number of the last row, by the table or by one of its indexes; null where none can be read. */
function lastRow(database: Database.Database): number | null {
  for (const from of ['push', 'push INDEXED BY push_application', 'push INDEXED BY push_terminal']) {
    const row: unknown = attempt((): unknown =>
      database.prepare(`SELECT MAX(rowid) AS last FROM ${from}`).get(),
    );
    const last = numberOf(row, 'last');
    if (last > 0) return last;
  }
  return null;
}
