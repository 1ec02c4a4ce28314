import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { type Flow, isReliable } from './flow.ts';
import { transactionKey } from './transactions.ts';

/** 64·T1: the client sends its request again for no longer (RFC 3261 §17.2.2, Timer J). */
const LIFETIME_MS = 32_000;
/** What all kept answers may hold, in bytes; the oldest make room. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

type Kept = { readonly bytes: Buffer; readonly until: number };

/**
 * The answers the core gives by itself. Over a flow that loses messages each is kept, so that a request that comes
 * again gets the same answer: worked out anew, a REGISTER would be out of order and its nonce used twice.
 */
export class OwnAnswers {
  readonly #kept = new Map<string, Kept>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = MAX_KEPT_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Sends an answer, once: the client asks again for one that was lost (RFC 3261 §26.3.2.4). */
  give(request: SipRequest, upstream: Flow, response: SipResponse): void {
    const bytes = response.toBytes();
    upstream.send(bytes);
    if (isReliable(upstream)) return;
    const key = transactionKey(request, upstream);
    this.#forget(key);
    this.#kept.set(key, { bytes, until: performance.now() + LIFETIME_MS });
    this.#bytes += bytes.length;
    this.#sweep();
  }

  /** Sends the answer of a request that came before once more. False when there is none. */
  giveAgain(request: SipRequest, upstream: Flow): boolean {
    const kept = isReliable(upstream) ? undefined : this.#kept.get(transactionKey(request, upstream));
    if (kept === undefined || kept.until < performance.now()) return false;
    upstream.send(kept.bytes);
    return true;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [key, { until }] of this.#kept) {
      if (until >= now && this.#bytes <= this.#maxBytes) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes.length ?? 0;
    this.#kept.delete(key);
  }
}
