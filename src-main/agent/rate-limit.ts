/** Counts what happens in windows of time, so that a burst has its effect only so many times in each. */
export class RateLimit {
  readonly #most: number;
  readonly #windowMs: number;
  #windowStart = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** At most `most` in each window of `windowMs`. */
  constructor(most: number, windowMs: number) {
    this.#most = most;
    this.#windowMs = windowMs;
  }

  /** Counts one more; false when it is one too many. */
  allows(): boolean {
    const now = performance.now();
    if (now - this.#windowStart > this.#windowMs) {
      this.#windowStart = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#most;
  }
}
