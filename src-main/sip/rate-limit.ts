/** Lets so many things pass in a window of time, and no more until the next. */
export class RateLimit {
  readonly #most: number;
  readonly #windowMs: number;
  #startedAt = Number.NEGATIVE_INFINITY;
  #passed = 0;

  constructor(most: number, windowMs: number) {
    this.#most = most;
    this.#windowMs = windowMs;
  }

  /** Whether one more may pass now; counts it. `now` in ms of any clock that only goes forward. */
  take(now: number = performance.now()): boolean {
    if (now - this.#startedAt >= this.#windowMs) {
      this.#startedAt = now;
      this.#passed = 0;
    }
    this.#passed += 1;
    return this.#passed <= this.#most;
  }
}
