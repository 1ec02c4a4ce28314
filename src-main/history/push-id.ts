import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 10;
const RANDOM_BYTES = 16;

/**
 * A new push id: 48 bits of time in ms and 80 random bits, as 26 characters of lower-case base32. Ids sort by time,
 * to the millisecond.
 */
export function newPushId(now: number = Date.now()): string {
  let time = '';
  for (let rest = now, i = 0; i < TIME_CHARACTERS; i += 1, rest = Math.floor(rest / 32)) {
    time = `${ALPHABET[rest % 32]}${time}`;
  }
  const random = Array.from(randomBytes(RANDOM_BYTES), (byte) => ALPHABET[byte % 32]).join('');
  return time + random;
}
