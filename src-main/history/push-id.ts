import { randomUUID } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 10;
/** Five hex digits of random make four characters. */
const HEX_DIGITS = 5;
const CHARACTERS = 4;

/**
 * A new push id: 48 bits of time in ms and 80 random bits, as 26 characters of lower-case base32. Ids sort by time,
 * to the millisecond.
 */
export function newPushId(now: number = Date.now()): string {
  let time = '';
  for (let rest = now, i = 0; i < TIME_CHARACTERS; i += 1, rest = Math.floor(rest / 32)) {
    time = `${ALPHABET[rest % 32]}${time}`;
  }
  // Node makes UUIDs in bulk, ten times as fast as few random bytes; the groups between hold their version.
  const uuid = randomUUID();
  const hex = uuid.slice(0, 8) + uuid.slice(-12);
  let random = '';
  for (let at = 0; at < hex.length; at += HEX_DIGITS) {
    let bits = Number.parseInt(hex.slice(at, at + HEX_DIGITS), 16);
    for (let i = 0; i < CHARACTERS; i += 1, bits >>= 5) random += ALPHABET[bits & 31];
  }
  return time + random;
}
