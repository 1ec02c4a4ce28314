import Database from 'libsql';
import type { PushRecord } from './records.ts';

const SCHEMA = `CREATE TABLE push (
    id TEXT PRIMARY KEY, terminal TEXT NOT NULL, method TEXT NOT NULL, state TEXT NOT NULL, unread INTEGER NOT NULL,
    bytes INTEGER NOT NULL, record TEXT NOT NULL, search TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX push_terminal ON push (terminal, id);
  CREATE INDEX push_state ON push (state, id);
  CREATE INDEX push_unread ON push (unread) WHERE unread = 1;
  CREATE TABLE delivery (
    push TEXT NOT NULL, number INTEGER NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (push, number)
  ) WITHOUT ROWID;
  PRAGMA user_version = 1;`;

/** Writes a database as version 1 of the schema had it. */
export function writeVersion1(path: string, records: readonly PushRecord[]): void {
  const database = new Database(path);
  database.exec(`PRAGMA journal_mode = WAL; ${SCHEMA}`);
  const insert = database.prepare('INSERT INTO push VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  for (const { delivery: _, ...stored } of records) {
    const { id, terminal, method, state, from, body } = stored;
    const bytes = body.kind === 'content' ? stored.bytes : 0;
    insert.run(id, terminal, method, state, 1, bytes, JSON.stringify(stored), from);
  }
  database.close();
}
