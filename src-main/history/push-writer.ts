import { applicationColumn, keptBytes, type NewPush, numberOf, textOf } from './push-row.ts';
import { readStoredRecord, type StoredRecord } from './record-schema.ts';
import { type DeliveryEntry, type FileRecord, isMessage, type PushBody, type PushRecord } from './records.ts';
import type { Row } from './row-pack.ts';
import type { RowStatement } from './row-writer.ts';
import { INDEX_AGAIN } from './search-table.ts';
import type { WriterConnection, WriterStatement } from './writer-connection.ts';

/** What may change of a push once it is kept. */
export type PushUpdate = Partial<
  Pick<
    PushRecord,
    'state' | 'code' | 'reason' | 'read' | 'pinned' | 'times' | 'mismatch' | 'body' | 'preview' | 'references'
  >
>;

/** Contents of pushes that were removed: hashes of what they held of the vault, and those whose own stood beside them. */
export type RemovedContents = { readonly vaulted: readonly string[]; readonly beside: readonly string[] };

/** Lines of one timeline that are kept: a hostile peer must not make it grow without end. */
const MAX_DELIVERY_ENTRIES = 1_000;
const INTERRUPTED = 'The app was closed during the transfer.';

/** How rows are written. */
export const STATEMENTS = {
  insertPush:
    'INSERT INTO push (id, terminal, method, state, unread, bytes, record, search, timeline, application) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  countPush:
    'INSERT INTO tally VALUES (?, ?, ?, ?, ?) ON CONFLICT (terminal) DO UPDATE SET total = total + excluded.total, unread = unread + excluded.unread, waiting = waiting + excluded.waiting, bytes = bytes + excluded.bytes',
  insertContent: 'INSERT INTO content (push, bytes) VALUES (?, ?)',
  deleteContent: 'DELETE FROM content WHERE push = ?',
  addUse: 'INSERT INTO vaulted (sha256, uses) VALUES (?, 1) ON CONFLICT DO UPDATE SET uses = uses + 1',
  addFetched: 'INSERT OR REPLACE INTO fetched (push, terminal, sha256, bytes) VALUES (?, ?, ?, ?)',
  deleteFetched: 'DELETE FROM fetched WHERE push = ?',
  dropUse: 'UPDATE vaulted SET uses = uses - 1 WHERE sha256 = ?',
  deleteUnused: 'DELETE FROM vaulted WHERE sha256 = ? AND uses <= 0',
  updatePush: 'UPDATE push SET state = ?, unread = ?, pinned = ?, bytes = ?, record = ? WHERE id = ?',
  deletePush: 'DELETE FROM push WHERE id = ?',
  selectPush: 'SELECT record FROM push WHERE id = ?',
  insertDelivery: 'INSERT INTO delivery (push, number, entry) VALUES (?, ?, ?)',
  deleteDelivery: 'DELETE FROM delivery WHERE push = ?',
  addVerified: 'INSERT OR IGNORE INTO verified (sha1, push) VALUES (?, ?)',
  deleteVerified: 'DELETE FROM verified WHERE push = ?',
  indexAgain: INDEX_AGAIN,
  lastDelivery: 'SELECT COALESCE(MAX(number), 0) AS last FROM delivery WHERE push = ?',
} as const;

/** What a row writer is told to keep a new push. */
export const ROW_STATEMENTS: readonly RowStatement[] = [
  { sql: STATEMENTS.insertPush },
  { sql: STATEMENTS.countPush, sums: true },
  { sql: STATEMENTS.insertContent },
];

/** The rows of a new push whose content is no file of the vault. */
export function rowsOf(push: NewPush): readonly Row[] {
  const { stored, content } = push;
  const rows: readonly Row[] = [
    [0, ...pushColumns(push)],
    [1, ...tallyColumns(push)],
  ];
  return content.kind === 'small' ? [...rows, [2, stored.id, content.bytes]] : rows;
}

/** The values of `insertPush`, in its order. */
export function pushColumns({ stored, record, search, timeline }: NewPush): readonly (string | number)[] {
  const { id, terminal, method, state, read, application } = stored;
  const unread = read ? 0 : 1;
  const key = applicationColumn(application);
  return [id, terminal, method, state, unread, keptBytes(stored), record, search, timeline, key];
}

/** What a new push adds to the totals of its terminal: the values of `countPush`. */
export function tallyColumns({ stored }: NewPush): readonly (string | number)[] {
  const waiting = stored.state === 'waiting' ? 1 : 0;
  return [stored.terminal, 1, stored.read ? 0 : 1, waiting, keptBytes(stored)];
}

type Statements = Readonly<Record<keyof typeof STATEMENTS, WriterStatement>>;

/** Writes the rows of pushes and their timelines. Every method must run inside the caller's transaction. */
export class PushWriter {
  readonly #statements: Statements;

  private constructor(statements: Statements) {
    this.#statements = statements;
  }

  static async open(connection: WriterConnection): Promise<PushWriter> {
    const prepare = (name: keyof typeof STATEMENTS) => connection.prepare(STATEMENTS[name]);
    return new PushWriter({
      insertPush: await prepare('insertPush'),
      countPush: await prepare('countPush'),
      insertContent: await prepare('insertContent'),
      deleteContent: await prepare('deleteContent'),
      addUse: await prepare('addUse'),
      addFetched: await prepare('addFetched'),
      deleteFetched: await prepare('deleteFetched'),
      dropUse: await prepare('dropUse'),
      deleteUnused: await prepare('deleteUnused'),
      updatePush: await prepare('updatePush'),
      deletePush: await prepare('deletePush'),
      selectPush: await prepare('selectPush'),
      insertDelivery: await prepare('insertDelivery'),
      deleteDelivery: await prepare('deleteDelivery'),
      addVerified: await prepare('addVerified'),
      deleteVerified: await prepare('deleteVerified'),
      indexAgain: await prepare('indexAgain'),
      lastDelivery: await prepare('lastDelivery'),
    });
  }

