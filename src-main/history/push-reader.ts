import type Database from 'libsql';
import { applicationColumn, bytesOf, numberOf, textOf } from './push-row.ts';
import { readDeliveryEntry, readStoredRecord, readTimeline, type StoredRecord } from './record-schema.ts';
import type { DeliveryEntry, PushRecord } from './records.ts';
import { type SearchSql, searchSql } from './search-conditions.ts';
import { parseSearch } from './search-language.ts';
import { UNINDEXED } from './search-table.ts';

export type ListFilter = 'all' | 'needs-you' | 'unread' | 'messages' | 'files' | 'refused';

export type ListQuery = {
  /** Name of one terminal, or null for all. */
  readonly terminal?: string | null;
  readonly filter?: ListFilter;
  /** Application Resource Identifier, in any spelling, or null for all. */
  readonly application?: string | null;
  /** A search in the language of search-language.ts. */
  readonly search?: string;
  /** Id of the last record of the page before. */
  readonly before?: string | null;
  readonly limit: number;
};

/** Totals over everything kept; `bytes` counts content of messages and received files. */
export type HistoryCounts = {
  readonly total: number;
  readonly unread: number;
  readonly waiting: number;
  readonly bytes: number;
};

/** Pushes of one terminal for one application, by the short form of its identifier; '' for pushes that name none. */
export type ApplicationCount = {
  readonly application: string;
  readonly total: number;
  readonly unread: number;
};

/** How much is kept of one terminal. */
export type TerminalCount = { readonly terminal: string; readonly total: number; readonly unread: number };

/** A push as far as removing it is concerned. `isOpen`: it waits for the user or arrives. */
export type PushFacts = {
  readonly id: string;
  readonly terminal: string;
  readonly unread: boolean;
  readonly isOpen: boolean;
  readonly bytes: number;
};

/** A push as far as limits are concerned; `bytes` are those it holds on disk. */
export type OldPush = { readonly id: string; readonly bytes: number };

export type PushList = {
  readonly records: readonly PushRecord[];
  readonly more: boolean;
  /** What of the search was not understood, as sentences. */
  readonly problems: readonly string[];
};

/** `state <> 'received'` lets SQLite use the index that leaves plain messages out. */
const FILTERS: Readonly<Record<ListFilter, string>> = {
  all: '1',
  'needs-you': "state <> 'received' AND state = 'waiting'",
  // Written so that SQLite uses the index of what is unread.
  unread: 'unread = 1',
  messages: "method IN ('MESSAGE', 'NOTIFY') AND state <> 'refused'",
  files: "method = 'INVITE' AND state <> 'refused'",
  refused: "state <> 'received' AND state = 'refused'",
};

/** What a row is read by. */
const ROW_COLUMNS = 'push.id AS id, push.record AS record, push.timeline AS timeline';
/** Rows that are looked at one by one. */
const RARE_ROWS = 2_000;
/** The row of the last push of a page; where it was removed meanwhile, the one after what is older. */
const ROW_AFTER =
  'COALESCE((SELECT rowid FROM push WHERE id = ?), (SELECT rowid + 1 FROM push WHERE id < ? ORDER BY id DESC LIMIT 1))';

/** A row that could be read: the record, and the lines its timeline began with. */
type Found = { readonly stored: StoredRecord; readonly timeline: readonly DeliveryEntry[] };

/** Reads the rows of pushes and their timelines, as far as they are committed. */
export class PushReader {
  readonly #database: Database.Database;
  readonly #unreadable = new Set<string>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  /** Rows met so far whose record does not parse, and which were therefore skipped. */
  get unreadable(): number {
    return this.#unreadable.size;
  }

  get(id: string): PushRecord | null {
    const row: unknown = this.#database.prepare('SELECT id, record, timeline FROM push WHERE id = ?').get(id);
    const found = row === undefined ? null : this.#parse(row);
    return found === null ? null : this.#withDelivery(found);
  }

