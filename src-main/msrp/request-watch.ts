import type { ConnectionOptions } from './connection-options.ts';
import type { MsrpParser } from './parser.ts';

/** Time a head may take from its first byte to its last. */
export const HEAD_TIMEOUT_MS = 30_000;
/** Time in which a request that has begun has to bring SLOWEST_BYTES more, unless we do not read it. */
export const SLOW_TIMEOUT_MS = 60_000;
/** Less than this in SLOW_TIMEOUT_MS is no link, however slow, but a sender that wants to hold us. */
export const SLOWEST_BYTES = 1024;

/** Ends a connection whose peer begins requests and lets them hang (RFC 4975 §14.5). */
export class RequestWatch {
  readonly #parser: MsrpParser;
  readonly #options: ConnectionOptions;
  readonly #tooSlow: (waitedFor: 'head' | 'request') => void;
  #head: number | null = null;
  #headTimer: NodeJS.Timeout | null = null;
  #slowTimer: NodeJS.Timeout | null = null;
  /** Bytes since the slow timer was set. */
  #bytes = 0;
  #held: boolean = false;
  /** Whether we did not read for a while since the slow timer was set. */
  #wasHeld: boolean = false;

  constructor(
    parser: MsrpParser,
    options: ConnectionOptions,
    tooSlow: (waitedFor: 'head' | 'request') => void,
  ) {
    this.#parser = parser;
    this.#options = options;
    this.#tooSlow = tooSlow;
  }

  /** The parser has had more bytes. */
  received(bytes: number): void {
    this.#bytes += bytes;
    this.#watchHead();
    if (this.#slowTimer === null && this.#parser.requestOpen) this.#watchSlowness();
  }

  /** It is we who do not read now. */
  hold(): void {
    this.#held = true;
    this.#wasHeld = true;
  }

  release(): void {
    this.#held = false;
  }

  stop(): void {
    if (this.#headTimer !== null) clearTimeout(this.#headTimer);
    if (this.#slowTimer !== null) clearTimeout(this.#slowTimer);
  }

  #watchHead(): void {
    const head = this.#parser.unfinishedHead;
    if (head === this.#head) return;
    this.#head = head;
    if (this.#headTimer !== null) clearTimeout(this.#headTimer);
    const time = this.#options.headTimeoutMs ?? HEAD_TIMEOUT_MS;
    this.#headTimer = head === null ? null : setTimeout(() => this.#tooSlow('head'), time);
  }

  #watchSlowness(): void {
    this.#bytes = 0;
    this.#wasHeld = this.#held;
    this.#slowTimer = setTimeout(() => {
      this.#slowTimer = null;
      if (!this.#parser.requestOpen) return;
      if (this.#bytes >= SLOWEST_BYTES || this.#wasHeld) this.#watchSlowness();
      else this.#tooSlow('request');
    }, this.#options.slowTimeoutMs ?? SLOW_TIMEOUT_MS);
  }
}
