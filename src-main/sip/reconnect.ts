/** First wait after a lost flow. */
const BASE_DELAY_MS = 1_000;
/** Longest wait between two tries. */
const MAX_DELAY_MS = 60_000;

/**
 * Wait before the nth try to reconnect, in ms: doubling from one second up to a minute, with 50 to 100 % of it
 * drawn at random so that many terminals do not come back at once (the shape of RFC 5626 §4.5).
 */
export function reconnectDelayMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.max(0, attempt - 1));
  return Math.round(full * (0.5 + random() / 2));
}
