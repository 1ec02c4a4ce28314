import type { BitCursor } from '../bit-cursor.ts';
import { OutOfBytes } from '../byte-cursor.ts';

/** Characters of a host name in the order in which PER counts them (X.691 §30.5.2): six bits each. */
const FQDN_ALPHABET = '-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Additions of one extensible type that are passed over. */
const MAX_ADDITIONS = 64;

/** The number in an enumeration that may be extended: those beyond the root come after `rootCount`. @throws OutOfBytes */
export function readEnumeration(cursor: BitCursor, rootBits: number, rootCount: number): number {
  return cursor.flag() ? rootCount + readSmallNumber(cursor) : cursor.bits(rootBits);
}

/** The additions behind an extensible type, each as its bytes (X.691 §19.7). @throws OutOfBytes */
export function readAdditions(cursor: BitCursor): readonly Buffer[] {
  const count = readSmallNumber(cursor) + 1;
  if (count > MAX_ADDITIONS) throw new OutOfBytes('it has too many extensions');
  const present = Array.from({ length: count }, () => cursor.flag());
  return present.filter(Boolean).map(() => readOpenType(cursor));
}

/** A value of a type that is not known here, as its bytes (X.691 §11.2). @throws OutOfBytes */
export function readOpenType(cursor: BitCursor): Buffer {
  return cursor.octets(readLength(cursor));
}

/** IPAddress of ULP: four or sixteen bytes. @throws OutOfBytes */
export function readIpAddress(cursor: BitCursor): string {
  if (!cursor.flag()) return [...cursor.octets(4)].join('.');
  const hex = cursor.octets(16).toString('hex');
  return (hex.match(/.{4}/g) ?? []).map((group) => group.replace(/^0{1,3}/, '')).join(':');
}

/** SLPAddress of ULP: an IP address or a host name. @throws OutOfBytes */
export function readSlpAddress(cursor: BitCursor): string {
  if (cursor.flag()) {
    readSmallNumber(cursor);
    return `unknown kind of address, ${readOpenType(cursor).toString('hex')}`;
  }
  if (!cursor.flag()) return readIpAddress(cursor);
  const length = cursor.bits(8) + 1;
  return Array.from({ length }, () => FQDN_ALPHABET[cursor.bits(6)]).join('');
}

/** SETId of ULP, with what it is in words. @throws OutOfBytes */
export function readSetId(cursor: BitCursor): string {
  if (cursor.flag()) {
    readSmallNumber(cursor);
    return `unknown kind of SET id, ${readOpenType(cursor).toString('hex')}`;
  }
  const kind = cursor.bits(3);
  if (kind === 0) return `MSISDN ${packedDigits(cursor.octets(8))}`;
  if (kind === 1) return `MDN ${packedDigits(cursor.octets(8))}`;
  if (kind === 2) return `MIN 0x${(cursor.bits(2) * 2 ** 32 + cursor.bits(32)).toString(16)}`;
  if (kind === 3) return `IMSI ${packedDigits(cursor.octets(8))}`;
  if (kind === 5) return readIpAddress(cursor);
  if (kind !== 4) throw new OutOfBytes('the SET id is malformed');
  const length = cursor.bits(10) + 1;
  return `NAI ${Array.from({ length }, () => String.fromCharCode(cursor.bits(7))).join('')}`;
}

/** A normally small number: six bits, or a length and as many bytes (X.691 §11.6). @throws OutOfBytes */
export function readSmallNumber(cursor: BitCursor): number {
  if (!cursor.flag()) return cursor.bits(6);
  const bytes = readOpenType(cursor);
  if (bytes.length === 0 || bytes.length > 4) throw new OutOfBytes('a number is malformed');
  return bytes.readUIntBE(0, bytes.length);
}

/** A length of up to 16383 (X.691 §11.9.3); fragments do not occur in what a push carries. @throws OutOfBytes */
function readLength(cursor: BitCursor): number {
  if (!cursor.flag()) return cursor.bits(7);
  if (cursor.flag()) throw new OutOfBytes('a value is fragmented');
  return cursor.bits(14);
}

/** Digits of four bits, the first in the low half; ones are filling (ULP-Components). */
function packedDigits(bytes: Buffer): string {
  const digits = [...bytes].flatMap((byte) => [byte & 0x0f, byte >> 4]);
  const end = digits.findIndex((digit) => digit > 9);
  return digits.slice(0, end < 0 ? digits.length : end).join('');
}
