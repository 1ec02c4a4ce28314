/** After this long, in ms, the wall clock is read again: it may have been set, or the machine have slept. */
const CALIBRATE_MS = 1_000;

/** Wall clock in microseconds that never runs backwards. */
export class Clock {
  #offset = 0;
  #calibratedAt = Number.NEGATIVE_INFINITY;
  #last = 0;

  /** Microseconds since the epoch. */
  now(): number {
    const running = performance.now();
    if (running - this.#calibratedAt > CALIBRATE_MS) {
      const offset = Date.now() - running;
      // Date.now() is cut to whole milliseconds: less than that is no change.
      if (Math.abs(offset - this.#offset) > 2) this.#offset = offset;
      this.#calibratedAt = running;
    }
    this.#last = Math.max(this.#last, Math.round((running + this.#offset) * 1000));
    return this.#last;
  }
}
