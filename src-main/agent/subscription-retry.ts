import type { SubscriptionEnd } from '../sip/subscription.ts';

/** First wait after an end that may pass; it doubles up to the maximum. Seconds. */
const BASE_S = 10;
const MAX_S = 600;
/** Longest wait that a notifier may ask for. */
const ASKED_MAX_S = 86_400;
/** A subscription that lived this long was a good one: the waits begin anew. */
const STEADY_MS = 30_000;
/** Refusals that another try would meet again. */
export const FINAL_CODES: ReadonlySet<number> = new Set([403, 405, 406, 415, 416, 420, 489, 501, 604]);
/** RFC 6665 §4.1.3: not to be tried again. */
const FINAL_REASONS: ReadonlySet<string> = new Set(['rejected', 'noresource', 'invariant']);
/** The same: to be tried again at once. */
const PROMPT_REASONS: ReadonlySet<string> = new Set(['deactivated', 'timeout']);

/**
 * When to subscribe again after an end (RFC 6665 §4.1.3): never, at once, or after what the notifier asks for, and ever
 * more seldom where it does not last, so that no notifier can make us subscribe in a loop.
 */
export class SubscriptionRetry {
  readonly #finalCodes: ReadonlySet<number>;
  #failures = 0;
  #activeSince: number | null = null;

  constructor(finalCodes: ReadonlySet<number> = FINAL_CODES) {
    this.#finalCodes = finalCodes;
  }

  /** The notifier granted it. `now` in ms since the epoch. */
  active(now: number = Date.now()): void {
    this.#activeSince ??= now;
  }

  /** Forgets what was: somebody asked for it anew. */
  reset(): void {
    this.#failures = 0;
    this.#activeSince = null;
  }

  /** Seconds until the next try, or null for none. */
  next(end: SubscriptionEnd, now: number = Date.now()): number | null {
    const lived = this.#activeSince === null ? 0 : now - this.#activeSince;
    this.#activeSince = null;
    if (lived >= STEADY_MS) this.#failures = 0;
    if (this.#isFinal(end)) return null;
    const isFirst = this.#failures === 0;
    const backOff = Math.min(MAX_S, BASE_S * 2 ** this.#failures) * (0.5 + Math.random() / 2);
    this.#failures += 1;
    if (isPrompt(end)) return isFirst ? 0 : backOff;
    const asked = end.kind === 'unsubscribed' || end.kind === 'lapsed' ? null : end.retryAfter;
    return Math.max(Math.min(asked ?? 0, ASKED_MAX_S), backOff);
  }

  #isFinal(end: SubscriptionEnd): boolean {
    switch (end.kind) {
      case 'unsubscribed':
        return true;
      case 'refused':
        return end.code !== null && this.#finalCodes.has(end.code);
      case 'terminated':
        return FINAL_REASONS.has(end.reason ?? '');
      case 'lapsed':
        return false;
    }
  }
}

function isPrompt(end: SubscriptionEnd): boolean {
  if (end.kind === 'terminated') return PROMPT_REASONS.has(end.reason ?? '');
  return end.kind === 'lapsed';
}
