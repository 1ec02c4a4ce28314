import { FetchError } from './fetch-result.ts';

/** Longest time a Node timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The least that must come: so many bytes in each span of so many milliseconds. */
export type MinimumRate = { readonly bytes: number; readonly everyMs: number };

/**
 * Everything that can end a fetch before its time: the caller, the time for the whole, the time for the phase it is in,
 * and a server that sends too slowly. The signal's reason is the FetchError that says which.
 */
export class Deadlines {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #total: NodeJS.Timeout;
  #phase: NodeJS.Timeout | undefined;
  #opening: NodeJS.Timeout | undefined;
  #meter: NodeJS.Timeout | undefined;

  constructor(totalMs: number, outer: AbortSignal) {
    this.#outer = outer;
    this.#total = this.#timer(totalMs, 'Fetching the content took too long.');
    if (outer.aborted) this.#cancel();
    else outer.addEventListener('abort', this.#cancel, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The time for finding out who has the content; ends with `opened`. */
  limitOpening(ms: number): void {
    this.#opening = this.#timer(ms, 'Finding the content took too long.');
  }

  opened(): void {
    clearTimeout(this.#opening);
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

  /** Ends the fetch as soon as less than this comes; the function it answers is told of what comes, in bytes. */
  meter({ bytes, everyMs }: MinimumRate): (count: number) => void {
    let came = 0;
    clearInterval(this.#meter);
    this.#meter = setInterval(() => {
      if (came < bytes) this.#stop('The server sends the content too slowly.');
      came = 0;
    }, everyMs);
    return (count) => {
      came += count;
    };
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
    clearTimeout(this.#opening);
    clearInterval(this.#meter);
    this.#outer.removeEventListener('abort', this.#cancel);
  }

  readonly #cancel = (): void => {
    this.#controller.abort(new FetchError('aborted', 'Fetching the content was cancelled.'));
  };

  #timer(ms: number, message: string): NodeJS.Timeout {
    return setTimeout(() => this.#stop(message), Math.min(ms, MAX_TIMER_MS));
  }

  #stop(message: string): void {
    this.#controller.abort(new FetchError('timeout', message));
  }
}
