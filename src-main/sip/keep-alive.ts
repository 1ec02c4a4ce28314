/** How a connection is asked for a sign of life. Times in ms. */
export type KeepAliveOptions = {
  /** Longest time between two pings. */
  readonly intervalMs: number;
  /** A pong must come within this time (RFC 5626 §4.4.1). */
  readonly pongMs?: number;
  readonly ping: () => void;
  /** No pong came. */
  readonly dead: () => void;
};

const PONG_MS = 10_000;

/**
 * Asks one connection for a sign of life: each wait is 80 to 100 % of the interval, drawn anew (RFC 5626 §4.4.1). A
 * core that has never answered a ping may not know them (§3.5.1): from it none is demanded.
 */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  #intervalMs: number;
  #pingTimer: NodeJS.Timeout | null = null;
  #pongTimer: NodeJS.Timeout | null = null;
  #answers = false;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs;
  }

  /** True once the core has answered a ping. */
  get answers(): boolean {
    return this.#answers;
  }

  /** Asks now, and from then on in intervals. */
  ask(): void {
    clear(this.#pingTimer);
    this.#options.ping();
    if (this.#answers) this.#pongTimer ??= setTimeout(this.#options.dead, this.#options.pongMs ?? PONG_MS);
    this.#pingTimer = setTimeout(() => this.ask(), this.#intervalMs * (0.8 + Math.random() * 0.2));
  }

  /** Changes the longest time between two pings; the wait under way ends in time for it. */
  every(intervalMs: number): void {
    const isShorter = intervalMs < this.#intervalMs;
    this.#intervalMs = intervalMs;
    if (isShorter && this.#pingTimer !== null) this.ask();
  }

  /** A sign of life came. */
  pong(): void {
    this.#answers = true;
    clear(this.#pongTimer);
    this.#pongTimer = null;
  }

  close(): void {
    clear(this.#pingTimer);
    clear(this.#pongTimer);
    this.#pingTimer = null;
    this.#pongTimer = null;
  }
}

function clear(timer: NodeJS.Timeout | null): void {
  if (timer !== null) clearTimeout(timer);
}
