import Database from 'libsql';

/** What the newest migration leaves in PRAGMA user_version. */
const SCHEMA_VERSION = 1;

const MIGRATIONS: readonly string[] = [
  `CREATE TABLE push (
     id TEXT PRIMARY KEY,
     terminal TEXT NOT NULL,
     method TEXT NOT NULL,
     state TEXT NOT NULL,
     unread INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     record TEXT NOT NULL,
     search TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX push_terminal ON push (terminal, id);
   CREATE INDEX push_state ON push (state, id);
   CREATE INDEX push_unread ON push (unread) WHERE unread = 1;
   CREATE TABLE delivery (
     push TEXT NOT NULL,
     number INTEGER NOT NULL,
     entry TEXT NOT NULL,
     PRIMARY KEY (push, number)
   ) WITHOUT ROWID;`,
];

export type OpenedDatabase =
  | { readonly kind: 'ok'; readonly database: Database.Database }
  | { readonly kind: 'newer' }
  | { readonly kind: 'damaged' };

/** Opens and migrates the database. Commits survive a power cut (WAL with synchronous=FULL). */
export function openDatabase(path: string): OpenedDatabase {
  let database: Database.Database | null = null;
  try {
    database = new Database(path);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    const version = pragma(database, 'user_version');
    if (typeof version === 'number' && version > SCHEMA_VERSION) {
      database.close();
      return { kind: 'newer' };
    }
    migrate(database, typeof version === 'number' ? version : 0);
    return { kind: 'ok', database };
  } catch {
    database?.close();
    return { kind: 'damaged' };
  }
}

function migrate(database: Database.Database, from: number): void {
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < from) continue;
    database.exec(`BEGIN; ${sql} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
}

function pragma(database: Database.Database, name: string): unknown {
  const row: unknown = database.prepare(`PRAGMA ${name}`).get();
  return typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined;
}
