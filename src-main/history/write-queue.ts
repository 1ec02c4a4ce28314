import type { WriterConnection, WriterStatement } from './writer-connection.ts';

/** Writes that may wait for a commit; one more is refused, so that a flood cannot fill memory. */
const MAX_WAITING_WRITES = 10_000;
/** Bytes that waiting writes may hold; once they are reached no further write is taken. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Writes and bytes of one transaction: its rows run on the event loop, so more would hold it up for too long. */
const MAX_BATCH = 50;
const MAX_BATCH_BYTES = 1024 * 1024;

/** Too much waits to be written: the caller should say 503 and come back later. */
export class HistoryBusyError extends Error {
  constructor() {
    super('History is busy.');
  }
}

/** A write may hold bytes in memory, and may have something that must be durable before it runs. */
export type WriteOptions = { readonly bytes?: number; readonly first?: () => Promise<void> };

type Waiting = {
  readonly run: () => void;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Group commit: the writes of one turn of the event loop, and those that come while a commit runs, go into one
 * transaction, so that a burst costs few fsyncs. A write that fails fails alone; a commit that fails fails all of its
 * writes. `run` may be called twice, the first time undone, and must do nothing but execute statements.
 */
export class WriteQueue {
  readonly #connection: WriterConnection;
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
    statements: readonly [savepoint: WriterStatement, release: WriterStatement, rollBackTo: WriterStatement],
  ) {
    this.#connection = connection;
    [this.#savepoint, this.#release, this.#rollBackTo] = statements;
  }

  static async open(connection: WriterConnection): Promise<WriteQueue> {
    return new WriteQueue(connection, [
      await connection.prepare('SAVEPOINT one_write'),
      await connection.prepare('RELEASE one_write'),
      await connection.prepare('ROLLBACK TO one_write'),
    ]);
  }

  /** Transactions committed so far. */
  get commits(): number {
    return this.#commits;
  }

  /**
   * Runs a write inside the next commit, after what must come first; resolves when it is durable. Rejects with
   * HistoryBusyError, before anything is written, when too much waits.
   */
  write(run: () => void, options: WriteOptions = {}): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('History is closed.'));
    if (this.#openWrites >= MAX_WAITING_WRITES || this.#openBytes >= MAX_WAITING_BYTES) {
      return Promise.reject(new HistoryBusyError());
    }
    const { bytes = 0, first } = options;
    this.#openWrites += 1;
    this.#openBytes += bytes;
    return new Promise((resolve, reject) => {
      let isOpen = true;
      const settle = (tell: () => void) => {
        if (isOpen) this.#settled(bytes);
        isOpen = false;
        tell();
      };
      const waiting: Waiting = {
        run,
        bytes,
        resolve: () => settle(resolve),
        reject: (error) => settle(() => reject(error)),
      };
      if (first === undefined) this.#enqueue(waiting);
      else first().then(() => this.#enqueue(waiting), waiting.reject);
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

  #settled(bytes: number): void {
    this.#openWrites -= 1;
    this.#openBytes -= bytes;
    // After the settled promises' own callbacks, and after the transaction under way.
    if (this.#openWrites === 0 && this.#idle !== null) setImmediate(this.#idle);
  }

  #enqueue(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (this.#draining) return;
    this.#draining = true;
    setImmediate(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commit(this.#nextBatch());
    this.#draining = false;
  }

  #nextBatch(): readonly Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex((write, index) => {
      bytes += write.bytes;
      return index > 0 && (index >= MAX_BATCH || bytes > MAX_BATCH_BYTES);
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#connection.exec('BEGIN IMMEDIATE');
      const done = (await this.#runTogether(batch)) ? batch : batch.filter((write) => this.#runAlone(write));
      await this.#connection.exec('COMMIT');
      this.#commits += 1;
      for (const write of done) write.resolve();
    } catch (error) {
      // Without an open transaction, as when BEGIN itself failed, there is nothing to roll back.
      await this.#connection.exec('ROLLBACK').catch(() => {});
      for (const write of batch) write.reject(error);
    }
  }

  /** Runs all writes at once; false, with all of them undone, when one failed. */
  async #runTogether(batch: readonly Waiting[]): Promise<boolean> {
    try {
      for (const write of batch) write.run();
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
      write.run();
      this.#release.run();
      return true;
    } catch (error) {
      this.#rollBackTo.run();
      this.#release.run();
      write.reject(error);
      return false;
    }
  }
}
