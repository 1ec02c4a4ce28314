import { ByteCursor, OutOfBytes } from './byte-cursor.ts';
import { charsetOfMib, decodeText } from './charset.ts';

/** Lengths up to this stand in one byte; LENGTH_QUOTE announces a longer one (WAP-230 §8.4.1.2). */
const MAX_SHORT_LENGTH = 30;
const LENGTH_QUOTE = 31;
const QUOTE = 127;
const SHORT_INTEGER = 0x80;
/** Bytes of an integer that a number can hold exactly. */
const MAX_INTEGER_BYTES = 6;
const MAX_TEXT_BYTES = 16 * 1024;

/** A value that WSP encodes: a short integer, a text, or data of a known length (WAP-230 §8.4.1.2). */
export type WspValue =
  | { readonly kind: 'short'; readonly value: number }
  | { readonly kind: 'text'; readonly bytes: Buffer }
  | { readonly kind: 'data'; readonly bytes: Buffer };

/** Takes any value, by its first byte. @throws OutOfBytes when it ends early. */
export function readWspValue(cursor: ByteCursor): WspValue {
  const first = cursor.peek();
  if (first === null) throw new OutOfBytes('a value is missing');
  if (first >= SHORT_INTEGER) return { kind: 'short', value: cursor.byte() - SHORT_INTEGER };
  if (first > LENGTH_QUOTE) return { kind: 'text', bytes: unquoted(cursor.untilNul()) };
  return { kind: 'data', bytes: cursor.take(readValueLength(cursor)) };
}

/** A short integer, or a long one with its length before it (WAP-230 §8.4.2.3). @throws OutOfBytes when it is neither. */
export function readInteger(cursor: ByteCursor): number {
  const first = cursor.byte();
  if (first >= SHORT_INTEGER) return first - SHORT_INTEGER;
  if (first > MAX_SHORT_LENGTH) throw new OutOfBytes('a number is malformed');
  return bigEndian(cursor.take(first));
}

/** A big-endian number of one to six bytes. @throws OutOfBytes for other lengths. */
export function bigEndian(bytes: Buffer): number {
  if (bytes.length === 0 || bytes.length > MAX_INTEGER_BYTES) throw new OutOfBytes('a number is malformed');
  return bytes.readUIntBE(0, bytes.length);
}

/** A text with its character set before it, or a plain one (WAP-230 §8.4.2.4, Encoded-string-value of OMA-MMS-ENC §7). */
export function readEncodedString(cursor: ByteCursor): {
  readonly text: string;
  readonly charset: string | null;
} {
  const first = cursor.peek() ?? 0;
  if (first > LENGTH_QUOTE && first < SHORT_INTEGER)
    return { text: plainText(unquoted(cursor.untilNul())), charset: null };
  const inner = new ByteCursor(cursor.take(readValueLength(cursor)));
  // Nothing but a zero is an empty text.
  if (inner.remaining === 0) return { text: '', charset: null };
  const mib = readInteger(inner);
  const bytes = inner.rest();
  const charset = charsetOfMib(mib);
  const isWide = charset?.startsWith('utf-16') ?? false;
  // The terminator is one zero, or two in a character set of two bytes.
  const end = isWide ? (bytes.length >> 1) * 2 : bytes.indexOf(0);
  const content = unquoted(end < 0 ? bytes : bytes.subarray(0, end));
  const { text } = decodeText(content, charset ?? `MIB ${mib}`, MAX_TEXT_BYTES);
  return { text: text.replace(/\0+$/, ''), charset: charset ?? `MIB ${mib}` };
}

/** A text without a declared character set. */
export function plainText(bytes: Buffer): string {
  return decodeText(bytes, null, MAX_TEXT_BYTES).text;
}

function readValueLength(cursor: ByteCursor): number {
  const first = cursor.byte();
  if (first <= MAX_SHORT_LENGTH) return first;
  if (first === LENGTH_QUOTE) return cursor.multiByteInteger();
  throw new OutOfBytes('a length is malformed');
}

/** A text that would begin with a byte of another meaning has a quote before it. */
function unquoted(bytes: Buffer): Buffer {
  return bytes[0] === QUOTE ? bytes.subarray(1) : bytes;
}
