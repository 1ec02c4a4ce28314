import { parseHttpDate } from '../content/http-date.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';

const MAX_SECONDS = 2 ** 32 - 1;

/**
 * When a message stops being of use (RFC 3428 §7): Expires counts from Date, or from the arrival where there is none.
 * Null when it does not say; what is no number of seconds or no date counts as absent (RFC 4475 §3.1.2.4, §3.1.2.12).
 */
export function messageExpiry(request: IncomingRequest, arrived: Date): Date | null {
  const text = request.getHeader('expires')?.trim() ?? '';
  const seconds = Number(text);
  if (!/^\d{1,10}$/.test(text) || seconds > MAX_SECONDS) return null;
  const sent = parseHttpDate(request.getHeader('date') ?? '') ?? arrived;
  const expiry = new Date(sent.getTime() + seconds * 1000);
  return Number.isNaN(expiry.getTime()) ? null : expiry;
}
