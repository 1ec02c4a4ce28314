import type Database from 'libsql';

/** Writes that may wait for a commit; one more is refused, so that a flood cannot fill memory. */
const MAX_WAITING_WRITES = 10_000;

/** Too much waits to be written: the caller should say 503 and come back later. */
export class HistoryBusyError extends Error {
  constructor() {
    super('History is busy.');
  }
}

type Waiting = {
  readonly run: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Group commit: every write of one turn of the event loop goes into one transaction, so that a burst costs few
 * fsyncs. A write that fails fails alone; a commit that fails fails all of its writes.
 */
export class WriteQueue {
  readonly #database: Database.Database;
  #waiting: Waiting[] = [];
  #scheduled: NodeJS.Immediate | null = null;
  #closed = false;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  /** Runs a write inside the next commit; resolves when it is durable. */
  write(run: () => void): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('History is closed.'));
    if (this.#waiting.length >= MAX_WAITING_WRITES) return Promise.reject(new HistoryBusyError());
    this.#scheduled ??= setImmediate(() => this.#flush());
    return new Promise((resolve, reject) => this.#waiting.push({ run, resolve, reject }));
  }

  /** Commits what waits; later writes are refused. */
  close(): void {
    this.#flush();
    this.#closed = true;
  }

  #flush(): void {
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
    this.#scheduled = null;
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    const done: Waiting[] = [];
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const write of batch) {
        if (this.#runAlone(write)) done.push(write);
      }
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#rollBack();
      for (const write of batch) write.reject(error);
      return;
    }
    for (const write of done) write.resolve();
  }

  #runAlone(write: Waiting): boolean {
    this.#database.exec('SAVEPOINT write');
    try {
      write.run();
      this.#database.exec('RELEASE write');
      return true;
    } catch (error) {
      this.#database.exec('ROLLBACK TO write; RELEASE write');
      write.reject(error);
      return false;
    }
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // No transaction was open: BEGIN itself failed.
    }
  }
}
