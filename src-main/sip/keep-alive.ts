import type { Socket } from 'node:net';

/** Longest time between two pings; each wait is 80 to 100 % of it, drawn anew (RFC 5626 §4.4.1). */
const INTERVAL_MS = 120_000;
/** A pong must come within this time. */
const PONG_MS = 10_000;

/**
 * Sends double-CRLF pings over one connection and destroys it when a pong fails to come. A core that has never
 * answered a ping may not know them (RFC 5626 §3.5.1): from it none is demanded.
 */
export class KeepAlive {
  readonly #socket: Socket;
  readonly #intervalMs: number;
  readonly #pongMs: number;
  #pingTimer: NodeJS.Timeout | null = null;
  #pongTimer: NodeJS.Timeout | null = null;
  #answers = false;

  constructor(socket: Socket, times: { readonly intervalMs: number; readonly pongMs: number } | undefined) {
    this.#socket = socket;
    this.#intervalMs = times?.intervalMs ?? INTERVAL_MS;
    this.#pongMs = times?.pongMs ?? PONG_MS;
  }

  /** Pings at once, to learn whether the core answers, and from then on in intervals. */
  start(): void {
    this.#ping();
  }

  /** A pong came. */
  pong(): void {
    this.#answers = true;
    if (this.#pongTimer !== null) clearTimeout(this.#pongTimer);
    this.#pongTimer = null;
  }

  stop(): void {
    if (this.#pingTimer !== null) clearTimeout(this.#pingTimer);
    if (this.#pongTimer !== null) clearTimeout(this.#pongTimer);
  }

  #ping(): void {
    this.#socket.write('\r\n\r\n');
    if (this.#answers) {
      this.#pongTimer ??= setTimeout(() => {
        this.#socket.destroy(new Error('The core no longer answers on this connection.'));
      }, this.#pongMs);
    }
    this.#pingTimer = setTimeout(() => this.#ping(), this.#intervalMs * (0.8 + Math.random() * 0.2));
  }
}
