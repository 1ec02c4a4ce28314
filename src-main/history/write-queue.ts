import { type Row, RowPack } from './row-pack.ts';
import type { RowWriter } from './row-writer.ts';
import type { WriterConnection, WriterStatement } from './writer-connection.ts';

/** Writes that may wait for a commit; one more is refused, so that a flood cannot fill memory. */
const MAX_WAITING_WRITES = 10_000;
/** Bytes that waiting writes may hold; once they are reached no further write is taken. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Writes and bytes of one transaction that runs on the event loop: more would hold it up for too long. */
const MAX_BATCH = 50;
/**
 * Writes of one transaction that runs elsewhere: as many as a slow disk needs. What follows each of them runs in one turn
 * of the event loop, so that a burst is answered at once and is soon forgotten.
 */
const MAX_ROW_BATCH = 500;
const MAX_BATCH_BYTES = 1024 * 1024;

/** Too much waits to be written: the caller should say 503 and come back later. */
export class HistoryBusyError extends Error {
  constructor() {
    super('History is busy.');
  }
}

/** A write may hold bytes in memory, and may have something that must be durable before it runs. */
export type WriteOptions = { readonly bytes?: number; readonly first?: () => Promise<void> };

/** A write that reads, on the event loop; or rows only. */
export type Write = (() => void) | readonly Row[];

type Waiting = {
  /** Null for rows, which are packed: so many bytes of the pack. */
  readonly work: (() => void) | null;
  packed: number;
  bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** False once it has settled. */
  isOpen: boolean;
};

/**
 * Group commit: the writes of one turn of the event loop, and those that come while a commit runs, go into one
 * transaction, so that a burst costs few fsyncs. A write that fails fails alone; a commit that fails fails all of its
 * writes. A function may be called twice, the first time undone, and must do nothing but execute statements; rows
 * go to the row writer. All take effect in the order in which they came.
 */
export class WriteQueue {
  readonly #connection: WriterConnection;
  readonly #rows: RowWriter;
  readonly #explain: (error: unknown) => unknown;
  readonly #pack = new RowPack();
  readonly #savepoint: WriterStatement;
  readonly #release: WriterStatement;
  readonly #rollBackTo: WriterStatement;
  #openWrites = 0;
  #openBytes = 0;
  #commits = 0;
  #waiting: Waiting[] = [];
  #draining = false;
  #closed = false;
  #idle: (() => void) | null = null;

