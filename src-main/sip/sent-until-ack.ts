import Timers from 'jssip/lib/Timers.js';

/**
 * The 2xx answers of one dialog that wait for their ACK, by CSeq (RFC 3261 §13.3.1.4): each is sent at once, again
 * after T1, 2·T1 and so on up to T2, over any transport, for 64·T1.
 */
export class SentUntilAck {
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #unconfirmed: () => void;

  /** `unconfirmed`: no ACK came for one of them; nothing is sent any more. */
  constructor(unconfirmed: () => void) {
    this.#unconfirmed = unconfirmed;
  }

  /** Whether one of them has no ACK yet. */
  get waiting(): boolean {
    return this.#timers.size > 0;
  }

  /** Sends, and goes on sending. */
  send(cseq: number, send: () => void): void {
    send();
    const startedAt = Date.now();
    let interval: number = Timers.T1;
    const again = () => {
      if (Date.now() - startedAt >= 64 * Timers.T1) {
        this.stop();
        this.#unconfirmed();
        return;
      }
      send();
      interval = Math.min(interval * 2, Timers.T2);
      this.#timers.set(cseq, setTimeout(again, interval));
    };
    this.#timers.set(cseq, setTimeout(again, interval));
  }

  /** An ACK came; false when nothing waited for it: it is late, repeated or stray. */
  acknowledged(cseq: number): boolean {
    clearTimeout(this.#timers.get(cseq));
    return this.#timers.delete(cseq);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
