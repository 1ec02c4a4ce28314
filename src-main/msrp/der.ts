/** The few values of DER (X.690) that a certificate is made of, each written whole: tag, length, content. */

const LONG_FORM = 0x80;
/** UTCTime has two digits for the year and ends with 2049 (RFC 5280 §4.1.2.5). */
const FIRST_GENERALIZED_YEAR = 2050;

/** Any value, by its tag. */
export function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

export function sequence(...items: readonly Buffer[]): Buffer {
  return der(0x30, ...items);
}

export function set(...items: readonly Buffer[]): Buffer {
  return der(0x31, ...items);
}

/** A number from 0 up, given as its bytes. */
export function integer(bytes: Buffer): Buffer {
  let first = 0;
  while (first < bytes.length - 1 && bytes[first] === 0) first += 1;
  const bare = bytes.subarray(first);
  // A set first bit would make it negative.
  return der(0x02, (bare[0] ?? 0) < LONG_FORM ? bare : Buffer.concat([Buffer.alloc(1), bare]));
}

/** An object identifier in its dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** A BIT STRING of whole bytes. */
export function bitString(bytes: Buffer): Buffer {
  return der(0x03, Buffer.alloc(1), bytes);
}

export function octetString(bytes: Buffer): Buffer {
  return der(0x04, bytes);
}

export function utf8String(text: string): Buffer {
  return der(0x0c, Buffer.from(text, 'utf8'));
}

/** A moment to the second, in the form RFC 5280 §4.1.2.5 asks of its year. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/\.\d+|[-:T]/g, '')}`;
  return date.getUTCFullYear() < FIRST_GENERALIZED_YEAR
    ? der(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : der(0x18, Buffer.from(digits, 'latin1'));
}

function lengthOf(length: number): Buffer {
  if (length < LONG_FORM) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([LONG_FORM + bytes.length, ...bytes]);
}

function base128(value: number): readonly number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift(LONG_FORM + (rest % 128));
  }
  return bytes;
}
