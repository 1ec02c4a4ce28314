import { randomFillSync } from 'node:crypto';

const ALPHABET = Buffer.from('0123456789abcdefghjkmnpqrstvwxyz');
const TIME_CHARACTERS = 10;
/** Characters that count the ids of one millisecond: 32,768 of them. */
const COUNT_CHARACTERS = 3;
const MAX_COUNT = 32 ** COUNT_CHARACTERS - 1;
const RANDOM_CHARACTERS = 13;
const CHARACTERS = TIME_CHARACTERS + COUNT_CHARACTERS + RANDOM_CHARACTERS;

/** Random bytes that are fetched at once, because each call costs far more than its bytes. */
const pool = Buffer.alloc(RANDOM_CHARACTERS * 256);
let used = pool.length;
const id = Buffer.alloc(CHARACTERS);

let lastTime = 0;
let count = 0;

/**
 * A new push id: 48 bits of time in ms, which of its millisecond it is, and 65 random bits, as 26 characters of
 * lower-case base32. Ids of one process sort in the order they were made.
 */
export function newPushId(now: number = Date.now()): string {
  count = now === lastTime ? Math.min(count + 1, MAX_COUNT) : 0;
  lastTime = now;
  writeBase32(now, 0, TIME_CHARACTERS);
  writeBase32(count, TIME_CHARACTERS, COUNT_CHARACTERS);
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  for (let at = TIME_CHARACTERS + COUNT_CHARACTERS; at < CHARACTERS; at += 1, used += 1) {
    id[at] = characterOf(pool[used] ?? 0);
  }
  return id.toString('latin1');
}

/** What every id of this time (milliseconds since 1970) or later sorts behind, and every earlier one before. */
export function idsFrom(time: number): string {
  const from = Math.min(Math.max(0, Math.floor(time)), 32 ** TIME_CHARACTERS - 1);
  writeBase32(from, 0, TIME_CHARACTERS);
  return id.toString('latin1', 0, TIME_CHARACTERS);
}

/** Writes a number with the most significant character first. */
function writeBase32(value: number, start: number, length: number): void {
  for (let rest = value, at = start + length - 1; at >= start; at -= 1, rest = Math.floor(rest / 32)) {
    id[at] = characterOf(rest % 32);
  }
}

/** The character of the lowest five bits. */
function characterOf(bits: number): number {
  return ALPHABET[bits & 31] ?? 0;
}
