import { FetchError } from './fetch-result.ts';

/** Longest time a Node timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Everything that can end a fetch before its time: the caller, the time for the whole, and the time for the phase it
 * is in. The signal's reason is the FetchError that says which.
 */
export class Deadlines {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #total: NodeJS.Timeout;
  #phase: NodeJS.Timeout | undefined;

  constructor(totalMs: number, outer: AbortSignal) {
    this.#outer = outer;
    this.#total = this.#timer(totalMs, 'Fetching the content took too long.');
    if (outer.aborted) this.#cancel();
    else outer.addEventListener('abort', this.#cancel, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins a phase that may take so long; ends the one before. */
  arm(ms: number, message: string): void {
    clearTimeout(this.#phase);
    this.#phase = this.#timer(ms, message);
  }

  /** Ends the phase: what comes now is not waited for from outside. */
  disarm(): void {
    clearTimeout(this.#phase);
  }

  /** Settles as the promise does, or rejects with the reason to stop as soon as there is one. */
  async wait<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#controller;
    let stop: () => void = () => {};
    const stopped = new Promise<never>((_resolve, reject) => {
      stop = () => reject(signal.reason as FetchError);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([promise, stopped]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  dispose(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#phase);
    this.#outer.removeEventListener('abort', this.#cancel);
  }

  readonly #cancel = (): void => {
    this.#controller.abort(new FetchError('aborted', 'Fetching the content was cancelled.'));
  };

  #timer(ms: number, message: string): NodeJS.Timeout {
    const stop = () => this.#controller.abort(new FetchError('timeout', message));
    return setTimeout(stop, Math.min(ms, MAX_TIMER_MS));
  }
}
