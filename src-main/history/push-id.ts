import { randomUUID } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 10;
/** Characters that count the ids of one millisecond: 32,768 of them. */
const COUNT_CHARACTERS = 3;
const MAX_COUNT = 32 ** COUNT_CHARACTERS - 1;
/** Five hex digits of random make four characters. */
const HEX_DIGITS = 5;
const CHARACTERS = 4;
const RANDOM_CHARACTERS = 13;

let lastTime = 0;
let count = 0;

/**
 * A new push id: 48 bits of time in ms, which of its millisecond it is, and 65 random bits, as 26 characters of
 * lower-case base32. Ids of one process sort in the order they were made.
 */
export function newPushId(now: number = Date.now()): string {
  count = now === lastTime ? Math.min(count + 1, MAX_COUNT) : 0;
  lastTime = now;
  // Node makes UUIDs in bulk, ten times as fast as few random bytes; the groups between hold their version.
  const uuid = randomUUID();
  const hex = uuid.slice(0, 8) + uuid.slice(-12);
  let random = '';
  for (let at = 0; at < hex.length; at += HEX_DIGITS) {
    let bits = Number.parseInt(hex.slice(at, at + HEX_DIGITS), 16);
    for (let i = 0; i < CHARACTERS; i += 1, bits >>= 5) random += ALPHABET[bits & 31];
  }
  return base32(now, TIME_CHARACTERS) + base32(count, COUNT_CHARACTERS) + random.slice(0, RANDOM_CHARACTERS);
}

function base32(value: number, length: number): string {
  let text = '';
  for (let rest = value, i = 0; i < length; i += 1, rest = Math.floor(rest / 32)) {
    text = `${ALPHABET[rest % 32]}${text}`;
  }
  return text;
}
