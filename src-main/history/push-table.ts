import type Database from 'libsql';
import { readDeliveryEntry, readStoredRecord, type StoredRecord } from './record-schema.ts';
import type { DeliveryEntry, PushRecord } from './records.ts';

export type ListFilter = 'all' | 'needs-you' | 'messages' | 'files' | 'refused';

export type ListQuery = {
  /** Name of one terminal, or null for all. */
  readonly terminal?: string | null;
  readonly filter?: ListFilter;
  /** Words to find in sender, application, Call-ID, file names and the beginning of text content. */
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

/** What may change of a push once it is kept. */
export type PushUpdate = Partial<Pick<PushRecord, 'state' | 'code' | 'reason' | 'read' | 'body'>>;

export type PushList = { readonly records: readonly PushRecord[]; readonly more: boolean };

/** Characters of text content that search looks at. */
const MAX_PREVIEW_LENGTH = 2_000;
/** Lines of one timeline that are kept: a hostile peer must not make it grow without end. */
const MAX_DELIVERY_ENTRIES = 1_000;
const FILTERS: Readonly<Record<ListFilter, string>> = {
  all: '1',
  'needs-you': "state = 'waiting'",
  messages: "method = 'MESSAGE' AND state <> 'refused'",
  files: "method = 'INVITE' AND state <> 'refused'",
  refused: "state = 'refused'",
};
const INTERRUPTED = 'The app was closed during the transfer.';

/** The rows of pushes and their timelines. Every method is one statement or runs inside the caller's transaction. */
export class PushTable {
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  insert(record: PushRecord, content: Buffer | undefined): void {
    const { delivery, ...stored } = record;
    this.#database
      .prepare(
        'INSERT INTO push (id, terminal, method, state, unread, bytes, record, search) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(
        stored.id,
        stored.terminal,
        stored.method,
        stored.state,
        stored.read ? 0 : 1,
        keptBytes(stored),
        JSON.stringify(stored),
        searchText(stored, content),
      );
    this.appendDelivery(record.id, delivery);
  }

  update(id: string, change: PushUpdate): void {
    const stored = this.#stored(id);
    if (stored === null) return;
    const next: StoredRecord = { ...stored, ...change };
    this.#database
      .prepare('UPDATE push SET state = ?, unread = ?, bytes = ?, record = ? WHERE id = ?')
      .run(next.state, next.read ? 0 : 1, keptBytes(next), JSON.stringify(next), id);
  }

  appendDelivery(id: string, entries: readonly DeliveryEntry[]): void {
    const row: unknown = this.#database
      .prepare('SELECT COALESCE(MAX(number), 0) AS last FROM delivery WHERE push = ?')
      .get(id);
    let number = numberOf(row, 'last');
    const insert = this.#database.prepare('INSERT INTO delivery (push, number, entry) VALUES (?, ?, ?)');
    for (const entry of entries) {
      number += 1;
      if (number <= MAX_DELIVERY_ENTRIES) insert.run(id, number, JSON.stringify(entry));
    }
  }

  get(id: string): PushRecord | null {
    const stored = this.#stored(id);
    return stored === null ? null : this.#withDelivery(stored);
  }

  list(query: ListQuery): PushList {
    const conditions = [FILTERS[query.filter ?? 'all']];
    const values: (string | number)[] = [];
    if (query.terminal) {
      conditions.push('terminal = ?');
      values.push(query.terminal);
    }
    if (query.before) {
      conditions.push('id < ?');
      values.push(query.before);
    }
    for (const word of (query.search ?? '').toLowerCase().split(/\s+/).filter(Boolean)) {
      conditions.push("search LIKE ? ESCAPE '\\'");
      values.push(`%${word.replace(/[\\%_]/g, '\\$&')}%`);
    }
    const rows: readonly unknown[] = this.#database
      .prepare(`SELECT record FROM push WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ?`)
      .all(...values, query.limit + 1);
    const records = rows.slice(0, query.limit).flatMap((row) => {
      const stored = readStoredRecord(textOf(row, 'record'));
      return stored === null ? [] : [this.#withDelivery(stored)];
    });
    return { records, more: rows.length > query.limit };
  }

  counts(): HistoryCounts {
    const row: unknown = this.#database
      .prepare(
        `SELECT COUNT(*) AS total, COALESCE(SUM(unread), 0) AS unread,
                COALESCE(SUM(state = 'waiting'), 0) AS waiting, COALESCE(SUM(bytes), 0) AS bytes FROM push`,
      )
      .get();
    return {
      total: numberOf(row, 'total'),
      unread: numberOf(row, 'unread'),
      waiting: numberOf(row, 'waiting'),
      bytes: numberOf(row, 'bytes'),
    };
  }

  markRead(ids: readonly string[]): void {
    for (const id of ids) this.update(id, { read: true });
  }

  remove(ids: readonly string[]): void {
    const rows = this.#database.prepare('DELETE FROM push WHERE id = ?');
    const lines = this.#database.prepare('DELETE FROM delivery WHERE push = ?');
    for (const id of ids) {
      rows.run(id);
      lines.run(id);
    }
  }

  /** Offers that a crash left waiting or running have failed; nobody will answer them any more. */
  failInterrupted(at: string): void {
    const rows: readonly unknown[] = this.#database
      .prepare("SELECT id FROM push WHERE state IN ('waiting', 'receiving')")
      .all();
    for (const row of rows) {
      const id = textOf(row, 'id');
      const stored = this.#stored(id);
      if (stored === null) continue;
      const { body } = stored;
      const files =
        body.kind === 'files'
          ? body.files.map((file) =>
              file.state === 'verified' ? file : { ...file, state: 'failed' as const, reason: INTERRUPTED },
            )
          : [];
      this.update(id, {
        state: 'failed',
        reason: INTERRUPTED,
        body: body.kind === 'files' ? { ...body, files } : body,
      });
      this.appendDelivery(id, [
        { at, side: 'local', ok: false, title: 'Interrupted', detail: INTERRUPTED, file: null },
      ]);
    }
  }

  #stored(id: string): StoredRecord | null {
    const row: unknown = this.#database.prepare('SELECT record FROM push WHERE id = ?').get(id);
    return row === undefined ? null : readStoredRecord(textOf(row, 'record'));
  }

  #withDelivery(stored: StoredRecord): PushRecord {
    const rows: readonly unknown[] = this.#database
      .prepare('SELECT entry FROM delivery WHERE push = ? ORDER BY number')
      .all(stored.id);
    return { ...stored, delivery: rows.flatMap((row) => readDeliveryEntry(textOf(row, 'entry')) ?? []) };
  }
}

function keptBytes(record: StoredRecord): number {
  if (record.body.kind === 'content') return record.bytes;
  if (record.body.kind === 'none') return 0;
  return record.body.files.reduce((sum, file) => (file.state === 'verified' ? sum + file.received : sum), 0);
}

function searchText(record: StoredRecord, content: Buffer | undefined): string {
  const names = record.body.kind === 'files' ? record.body.files.map((file) => file.name) : [];
  const isText = /^text\/|\bjson\b|\bxml\b/i.test(record.contentType ?? '');
  const preview = isText ? (content?.toString('utf8', 0, MAX_PREVIEW_LENGTH) ?? '') : '';
  return [record.from, record.application ?? '', record.callId, ...names, preview].join('\n').toLowerCase();
}

function textOf(row: unknown, column: string): string {
  const value = columnOf(row, column);
  return typeof value === 'string' ? value : '';
}

function numberOf(row: unknown, column: string): number {
  const value = columnOf(row, column);
  return typeof value === 'number' ? value : 0;
}

function columnOf(row: unknown, column: string): unknown {
  return typeof row === 'object' && row !== null ? Reflect.get(row, column) : undefined;
}
