import type { Agreement } from './session-interval.ts';

export type SessionTimerHandlers = {
  /** Half of the interval is over and the refresh is ours. */
  readonly refresh: () => void;
  /** No refresh came in time: the session ends with BYE. */
  readonly expired: () => void;
};

/** BYE leaves this long before the session expires, or a third of the interval if that is less (RFC 4028 §10). */
const MAX_LEAD_SECONDS = 32;
/** A refresh that failed is not tried again with less time left than this, in seconds. */
const MIN_RETRY_SECONDS = 2;
/** The longest delay that Node's timers take. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Seconds from the agreement to our refresh; null where the peer refreshes (RFC 4028 §10). */
export function refreshAfter({ seconds, refresher }: Agreement): number | null {
  return refresher === 'us' ? seconds / 2 : null;
}

/** Seconds from the last refresh to the BYE (RFC 4028 §10). */
export function endAfter({ seconds }: Agreement): number {
  return seconds - Math.min(MAX_LEAD_SECONDS, seconds / 3);
}

/** The session timer of one dialog (RFC 4028 §10, PRA-REL-05): begins anew with each agreement. */
export class SessionTimer {
  readonly #handlers: SessionTimerHandlers;
  #refresh: NodeJS.Timeout | null = null;
  #end: NodeJS.Timeout | null = null;
  #endsAt = 0;

  constructor(handlers: SessionTimerHandlers) {
    this.#handlers = handlers;
  }

  /** A 2xx to INVITE or UPDATE passed, in either direction; null switches the timer off. */
  renew(agreed: Agreement | null): void {
    this.stop();
    if (agreed === null) return;
    const refresh = refreshAfter(agreed);
    if (refresh !== null) this.#refreshIn(refresh);
    const end = endAfter(agreed);
    this.#endsAt = Date.now() + end * 1000;
    this.#end = setTimeout(() => this.#expire(), Math.min(end * 1000, MAX_DELAY_MS));
  }

  /** Our refresh failed in a way that may pass: once more after half of the time that is left. */
  retry(): void {
    if (this.#end === null) return;
    const left = (this.#endsAt - Date.now()) / 1000;
    if (left >= MIN_RETRY_SECONDS) this.#refreshIn(left / 2);
  }

  stop(): void {
    if (this.#refresh !== null) clearTimeout(this.#refresh);
    if (this.#end !== null) clearTimeout(this.#end);
    this.#refresh = null;
    this.#end = null;
  }

  #refreshIn(seconds: number): void {
    if (this.#refresh !== null) clearTimeout(this.#refresh);
    this.#refresh = setTimeout(
      () => {
        this.#refresh = null;
        this.#handlers.refresh();
      },
      Math.min(seconds * 1000, MAX_DELAY_MS),
    );
  }

  #expire(): void {
    this.stop();
    this.#handlers.expired();
  }
}
