import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import Timers from 'jssip/lib/Timers.js';
import { Fifo } from './fifo.ts';

/** Timer J: how long an answer is repeated (RFC 3261 §17.2.2). */
const HELD_MS = 64 * Timers.T1;

/** What a MESSAGE is answered through. */
type Open = {
  readonly branch: string;
  readonly reliable: boolean;
  /** What makes its request one, null until that was asked. */
  identity: string | null;
  /** Null until it is answered. */
  answer: string | null;
  /** When it may be forgotten, by `performance.now()`. */
  until: number;
  isForgotten: boolean;
};

export type MessageTransactionsOptions = {
  /** Sends text on the flow; false when it is down. */
  readonly send: (text: string) => boolean;
  /** Answered requests of a reliable transport that are held at once. */
  readonly maxReliable: number;
  /** A transaction is over, and what was told to make its request one. */
  readonly closed: (branch: string, identity: string | null) => void;
};

/**
 * Server transactions of MESSAGE (RFC 3261 §17.2.2): a retransmission is absorbed until there is an answer, and
 * answered the same again for 64*T1 after. JsSIP's cost an event emitter, two events and a timer for each push.
 */
export class MessageTransactions {
  readonly #options: MessageTransactionsOptions;
  readonly #open = new Map<string, Open>();
  /** Answered ones, oldest first, by the kind of their transport. */
  readonly #reliable = new Fifo<Open>();
  readonly #unreliable = new Fifo<Open>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: MessageTransactionsOptions) {
    this.#options = options;
  }

  /** Transactions that are open or held. */
  get size(): number {
    return this.#open.size;
  }

  /** True for a retransmission, which is dealt with. */
  absorbs(request: IncomingRequest): boolean {
    const known = this.#open.get(request.via_branch);
    if (known === undefined) return false;
    if (known.answer !== null) this.#options.send(known.answer);
    return true;
  }

  /** Opens the transaction of a new request, which is answered through it. */
  open(request: IncomingRequest): void {
    const reliable = request.transport.via_transport !== 'UDP';
    const one: Open = {
      branch: request.via_branch,
      reliable,
      identity: null,
      answer: null,
      until: 0,
      isForgotten: false,
    };
    this.#open.set(one.branch, one);
    request.server_transaction = { receiveResponse: (code, text) => this.#answer(one, code, text) };
  }

  /** Keeps what makes the request of an open transaction one, to be told when that is over. */
  identify(branch: string, identity: string): void {
    const open = this.#open.get(branch);
    if (open !== undefined) open.identity = identity;
  }

  /** Forgets all, as when the user agent is closed. */
  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#reliable.size > 0) this.#forgetOldest(this.#reliable);
    while (this.#unreliable.size > 0) this.#forgetOldest(this.#unreliable);
    for (const one of [...this.#open.values()]) this.#forget(one);
  }

  #answer(one: Open, code: number, text: string): void {
    if (code < 200 || one.answer !== null || one.isForgotten) return;
    one.answer = text;
    one.until = performance.now() + HELD_MS;
    if (!this.#options.send(text)) {
      this.#forget(one);
      return;
    }
    const held = one.reliable ? this.#reliable : this.#unreliable;
    held.push(one);
    if (one.reliable && held.size > this.#options.maxReliable) this.#forgetOldest(held);
    this.#timer ??= this.#wait(HELD_MS);
  }

  #forgetOldest(held: Fifo<Open>): void {
    const oldest = held.shift();
    if (oldest !== undefined) this.#forget(oldest);
  }

  #forget(one: Open): void {
    if (one.isForgotten) return;
    one.isForgotten = true;
    this.#open.delete(one.branch);
    this.#options.closed(one.branch, one.identity);
  }

  #wait(milliseconds: number): NodeJS.Timeout {
    const timer = setTimeout(() => this.#sweep(), milliseconds);
    timer.unref();
    return timer;
  }

  /** Forgets what is old enough, and waits for the next. */
  #sweep(): void {
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const held of [this.#reliable, this.#unreliable]) {
      while (held.first !== undefined && held.first.until <= now) this.#forgetOldest(held);
      next = Math.min(next, held.first?.until ?? next);
    }
    this.#timer = Number.isFinite(next) ? this.#wait(Math.max(1, next - now)) : null;
  }
}
