/** Bytes that all connections together read in one turn of the event loop, about: a few milliseconds of work. */
export const TURN_BYTES = 2 * 1024 * 1024;
/** What a connection may read in a turn however many are busy: what the system gives at once. */
const SMALLEST_SHARE = 65_536;

/**
 * Shares the turns of the event loop among busy connections. Left alone, each would read megabytes before the next one
 * and everything else had its turn.
 */
class ReadTurns {
  readonly #busy = new Map<object, number>();
  #busyBefore = 0;

  /** Counts bytes that a connection has read; answers whether it has had its share of this turn. One alone may read all there is. */
  spent(connection: object, bytes: number): boolean {
    if (this.#busy.size === 0) setImmediate(() => this.#next());
    const read = (this.#busy.get(connection) ?? 0) + bytes;
    this.#busy.set(connection, read);
    const sharers = Math.max(this.#busy.size, this.#busyBefore);
    return sharers > 1 && read >= Math.max(TURN_BYTES / sharers, SMALLEST_SHARE);
  }

  #next(): void {
    this.#busyBefore = this.#busy.size;
    this.#busy.clear();
  }
}

/** One for the process, as its event loop is. */
export const readTurns = new ReadTurns();