  list(query: ListQuery): PushList {
    const search = parseSearch(query.search ?? '');
    const sql = searchSql(search);
    const found: Found[] = [];
    // One more than asked for tells whether there is another page; rows that do not parse must not end one early.
    const wanted = query.limit + 1;
    let before = query.before ?? null;
    let rows: readonly unknown[];
    do {
      rows = this.#rows({ ...query, before, limit: wanted }, sql);
      for (const row of rows) {
        const one = this.#parse(row);
        if (one !== null) found.push(one);
      }
      before = textOf(rows.at(-1), 'id');
    } while (found.length < wanted && rows.length === wanted);
    return {
      records: found.slice(0, query.limit).map((one) => this.#withDelivery(one)),
      more: found.length > query.limit,
      problems: search.problems,
    };
  }

  /** Pushes at most that a search does not find yet. */
  unindexed(): number {
    return numberOf(this.#database.prepare(UNINDEXED).get(), 'behind');
  }

  /** The oldest pushes that are neither pinned nor still open. */
  oldest(limit: number): readonly OldPush[] {
    const rows: readonly unknown[] = this.#database
      .prepare(
        "SELECT id, bytes FROM push WHERE pinned = 0 AND state NOT IN ('waiting', 'receiving') ORDER BY id LIMIT ?",
      )
      .all(limit);
    return rows.map((row) => ({ id: textOf(row, 'id'), bytes: numberOf(row, 'bytes') }));
  }

  counts(): HistoryCounts {
    const row: unknown = this.#database
      .prepare(
        `SELECT COALESCE(SUM(total), 0) AS total, COALESCE(SUM(unread), 0) AS unread,
           COALESCE(SUM(waiting), 0) AS waiting, COALESCE(SUM(bytes), 0) AS bytes FROM tally`,
      )
      .get();
    return {
      total: numberOf(row, 'total'),
      unread: numberOf(row, 'unread'),
      waiting: numberOf(row, 'waiting'),
      bytes: numberOf(row, 'bytes'),
    };
  }

  /** How much is kept of each terminal that has any. */
  terminalCounts(): readonly TerminalCount[] {
    const rows: readonly unknown[] = this.#database
      .prepare('SELECT terminal, total, unread FROM tally')
      .all();
    return rows.map((row) => ({
      terminal: textOf(row, 'terminal'),
      total: numberOf(row, 'total'),
      unread: numberOf(row, 'unread'),
    }));
  }

  /** Ids of the pushes that a query finds, newest first. */
  ids(query: ListQuery): readonly string[] {
    const sql = searchSql(parseSearch(query.search ?? ''));
    return this.#rows(query, sql, 'push.id AS id').map((row) => textOf(row, 'id'));
  }

  /** What is to be known of pushes that are to be removed; those that are not there are left out. */
  facts(ids: readonly string[]): readonly PushFacts[] {
    const rows: readonly unknown[] = this.#database
      .prepare(
        `SELECT id, terminal, unread, state IN ('waiting', 'receiving') AS open, bytes FROM push
         WHERE id IN (SELECT value FROM json_each(?))`,
      )
      .all(JSON.stringify(ids));
    return rows.map((row) => ({
      id: textOf(row, 'id'),
      terminal: textOf(row, 'terminal'),
      unread: numberOf(row, 'unread') === 1,
      isOpen: numberOf(row, 'open') === 1,
      bytes: numberOf(row, 'bytes'),
    }));
  }

  /** Messages of a terminal that wait. Looks at waiting rows alone, of which there are few. */
  waitingMessages(terminal: string): number {
    const row: unknown = this.#database
      .prepare(
        "SELECT COUNT(*) AS waiting FROM push WHERE state <> 'received' AND state = 'waiting' AND +terminal = ? AND method IN ('MESSAGE', 'NOTIFY')",
      )
      .get(terminal);
    return numberOf(row, 'waiting');
  }

  /** Counts by application of one terminal, from an index alone. */
  applicationCounts(terminal: string): readonly ApplicationCount[] {
    const rows: readonly unknown[] = this.#database
      .prepare(
        'SELECT application, COUNT(*) AS total, SUM(unread) AS unread FROM push WHERE terminal = ? GROUP BY application',
      )
      .all(terminal);
    return rows.map((row) => ({
      application: textOf(row, 'application'),
      total: numberOf(row, 'total'),
      unread: numberOf(row, 'unread'),
    }));
  }

  /** Bytes of content fetched for a terminal that are kept; what several of its pushes refer to counts once. */
  fetchedBytes(terminal: string): number {
    const row: unknown = this.#database
      .prepare(
        'SELECT COALESCE(SUM(bytes), 0) AS bytes FROM (SELECT DISTINCT sha256, bytes FROM fetched WHERE terminal = ?)',
      )
      .get(terminal);
    return numberOf(row, 'bytes');
  }

  /** The content that stands beside a push, if it has any and it is not longer than `maxBytes`. */
  smallContent(push: string, maxBytes: number): Buffer | null {
    const row: unknown = this.#database
      .prepare('SELECT bytes FROM content WHERE push = ? AND length(bytes) <= ?')
      .get(push, maxBytes);
    return bytesOf(row, 'bytes');
  }

  /** Whether some push still uses a file of the vault. */
  isVaulted(sha256: string): boolean {
    return this.#database.prepare('SELECT 1 FROM vaulted WHERE sha256 = ?').get(sha256) !== undefined;
  }

  /** Ids of the pushes with a verified file of this SHA-1, the newest first; `limit` of them. */
  withVerified(sha1: string, limit: number): readonly string[] {
    const rows: readonly unknown[] = this.#database
      .prepare('SELECT push FROM verified WHERE sha1 = ? ORDER BY push DESC LIMIT ?')
      .all(sha1, limit);
    return rows.map((row) => textOf(row, 'push'));
  }

  /** Ids of refused pushes older than the newest `keep`, from an index alone. */
  refusedBeyond(keep: number, limit: number): readonly string[] {
    const rows: readonly unknown[] = this.#database
      .prepare(
        "SELECT id FROM push WHERE state <> 'received' AND state = 'refused' ORDER BY id DESC LIMIT ? OFFSET ?",
      )
      .all(limit, keep);
    return rows.map((row) => textOf(row, 'id'));
  }

  /** Ids of offers that wait or run. */
  openOffers(): readonly string[] {
    const rows: readonly unknown[] = this.#database
      .prepare("SELECT id FROM push WHERE state <> 'received' AND state IN ('waiting', 'receiving')")
      .all();
    return rows.map((row) => textOf(row, 'id'));
  }

  #rows(query: ListQuery, search: SearchSql, columns = ROW_COLUMNS): readonly unknown[] {
    const isRare = search.rare !== null && this.#isRare(search.rare);
    const conditions = [FILTERS[query.filter ?? 'all'], ...search.conditions.map(({ sql }) => sql)];
    const values: (string | number)[] = search.conditions.flatMap((one) => [...one.values]);
    if (query.terminal) {
      conditions.push('push.terminal = ?');
      values.push(query.terminal);
    }
    if (query.application) {
      conditions.push('push.application = ?');
      values.push(applicationColumn(query.application));
    }
    const { before } = query;
    if (before && (search.match === null || isRare)) {
      conditions.push('push.id < ?');
      values.push(before);
    } else if (before) {
      conditions.push(`push_search.rowid < ${ROW_AFTER}`);
      values.push(before, before);
    }
    const where = conditions.join(' AND ');
    if (search.match === null) {
      return this.#database
        .prepare(`SELECT ${columns} FROM push WHERE ${where} ORDER BY push.id DESC LIMIT ?`)
        .all(...values, query.limit);
    }
    if (isRare) {
      // The plus keeps SQLite from walking all pushes in their order: the few are sorted instead.
      return this.#database
        .prepare(
          `SELECT ${columns} FROM push
           WHERE ${where} AND EXISTS (SELECT 1 FROM push_search WHERE push_search MATCH ? AND rowid = push.rowid)
           ORDER BY +push.id DESC LIMIT ?`,
        )
        .all(...values, search.match, query.limit);
    }
    // Rows were added in the order of their ids, so the index gives them newest first and stops when the page is full.
    const rows = search.rows.map(({ sql }) => ` AND ${sql}`).join('');
    return this.#database
      .prepare(
        `SELECT ${columns} FROM push_search CROSS JOIN push ON push.rowid = push_search.rowid
         WHERE push_search MATCH ?${rows} AND ${where} ORDER BY push_search.rowid DESC LIMIT ?`,
      )
      .all(search.match, ...search.rows.flatMap((one) => [...one.values]), ...values, query.limit);
  }

  /** Whether so few rows meet a condition that it is quicker to look at each than at all that have a word. */
  #isRare(condition: string): boolean {
    const row: unknown = this.#database
      .prepare(`SELECT COUNT(*) AS found FROM (SELECT 1 FROM push WHERE ${condition} LIMIT ?)`)
      .get(RARE_ROWS);
    return numberOf(row, 'found') < RARE_ROWS;
  }

  #parse(row: unknown): Found | null {
    const stored = readStoredRecord(textOf(row, 'record'));
    if (stored === null) this.#unreadable.add(textOf(row, 'id'));
    return stored === null ? null : { stored, timeline: readTimeline(textOf(row, 'timeline')) };
  }

  #withDelivery({ stored, timeline }: Found): PushRecord {
    const rows: readonly unknown[] = this.#database
      .prepare('SELECT entry FROM delivery WHERE push = ? ORDER BY number')
      .all(stored.id);
    const later = rows.flatMap((row) => readDeliveryEntry(textOf(row, 'entry')) ?? []);
    return { ...stored, delivery: [...timeline, ...later] };
  }
}
