import type { FetchResult } from './fetch-result.ts';

/** One fetch to do. */
export type FetchJob = {
  /** Names it for `cancel`; only one of a name is in the queue at a time. */
  readonly id: string;
  readonly url: string;
  /** Does the fetch. Must not reject, and ends soon once the signal fires. */
  readonly run: (signal: AbortSignal) => Promise<FetchResult>;
};

/** Whether a fetch was taken; `result` never rejects. */
export type Queued =
  | { readonly kind: 'queued'; readonly result: Promise<FetchResult> }
  | {
      readonly kind: 'refused';
      readonly cause: 'full' | 'closed' | 'duplicate';
      /** A sentence. */
      readonly reason: string;
    };

export type FetchQueueLimits = {
  /** Fetches at once. */
  readonly running: number;
  /** Fetches at once from one host. */
  readonly perHost: number;
  /** Fetches that wait; beyond it they are refused. */
  readonly waiting: number;
};

/** A burst of pushes must not become a burst of downloads (RFC 4483 §7: consumption of resources). */
export const DEFAULT_QUEUE_LIMITS: FetchQueueLimits = { running: 4, perHost: 2, waiting: 1_000 };

type Entry = {
  readonly job: FetchJob;
  readonly host: string;
  readonly abort: AbortController;
  readonly settle: (result: FetchResult) => void;
};

const CANCELLED: FetchResult = {
  kind: 'failed',
  reason: 'aborted',
  message: 'Fetching the content was cancelled.',
};
const BROKEN: FetchResult = { kind: 'failed', reason: 'network', message: 'Fetching the content failed.' };

/** Fetches a few contents at once and lets the others wait, in order, except that no host holds up another. */
export class FetchQueue {
  readonly #limits: FetchQueueLimits;
  readonly #running = new Map<string, Entry>();
  readonly #waiting = new Map<string, Entry>();
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(limits: FetchQueueLimits = DEFAULT_QUEUE_LIMITS) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a fetch, which begins at once if there is room. */
  add(job: FetchJob): Queued {
    if (this.#closed) return refused('closed', 'The terminal is shutting down.');
    if (this.#running.has(job.id) || this.#waiting.has(job.id)) {
      return refused('duplicate', 'This content is being fetched already.');
    }
    const host = hostOf(job.url);
    if (!this.#hasRoom(host) && this.#waiting.size >= this.#limits.waiting) {
      return refused('full', `${this.#limits.waiting} fetches are waiting already.`);
    }
    const result = new Promise<FetchResult>((settle) => {
      this.#waiting.set(job.id, { job, host, abort: new AbortController(), settle });
    });
    this.#startNext();
    return { kind: 'queued', result };
  }

  /** Ends a fetch, waiting or running; its result says `aborted`. False when there is none of this name. */
  cancel(id: string): boolean {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.settle(CANCELLED);
    const running = this.#running.get(id);
    running?.abort.abort();
    return waiting !== undefined || running !== undefined;
  }

  /** Takes no more, cancels everything, and resolves when the last fetch has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const id of [...this.#waiting.keys(), ...this.#running.keys()]) this.cancel(id);
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #startNext(): void {
    for (let next = this.#next(); next !== null; next = this.#next()) {
      this.#waiting.delete(next.job.id);
      this.#running.set(next.job.id, next);
      void this.#run(next.job.id, next);
    }
  }

  /** The one waiting longest for a host that nothing comes from, else for one that is not at its limit. */
  #next(): Entry | null {
    const ready = [...this.#waiting.values()].filter(({ host }) => this.#hasRoom(host));
    return ready.find(({ host }) => this.#runningFrom(host) === 0) ?? ready[0] ?? null;
  }

  async #run(id: string, { job, abort, settle }: Entry): Promise<void> {
    const result = await settled(job, abort.signal);
    this.#running.delete(id);
    settle(result);
    this.#startNext();
    if (this.#running.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #hasRoom(host: string): boolean {
    return this.#running.size < this.#limits.running && this.#runningFrom(host) < this.#limits.perHost;
  }

  #runningFrom(host: string): number {
    return [...this.#running.values()].filter((entry) => entry.host === host).length;
  }
}

/** Begins at once, so that no cancellation comes between. */
async function settled(job: FetchJob, signal: AbortSignal): Promise<FetchResult> {
  try {
    return await job.run(signal);
  } catch {
    return BROKEN;
  }
}

/** What is no URL is all one host: it fails at once anyway. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function refused(cause: 'full' | 'closed' | 'duplicate', reason: string): Queued {
  return { kind: 'refused', cause, reason };
}