  /** A new push. Its content is put beside it, or counted as one use more of a file of the vault. */
  insert(row: NewPush): void {
    const { stored, content } = row;
    this.#statements.insertPush.run(...pushColumns(row));
    this.#statements.countPush.run(...tallyColumns(row));
    switch (content.kind) {
      case 'none':
        return;
      case 'small':
        this.#statements.insertContent.run(stored.id, content.bytes);
        return;
      case 'vault':
        this.#statements.addUse.run(content.sha256);
    }
  }

  update(id: string, change: PushUpdate): void {
    const stored = this.#stored(id);
    if (stored === null) return;
    const next: StoredRecord = { ...stored, ...change };
    const [unread, pinned] = [next.read ? 0 : 1, next.pinned ? 1 : 0];
    this.#statements.updatePush.run(next.state, unread, pinned, keptBytes(next), JSON.stringify(next), id);
    if (found(next) !== found(stored)) this.#statements.indexAgain.run(id);
    if (change.body?.kind !== 'files') return;
    for (const { state, sha1 } of change.body.files)
      if (state === 'verified' && sha1 !== null) this.#statements.addVerified.run(sha1, id);
  }

  /** A push holds one file of the vault more: content it refers to. Without effect on one that was removed. */
  adopt(id: string, sha256: string, bytes: number, change: PushUpdate): void {
    const stored = this.#stored(id);
    if (stored === null) return;
    this.#statements.addUse.run(sha256);
    this.#statements.addFetched.run(id, stored.terminal, sha256, bytes);
    this.update(id, change);
  }

  appendDelivery(id: string, entries: readonly DeliveryEntry[]): void {
    if (entries.length === 0) return;
    let number = numberOf(this.#statements.lastDelivery.get(id), 'last');
    for (const entry of entries) {
      number += 1;
      if (number > MAX_DELIVERY_ENTRIES) return;
      this.#statements.insertDelivery.run(id, number, JSON.stringify(entry));
    }
  }

  mark(ids: readonly string[], change: Pick<PushUpdate, 'read' | 'pinned'>): void {
    for (const id of ids) this.update(id, change);
  }

  /** Removes pushes with their timelines and what they hold of content; answers what that was. */
  remove(ids: readonly string[]): RemovedContents {
    const vaulted: string[] = [];
    const beside: string[] = [];
    for (const id of ids) {
      const stored = this.#stored(id);
      const isBeside = changesOf(this.#statements.deleteContent.run(id)) > 0;
      if (isBeside) beside.push(id);
      for (const sha256 of stored === null ? [] : vaultedBy(stored, isBeside)) {
        this.#statements.dropUse.run(sha256);
        this.#statements.deleteUnused.run(sha256);
        vaulted.push(sha256);
      }
      if (stored !== null && stored.references.length > 0) this.#statements.deleteFetched.run(id);
      this.#statements.deletePush.run(id);
      this.#statements.deleteVerified.run(id);
      this.#statements.deleteDelivery.run(id);
    }
    return { vaulted, beside };
  }

  /** Fails an offer that a crash left open: nobody will answer it any more. */
  failInterrupted(id: string, at: string): void {
    const stored = this.#stored(id);
    if (stored === null) return;
    if (isMessage(stored)) {
      // It was answered long ago; what it refers to can still be fetched.
      if (stored.state === 'receiving') this.update(id, { state: 'waiting', reason: INTERRUPTED });
      return;
    }
    this.update(id, { state: 'failed', reason: INTERRUPTED, body: failOpenFiles(stored.body) });
    this.appendDelivery(id, [
      { at, side: 'local', ok: false, title: 'Interrupted', detail: INTERRUPTED, file: null },
    ]);
  }

  #stored(id: string): StoredRecord | null {
    const row = this.#statements.selectPush.get(id);
    return row === undefined ? null : readStoredRecord(textOf(row, 'record'));
  }
}

/** What a push holds of the vault: its content unless that stands beside it, and what was fetched for it. */
function vaultedBy({ body, references }: StoredRecord, isBeside: boolean): readonly string[] {
  const own = body.kind === 'content' && !isBeside ? [body.sha256] : [];
  return [...own, ...references.flatMap(({ sha256 }) => sha256 ?? [])];
}

/** What of the files of a push a search finds: names and Message-IDs. */
function found({ body }: StoredRecord): string {
  if (body.kind !== 'files') return '';
  return body.files
    .flatMap(({ name, report }) => [
      name,
      report?.messageId ?? '',
      ...(report?.reports.map(({ messageId }) => messageId) ?? []),
    ])
    .join('\n');
}

function changesOf(result: unknown): number {
  return numberOf(result, 'changes');
}

function failOpenFiles(body: PushBody): PushBody {
  return body.kind === 'files' ? { ...body, files: body.files.map(failOpenFile) } : body;
}

function failOpenFile(file: FileRecord): FileRecord {
  switch (file.state) {
    case 'offered':
    case 'accepted':
    case 'receiving':
      return { ...file, state: 'failed', reason: INTERRUPTED };
    default:
      return file;
  }
}
