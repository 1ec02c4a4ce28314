/** What became of a push, in the terms of a push initiator (002 Appendix D, PSA-STA-01). */
export type ApplicationStatus =
  | 'accepted'
  | 'retry-allowed'
  | 'no-retry'
  | 'undeliverable'
  | 'discarded'
  | 'unsupported-type';

/** Codes beside those of the table that no other way of sending helps against. */
const NO_RETRY: ReadonlySet<number> = new Set([
  401, 402, 403, 405, 407, 413, 414, 416, 420, 421, 436, 437, 438, 489, 493, 494, 501, 505, 513, 580, 604,
]);
/** Nobody was reached there. */
const UNDELIVERABLE: ReadonlySet<number> = new Set([404, 408, 410, 430, 481, 482, 483, 484, 485, 502, 504]);
/** The terminal does not take what was sent, nor any media that was offered. */
const UNSUPPORTED: ReadonlySet<number> = new Set([406, 415, 488, 606]);

/**
 * The application status of a final SIP status (002 Appendix D with X-53; all other codes by their meaning in RFC 3261).
 * `retryAfter`: whether the answer said when to come again, which tells a 500 for want of resources from others.
 */
export function statusOfSip(code: number, retryAfter = false): ApplicationStatus {
  if (code >= 200 && code < 300) return 'accepted';
  if (code === 500 && retryAfter) return 'discarded';
  if (UNSUPPORTED.has(code)) return 'unsupported-type';
  if (UNDELIVERABLE.has(code) || code < 400) return 'undeliverable';
  return NO_RETRY.has(code) ? 'no-retry' : 'retry-allowed';
}

/** The application status of an MSRP status (RFC 4975 §10), of an answer or of a REPORT. */
export function statusOfMsrp(code: number): ApplicationStatus {
  switch (code) {
    case 200:
      return 'accepted';
    case 415:
      return 'unsupported-type';
    case 408:
    case 481:
      return 'undeliverable';
    case 403:
    case 413:
    case 501:
      return 'no-retry';
    default:
      return 'retry-allowed';
  }
}
