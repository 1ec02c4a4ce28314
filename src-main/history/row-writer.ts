import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { WRITER_SETTINGS } from './database.ts';
import type { RowPack } from './row-pack.ts';
import threadSource from './row-writer-thread.cjs?raw';

/**
 * A statement of a row writer. One that `sums` runs once at the end of a transaction for all of its rows with the same
 * first value, with the sums of their other values.
 */
export type RowStatement = { readonly sql: string; readonly sums?: boolean };

/** Writes rows, in transactions. */
export type RowWriter = {
  /**
   * One transaction of the first `count` writes of a pack, which take so many bytes there. Answers what was wrong with
   * each write, null where nothing was and it is durable. Rejects when the transaction failed, and with it all of them.
   */
  readonly write: (pack: RowPack, count: number, bytes: number) => Promise<readonly (Error | null)[]>;
  readonly close: () => Promise<void>;
};

type Failure = { readonly message: string; readonly code?: string };
type Answer = { readonly memory: ArrayBuffer } & (
  | { readonly failed: readonly (Failure | null)[] | null }
  | { readonly all: Failure }
);

/** Bytes handed to the thread at once that are not worth less memory. */
const LEAST_MEMORY = 512 * 1024;
/** Memory that is kept for the next; more is for the garbage collector. */
const MAX_SPARE = 2;
const MAX_SPARE_BYTES = 4 * 1024 * 1024;

type Pending = {
  readonly count: number;
  readonly resolve: (failed: readonly (Error | null)[]) => void;
  readonly reject: (error: Error) => void;
};

/**
 * A row writer in a thread of its own, so that neither inserting nor the disk holds the event loop up. A thread that
 * dies fails what it was given; the next write starts another.
 */
export class ThreadRowWriter implements RowWriter {
  readonly #path: string;
  readonly #statements: readonly RowStatement[];
  readonly #pending: Pending[] = [];
  #worker: Worker | null = null;
  readonly #spare: ArrayBuffer[] = [];

  constructor(path: string, statements: readonly RowStatement[]) {
    this.#path = path;
    this.#statements = statements;
  }

  write(pack: RowPack, count: number, bytes: number): Promise<readonly (Error | null)[]> {
    const memory = this.#takeFrom(pack, bytes);
    return new Promise((resolve, reject) => {
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#pending.push({ count, resolve, reject });
      this.#worker.postMessage({ memory, bytes }, [memory]);
    });
  }

  /** Ends the thread after what it was given. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    await new Promise<void>((resolve) => {
      worker.ref();
      worker.once('exit', () => resolve());
      worker.postMessage(null);
    });
  }

  /** Ends the thread at once, as its own failure would. Resolves when it is gone. */
  async terminate(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** @throws Error when there is no memory; the pack is rid of these bytes all the same. */
  #takeFrom(pack: RowPack, bytes: number): ArrayBuffer {
    try {
      const memory = this.#memoryFor(bytes);
      pack.take(new Uint8Array(memory, 0, bytes));
      return memory;
    } catch (error) {
      pack.skip(bytes);
      throw error;
    }
  }

  /** Memory that goes to the thread and comes back with its answer: new memory costs as much as filling it. */
  #memoryFor(bytes: number): ArrayBuffer {
    const spare = this.#spare.pop();
    return spare !== undefined && spare.byteLength >= bytes
      ? spare
      : new ArrayBuffer(Math.max(bytes, LEAST_MEMORY));
  }

  #start(): Worker {
    const libsql = createRequire(import.meta.url).resolve('libsql');
    const workerData = { path: this.#path, settings: WRITER_SETTINGS, statements: this.#statements, libsql };
    const worker = new Worker(threadSource, { eval: true, workerData, execArgv: [] });
    let reason = 'its thread ended';
    worker.on('message', (answer: Answer) => this.#answered(answer));
    worker.on('error', (error) => {
      reason = error.message;
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      for (const { reject } of this.#pending.splice(0)) reject(new Error(`History cannot write: ${reason}.`));
    });
    return worker;
  }

  #answered(answer: Answer): void {
    const pending = this.#pending.shift();
    const { memory } = answer;
    if (this.#spare.length < MAX_SPARE && memory.byteLength <= MAX_SPARE_BYTES) this.#spare.push(memory);
    // A thread with nothing to do does not keep the process alive.
    if (this.#pending.length === 0) this.#worker?.unref();
    if (pending === undefined) return;
    if ('all' in answer) pending.reject(asError(answer.all));
    else if (answer.failed === null) pending.resolve(new Array<null>(pending.count).fill(null));
    else pending.resolve(answer.failed.map((failure) => (failure === null ? null : asError(failure))));
  }
}

function asError({ message, code }: Failure): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
