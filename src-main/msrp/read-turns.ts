/** Bytes that all connections together read in one turn of the event loop, about: a few milliseconds of work. */
export const TURN_BYTES = 2 * 1024 * 1024;
/** Time in ms that one connection alone may read on, whoever else waits: small chunks take long. */
export const TURN_MS = 6;
/** What a connection may read in a turn however many are busy, in bytes: less would be more calls than work. */
const SMALLEST_SHARE = 32_768;

/**
 * Shares the turns of the event loop among busy connections. Left alone, each would read megabytes before the next one
 * and everything else had its turn.
 */
class ReadTurns {
  readonly #busy = new Map<object, number>();
  #busyBefore = 0;
  #began = 0;

  /** Counts bytes that a connection has read; answers whether it has had its share of this turn. */
  spent(connection: object, bytes: number): boolean {
    if (this.#busy.size === 0) {
      this.#began = performance.now();
      setImmediate(() => this.#next());
    }
    const read = (this.#busy.get(connection) ?? 0) + bytes;
    this.#busy.set(connection, read);
    return read >= this.share || performance.now() - this.#began >= TURN_MS;
  }

  /** Bytes that one connection may read in this turn, about. One alone may read all there is for TURN_MS. */
  get share(): number {
    const sharers = Math.max(this.#busy.size, this.#busyBefore);
    return sharers > 1
      ? Math.max(Math.floor(TURN_BYTES / sharers), SMALLEST_SHARE)
      : Number.POSITIVE_INFINITY;
  }

  #next(): void {
    this.#busyBefore = this.#busy.size;
    this.#busy.clear();
  }
}

/** One for the process, as its event loop is. */
export const readTurns = new ReadTurns();