  private constructor(
    connection: WriterConnection,
    rows: RowWriter,
    explain: (error: unknown) => unknown,
    statements: readonly [savepoint: WriterStatement, release: WriterStatement, rollBackTo: WriterStatement],
  ) {
    this.#connection = connection;
    this.#rows = rows;
    this.#explain = explain;
    [this.#savepoint, this.#release, this.#rollBackTo] = statements;
  }

  /** `explain` makes of an error what its write is rejected with. */
  static async open(
    connection: WriterConnection,
    rows: RowWriter,
    explain: (error: unknown) => unknown,
  ): Promise<WriteQueue> {
    return new WriteQueue(connection, rows, explain, [
      await connection.prepare('SAVEPOINT one_write'),
      await connection.prepare('RELEASE one_write'),
      await connection.prepare('ROLLBACK TO one_write'),
    ]);
  }

  /** Transactions committed so far. */
  get commits(): number {
    return this.#commits;
  }

  /** Whether every write that was taken has settled. */
  get isIdle(): boolean {
    return this.#openWrites === 0;
  }

  /**
   * Runs a write inside the next commit, after what must come first; resolves when it is durable. Rejects with
   * HistoryBusyError, before anything is written, when too much waits.
   */
  write(work: Write, options: WriteOptions = {}): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('History is closed.'));
    if (this.#openWrites >= MAX_WAITING_WRITES || this.#openBytes >= MAX_WAITING_BYTES) {
      return Promise.reject(new HistoryBusyError());
    }
    const { bytes = 0, first } = options;
    this.#openWrites += 1;
    this.#openBytes += bytes;
    return new Promise((resolve, reject) => {
      const rows = typeof work === 'function' ? null : work;
      const run = typeof work === 'function' ? work : null;
      const waiting: Waiting = { work: run, packed: 0, bytes, resolve, reject, isOpen: true };
      if (first === undefined) this.#enqueue(waiting, rows);
      else
        first().then(
          () => this.#enqueue(waiting, rows),
          (error: unknown) => this.#fail(waiting, error),
        );
    });
  }

  /** Refuses later writes; resolves when every write that was taken has settled. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#openWrites === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  #done(write: Waiting): void {
    this.#settled(write);
    write.resolve();
  }

  #fail(write: Waiting, error: unknown): void {
    this.#settled(write);
    write.reject(this.#explain(error));
  }

  #settled(write: Waiting): void {
    if (!write.isOpen) return;
    write.isOpen = false;
    this.#openWrites -= 1;
    this.#openBytes -= write.bytes;
    // After the settled promises' own callbacks, and after the transaction under way.
    if (this.#openWrites === 0 && this.#idle !== null) setImmediate(this.#idle);
  }

  #enqueue(waiting: Waiting, rows: readonly Row[] | null): void {
    try {
      if (rows !== null) this.#packRows(waiting, rows);
    } catch (error) {
      this.#fail(waiting, error);
      return;
    }
    this.#waiting.push(waiting);
    if (this.#draining) return;
    this.#draining = true;
    setImmediate(() => void this.#drain());
  }

  #packRows(waiting: Waiting, rows: readonly Row[]): void {
    waiting.packed = this.#pack.add(rows);
    // They may take more than was announced, as escapes do.
    const more = Math.max(0, waiting.packed - waiting.bytes);
    waiting.bytes += more;
    this.#openBytes += more;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      await (batch[0]?.work === null ? this.#writeRows(batch) : this.#commit(batch));
    }
    this.#draining = false;
  }

  #nextBatch(): readonly Waiting[] {
    let bytes = 0;
    const ofRows = this.#waiting[0]?.work === null;
    const end = this.#waiting.findIndex((write, index) => {
      bytes += write.bytes;
      const isFull = index >= (ofRows ? MAX_ROW_BATCH : MAX_BATCH) || bytes > MAX_BATCH_BYTES;
      return index > 0 && (isFull || ofRows !== (write.work === null));
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #writeRows(batch: readonly Waiting[]): Promise<void> {
    try {
      const bytes = batch.reduce((sum, { packed }) => sum + packed, 0);
      const failed = await this.#rows.write(this.#pack, batch.length, bytes);
      this.#commits += 1;
      for (const [index, write] of batch.entries()) {
        const error = failed[index] ?? null;
        if (error === null) this.#done(write);
        else this.#fail(write, error);
      }
    } catch (error) {
      for (const write of batch) this.#fail(write, error);
    }
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#connection.exec('BEGIN IMMEDIATE');
      const done = (await this.#runTogether(batch)) ? batch : batch.filter((write) => this.#runAlone(write));
      await this.#connection.exec('COMMIT');
      this.#commits += 1;
      for (const write of done) this.#done(write);
    } catch (error) {
      // Without an open transaction, as when BEGIN itself failed, there is nothing to roll back.
      await this.#connection.exec('ROLLBACK').catch(() => {});
      for (const write of batch) this.#fail(write, error);
    }
  }

  /** Runs all writes at once; false, with all of them undone, when one failed. */
  async #runTogether(batch: readonly Waiting[]): Promise<boolean> {
    try {
      for (const write of batch) run(write);
      return true;
    } catch {
      // SQLite itself may have undone all of it, as when the disk is full.
      await this.#connection.exec('ROLLBACK').catch(() => {});
      await this.#connection.exec('BEGIN IMMEDIATE');
      return false;
    }
  }

  #runAlone(write: Waiting): boolean {
    this.#savepoint.run();
    try {
      run(write);
      this.#release.run();
      return true;
    } catch (error) {
      this.#rollBackTo.run();
      this.#release.run();
      this.#fail(write, error);
      return false;
    }
  }
}

function run({ work }: Waiting): void {
  work?.();
}
