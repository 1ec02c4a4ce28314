import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import Database from 'libsql';
import { newPushId } from './push-id.ts';
import { bytesOf, MAX_SMALL_CONTENT_BYTES, type NewPush, newPush, numberOf, textOf } from './push-row.ts';
import { pushColumns, STATEMENTS, tallyColumns } from './push-writer.ts';
import { attempt, readableRows } from './readable-rows.ts';
import { readDeliveryEntry, readStoredRecord, readTimeline, type StoredRecord } from './record-schema.ts';
import type { PushRecord } from './records.ts';

/** What was brought over from a damaged history. */
export type Recovery = {
  readonly pushes: number;
  /** Pushes that could not be read; null where not even their number could. */
  readonly lost: number | null;
  /** Contents of the vault whose push is lost: each has a push of its own now. */
  readonly contents: number;
};

/** Name of the terminal that contents without a push are shown under. */
export const RECOVERED = 'recovered';
const CONTENT = 'SELECT bytes FROM content WHERE push = ?';
const DELIVERY = 'SELECT entry FROM delivery WHERE push = ? ORDER BY number';
const ROWS_A_TRANSACTION = 500;
const SHA256 = /^[0-9a-f]{64}$/;
/** Its bytes lie in the vault, and are no text. */
const NO_BYTES = Buffer.alloc(0);

/**
 * Fills a new history with what can still be read of a damaged one: every row of a push with its content and timeline,
 * then contents of the vault that no such row names. The damaged file is only read.
 */
export async function rebuild(fresh: Database.Database, damaged: string, vault: string): Promise<Recovery> {
  const writer = new RebuildWriter(fresh);
  const old = attempt(() => new Database(damaged, { readonly: true }));
  let lost: number | null = null;
  if (old !== null) {
    writer.copy(old);
    const total = attempt((): unknown => old.prepare('SELECT SUM(total) AS total FROM tally').get());
    lost = total === null ? null : Math.max(0, numberOf(total, 'total') - writer.pushes);
    old.close();
  }
  const contents = await writer.adoptLeft(vault);
  writer.end();
  return { pushes: writer.pushes, lost, contents };
}

class RebuildWriter {
  /** Pushes brought over. */
  pushes = 0;
  readonly #database: Database.Database;
  readonly #statements: ReadonlyMap<keyof typeof STATEMENTS, Database.Statement>;
  #rows = 0;

  constructor(database: Database.Database) {
    this.#database = database;
    const names = [
      'insertPush',
      'countPush',
      'insertContent',
      'addUse',
      'addFetched',
      'addVerified',
      'insertDelivery',
    ] as const;
    this.#statements = new Map(names.map((name) => [name, database.prepare(STATEMENTS[name])]));
    database.exec('BEGIN');
  }

  copy(old: Database.Database): void {
    for (const row of readableRows(old)) {
      const record = textOf(row, 'record');
      const stored = readStoredRecord(record);
      if (stored === null) continue;
      const small: unknown = attempt((): unknown => old.prepare(CONTENT).get(stored.id));
      const entries = attempt((): readonly unknown[] => old.prepare(DELIVERY).all(stored.id)) ?? [];
      const bytes = bytesOf(small, 'bytes');
      const copied = this.#insert({
        stored,
        record,
        search: textOf(row, 'search'),
        timeline: JSON.stringify(readTimeline(textOf(row, 'timeline'))),
        content: placeOf(stored, bytes),
      });
      if (!copied) continue;
      this.pushes += 1;
      this.#hold(stored);
      for (const [index, entry] of entries.entries()) {
        const line = readDeliveryEntry(textOf(entry, 'entry'));
        if (line !== null) this.#run('insertDelivery', stored.id, index + 1, JSON.stringify(line));
      }
    }
  }

  /** Makes a push of each content of the vault that none names. Answers how many. */
  async adoptLeft(vault: string): Promise<number> {
    const isUsed = this.#database.prepare('SELECT 1 AS used FROM vaulted WHERE sha256 = ?');
    let adopted = 0;
    const files = await readdir(vault, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const { name, parentPath } of files) {
      if (!SHA256.test(name) || isUsed.get(name) !== undefined) continue;
      const path = join(parentPath, name);
      if ((await hashOf(path)) !== name) continue;
      const { size, mtime } = await stat(path);
      const { record, stored, search, timeline } = newPush(recoveredRecord(name, size, mtime), NO_BYTES);
      if (this.#insert({ record, stored, search, timeline, content: { kind: 'vault', sha256: name } }))
        adopted += 1;
    }
    return adopted;
  }

  end(): void {
    this.#database.exec('COMMIT');
  }

  /** Answers false for an id that is there already. */
  #insert(push: NewPush): boolean {
    if (attempt(() => this.#run('insertPush', ...pushColumns(push))) === null) return false;
    this.#run('countPush', ...tallyColumns(push));
    if (push.stored.pinned)
      this.#database.prepare('UPDATE push SET pinned = 1 WHERE id = ?').run(push.stored.id);
    if (push.content.kind === 'small') this.#run('insertContent', push.stored.id, push.content.bytes);
    if (push.content.kind === 'vault') this.#run('addUse', push.content.sha256);
    this.#rows += 1;
    if (this.#rows % ROWS_A_TRANSACTION === 0) this.#database.exec('COMMIT; BEGIN');
    return true;
  }

  /** Notes what else a push holds: fetched content and verified files. */
  #hold({ id, terminal, references, body }: StoredRecord): void {
    for (const { sha256, received } of references) {
      if (sha256 === null) continue;
      this.#run('addUse', sha256);
      this.#run('addFetched', id, terminal, sha256, received);
    }
    for (const { state, sha1 } of body.kind === 'files' ? body.files : [])
      if (state === 'verified' && sha1 !== null) this.#run('addVerified', sha1, id);
  }

  #run(name: keyof typeof STATEMENTS, ...values: readonly (string | number | Buffer)[]): true {
    this.#statements.get(name)?.run(...values);
    return true;
  }
}

/** Content that stood beside its push may be lost while the push is not. */
function placeOf({ body, bytes }: StoredRecord, small: Buffer | null): NewPush['content'] {
  if (body.kind !== 'content') return { kind: 'none' };
  if (small !== null) return { kind: 'small', bytes: small };
  return bytes > MAX_SMALL_CONTENT_BYTES ? { kind: 'vault', sha256: body.sha256 } : { kind: 'none' };
}

function recoveredRecord(sha256: string, bytes: number, time: Date): PushRecord {
  const at = time.toISOString();
  return {
    id: newPushId(time.getTime()),
    terminal: RECOVERED,
    method: 'MESSAGE',
    at,
    application: null,
    from: 'unknown',
    asserted: false,
    callId: '',
    headers: '',
    contentType: 'application/octet-stream',
    bytes,
    preview: 'Recovered content',
    state: 'received',
    code: null,
    reason: 'History was damaged, and only the content of this push is left.',
    read: false,
    times: 1,
    mismatch: false,
    pinned: false,
    body: { kind: 'content', sha256 },
    references: [],
    delivery: [],
  };
}

async function hashOf(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  } catch {
    return null;
  }
}
