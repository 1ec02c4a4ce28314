import type { Piece } from './forwarded.ts';
import type { NextHop } from './next-hop.ts';

/** Pieces that wait for an answer at a time; of more, the oldest counts as unanswered. */
const MAX_WAITING = 20_000;

type Waiting = {
  readonly next: NextHop;
  readonly onFailed: (code: number) => void;
  readonly timer: NodeJS.Timeout | null;
};

/** The SENDs that went to next hops and were not answered yet, by transaction id (RFC 4976 §6.4.1, §6.4.3). */
export class SentPieces {
  readonly #waiting = new Map<string, Waiting>();
  readonly #timeoutMs: number;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** `isTimed` for those whose sender wants to hear of silence, too. */
  add(piece: Piece, next: NextHop, isTimed: boolean, onFailed: (code: number) => void): void {
    const { transactionId } = piece;
    const timer = isTimed ? setTimeout(() => this.#fail(transactionId, 408), this.#timeoutMs) : null;
    timer?.unref();
    this.#waiting.set(transactionId, { next, onFailed, timer });
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > MAX_WAITING && oldest !== undefined) this.#fail(oldest, 408);
  }

  answered(transactionId: string, code: number): void {
    if (code === 200) this.#forget(transactionId);
    else this.#fail(transactionId, code);
  }

  /** Nothing more comes from a next hop. */
  gone(isGone: (next: NextHop) => boolean): void {
    for (const [transactionId, { next }] of [...this.#waiting]) {
      if (isGone(next)) this.#fail(transactionId, 408);
    }
  }

  close(): void {
    for (const transactionId of [...this.#waiting.keys()]) this.#forget(transactionId);
  }

  #fail(transactionId: string, code: number): void {
    const waiting = this.#waiting.get(transactionId);
    this.#forget(transactionId);
    waiting?.onFailed(code);
  }

  #forget(transactionId: string): void {
    const timer = this.#waiting.get(transactionId)?.timer;
    if (timer) clearTimeout(timer);
    this.#waiting.delete(transactionId);
  }
}
