import type { Profile } from './profile.ts';

/** Seconds after which a sender may ask again. */
const BUSY_RETRY_AFTER_S = 60;

/** Says why no further offer is taken. */
export const BUSY_REASON = 'Too many offers are open.';

/**
 * How one offer too many is answered, as the profile has it. A 503 names a time, without which it reads as 500
 * (RFC 3261 §21.5.4).
 */
export function busyAnswer({ files }: Pick<Profile, 'files'>): {
  readonly code: 486 | 503;
  readonly headers: readonly string[];
} {
  const code = files.busyCode;
  return { code, headers: code === 503 ? [`Retry-After: ${BUSY_RETRY_AFTER_S}`] : [] };
}
