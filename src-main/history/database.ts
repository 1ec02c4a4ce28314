import Database from 'libsql';
import { CREATE_SEARCH } from './search-table.ts';
import { isSqliteError } from './sqlite-errors.ts';

/** What the newest migration leaves in PRAGMA user_version. */
const SCHEMA_VERSION = 9;

/** Bytes of a page of a new database: two pushes of usual size do not fit in SQLite's 4096. */
const PAGE_BYTES = 8192;
/** Pages after which what is in the write-ahead log goes to the database: in a burst, often enough and not all the time. */
const CHECKPOINT_PAGES = 2000;
/** What every connection that writes is told first. Commits survive a power cut. */
export const WRITER_SETTINGS = `PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};`;

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
  // Rows with a rowid: without one SQLite moves most of a record to overflow pages. Messages touch few indexes, small
  // content stands beside its push, and the totals need no scan.
  `ALTER TABLE push RENAME TO push_1;
   DROP INDEX push_terminal;
   DROP INDEX push_state;
   DROP INDEX push_unread;
   CREATE TABLE push (
     id TEXT PRIMARY KEY NOT NULL,
     terminal TEXT NOT NULL,
     method TEXT NOT NULL,
     state TEXT NOT NULL,
     unread INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     record TEXT NOT NULL,
     search TEXT NOT NULL,
     timeline TEXT NOT NULL
   );
   INSERT INTO push SELECT id, terminal, method, state, unread, bytes, record, search, '[]' FROM push_1 ORDER BY id;
   DROP TABLE push_1;
   CREATE INDEX push_terminal ON push (terminal, id);
   CREATE INDEX push_state ON push (state, id) WHERE state <> 'received';
   CREATE INDEX push_invite ON push (id) WHERE method = 'INVITE';
   CREATE TABLE content (push TEXT PRIMARY KEY NOT NULL, bytes BLOB NOT NULL);
   CREATE TABLE vaulted (sha256 TEXT PRIMARY KEY, uses INTEGER NOT NULL) WITHOUT ROWID;
   INSERT INTO vaulted
     SELECT sha256, COUNT(*) FROM
       (SELECT CASE WHEN json_valid(record) THEN json_extract(record, '$.body.sha256') END AS sha256 FROM push)
     WHERE sha256 IS NOT NULL GROUP BY sha256;
   CREATE TABLE tally (total INTEGER NOT NULL, unread INTEGER NOT NULL, waiting INTEGER NOT NULL, bytes INTEGER NOT NULL);
   INSERT INTO tally
     SELECT COUNT(*), COALESCE(SUM(unread), 0), COALESCE(SUM(state = 'waiting'), 0), COALESCE(SUM(bytes), 0) FROM push;
   CREATE TRIGGER push_added AFTER INSERT ON push BEGIN
     UPDATE tally SET total = total + 1, unread = unread + NEW.unread,
       waiting = waiting + (NEW.state = 'waiting'), bytes = bytes + NEW.bytes;
   END;
   CREATE TRIGGER push_changed AFTER UPDATE ON push BEGIN
     UPDATE tally SET unread = unread + NEW.unread - OLD.unread,
       waiting = waiting + (NEW.state = 'waiting') - (OLD.state = 'waiting'), bytes = bytes + NEW.bytes - OLD.bytes;
   END;
   CREATE TRIGGER push_removed AFTER DELETE ON push BEGIN
     UPDATE tally SET total = total - 1, unread = unread - OLD.unread,
       waiting = waiting - (OLD.state = 'waiting'), bytes = bytes - OLD.bytes;
   END;`,
  // Pages and counts of one application of a terminal come from this index alone.
  `ALTER TABLE push ADD COLUMN application TEXT NOT NULL DEFAULT '';
   UPDATE push SET application =
     COALESCE(replace(replace(lower(json_extract(record, '$.application')), 'urn:', ''), 'x-wap-application:', ''), '')
     WHERE json_valid(record);
   CREATE INDEX push_application ON push (terminal, application, id, unread);`,
  // What was fetched, for the limit of each terminal; and what is unread without looking at all else.
  `CREATE TABLE fetched (push TEXT PRIMARY KEY NOT NULL, terminal TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL);
   INSERT INTO fetched SELECT id, terminal, sha256, bytes FROM
     (SELECT id, terminal, json_extract(record, '$.reference.sha256') AS sha256,
        COALESCE(json_extract(record, '$.reference.received'), 0) AS bytes FROM push WHERE json_valid(record))
     WHERE sha256 IS NOT NULL;
   CREATE INDEX fetched_terminal ON fetched (terminal, sha256, bytes);
   CREATE INDEX push_unread ON push (id) WHERE unread = 1;`,
  `ALTER TABLE push ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX push_pinned ON push (id) WHERE pinned = 1;
   ${CREATE_SEARCH}`,
  // Verified files by their hash, so that an offer of one that is here already is known at once.
  `CREATE TABLE verified (sha1 TEXT NOT NULL, push TEXT NOT NULL, PRIMARY KEY (sha1, push)) WITHOUT ROWID;
   INSERT OR IGNORE INTO verified
     SELECT json_extract(file.value, '$.sha1'), push.id
       FROM push, json_each(CASE WHEN json_valid(record) THEN json_extract(record, '$.body.files') END) AS file
       WHERE push.method = 'INVITE' AND json_extract(file.value, '$.state') = 'verified'
         AND json_extract(file.value, '$.sha1') IS NOT NULL;
   CREATE INDEX verified_push ON verified (push);`,
  // The totals of each terminal, so that what is unread of one needs no scan either.
  `DROP TRIGGER push_added;
   DROP TRIGGER push_changed;
   DROP TRIGGER push_removed;
   DROP TABLE tally;
   CREATE TABLE tally (
     terminal TEXT PRIMARY KEY NOT NULL, total INTEGER NOT NULL, unread INTEGER NOT NULL, waiting INTEGER NOT NULL,
     bytes INTEGER NOT NULL
   ) WITHOUT ROWID;
   INSERT INTO tally SELECT terminal, COUNT(*), SUM(unread), SUM(state = 'waiting'), SUM(bytes) FROM push GROUP BY terminal;
   CREATE TRIGGER push_added AFTER INSERT ON push BEGIN
     INSERT INTO tally VALUES (NEW.terminal, 1, NEW.unread, NEW.state = 'waiting', NEW.bytes)
       ON CONFLICT (terminal) DO UPDATE SET total = total + 1, unread = unread + excluded.unread,
         waiting = waiting + excluded.waiting, bytes = bytes + excluded.bytes;
   END;
   CREATE TRIGGER push_changed AFTER UPDATE ON push BEGIN
     UPDATE tally SET unread = unread + NEW.unread - OLD.unread,
       waiting = waiting + (NEW.state = 'waiting') - (OLD.state = 'waiting'), bytes = bytes + NEW.bytes - OLD.bytes
       WHERE terminal = NEW.terminal;
   END;
   CREATE TRIGGER push_removed AFTER DELETE ON push BEGIN
     UPDATE tally SET total = total - 1, unread = unread - OLD.unread,
       waiting = waiting - (OLD.state = 'waiting'), bytes = bytes - OLD.bytes WHERE terminal = OLD.terminal;
     DELETE FROM tally WHERE terminal = OLD.terminal AND total <= 0;
   END;`,
  // Whoever adds pushes adds to the totals, once for many: the trigger took a third of the time of a push.
  'DROP TRIGGER push_added;',
  // A message may refer to several contents.
  `ALTER TABLE fetched RENAME TO fetched_8;
   DROP INDEX fetched_terminal;
   CREATE TABLE fetched (
     push TEXT NOT NULL, terminal TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (push, sha256)
   ) WITHOUT ROWID;
   INSERT INTO fetched SELECT push, terminal, sha256, bytes FROM fetched_8;
   DROP TABLE fetched_8;
   CREATE INDEX fetched_terminal ON fetched (terminal, sha256, bytes);`,
];

export type OpenedDatabase =
  | { readonly kind: 'ok'; readonly database: Database.Database }
  | { readonly kind: 'newer' }
  | { readonly kind: 'damaged' };

/**
 * Opens and migrates the database, for reading. Throws what is no damage, such as a file that is locked or may not be
 * read: a sound history must not be put aside for it.
 */
export function openDatabase(path: string): OpenedDatabase {
  let database: Database.Database | null = null;
  try {
    database = new Database(path);
    database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; ${WRITER_SETTINGS}`);
    const version = pragma(database, 'user_version');
    if (typeof version === 'number' && version > SCHEMA_VERSION) {
      database.close();
      return { kind: 'newer' };
    }
    migrate(database, typeof version === 'number' ? version : 0);
    return { kind: 'ok', database };
  } catch (error) {
    database?.close();
    if (!isSqliteError(error, 'SQLITE_NOTADB', 'SQLITE_CORRUPT')) throw error;
    return { kind: 'damaged' };
  }
}

/** Whether SQLite finds no damage. Takes seconds for a long history. */
export function isSound(database: Database.Database): boolean {
  try {
    return pragma(database, 'quick_check(1)') === 'ok';
  } catch {
    return false;
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
