export type WorkLimits = {
  /** Jobs at once. */
  readonly running: number;
  /** Jobs that wait; beyond it they are refused. */
  readonly waiting: number;
};

type Job = (signal: AbortSignal) => Promise<void>;

/** Runs a few jobs at once and lets the others wait in order. */
export class WorkQueue {
  readonly #limits: WorkLimits;
  readonly #waiting: Job[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #closed = false;

  constructor(limits: WorkLimits) {
    this.#limits = limits;
  }

  /** Takes a job that never rejects and ends soon once its signal fires; false when too many wait, or it is closed. */
  add(job: Job): boolean {
    if (this.#closed || this.#waiting.length >= this.#limits.waiting) return false;
    this.#waiting.push(job);
    this.#next();
    return true;
  }

  /** Takes no more, and resolves once all jobs have ended, those that wait too. */
  async finish(): Promise<void> {
    this.#closed = true;
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Fires the signal of all jobs, also of those that still wait, and resolves once they have ended. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.finish();
  }

  #next(): void {
    while (this.#running.size < this.#limits.running) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      const run = job(this.#abort.signal).finally(() => {
        this.#running.delete(run);
        this.#next();
      });
      this.#running.add(run);
    }
  }
}
