import { randomBytes } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';

/** A transport address. IPv6 hosts without brackets. */
export type StunAddress = { readonly host: string; readonly port: number };

export type StunRequest = {
  readonly kind: 'request';
  /** 12 bytes. */
  readonly transactionId: Buffer;
  /** Attributes it demands to be understood and that are not: the answer to them is an error 420. */
  readonly unknown: readonly number[];
};

/** What a datagram is to STUN. Only Binding is read; any other method is `other`. */
export type StunMessage =
  | StunRequest
  /** `mapped` is where the server sees the client, or null when it does not say. */
  | { readonly kind: 'success'; readonly transactionId: Buffer; readonly mapped: StunAddress | null }
  | { readonly kind: 'error'; readonly transactionId: Buffer; readonly code: number }
  /** Well-formed STUN that asks for nothing here, such as an indication. */
  | { readonly kind: 'other' }
  | { readonly kind: 'bad'; readonly reason: string }
  | { readonly kind: 'not-stun' };

/*
 * Header (RFC 5389 §6), then attributes of type, length and value padded to four bytes (§15):
 *   0  2  message type: two zero bits, method and class mixed
 *   2  2  length of what follows the header
 *   4  4  magic cookie
 *   8 12  transaction id
 */
const HEADER_BYTES = 20;
const TRANSACTION_ID_BYTES = 12;
const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;

const MAPPED_ADDRESS = 0x0001;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
/** Mandatory attributes that may stand in a request without changing its answer (RFC 5389 §15). */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  MAPPED_ADDRESS,
  0x0006, // USERNAME
  0x0008, // MESSAGE-INTEGRITY
  ERROR_CODE,
  UNKNOWN_ATTRIBUTES,
  0x0014, // REALM
  0x0015, // NONCE
  XOR_MAPPED_ADDRESS,
]);
/** From here on attributes may be ignored by who does not know them (RFC 5389 §15). */
const FIRST_OPTIONAL = 0x8000;
/** Unknown attributes named in one error. */
const MAX_UNKNOWN = 16;
const FAMILY_IPV4 = 1;
const FAMILY_IPV6 = 2;

type Attribute = { readonly type: number; readonly value: Buffer };

/** A Binding Request without attributes (RFC 5389 §7.1), as keep-alive of a UDP flow (RFC 5626 §4.4.2). */
export function bindingRequest(transactionId: Buffer = randomBytes(TRANSACTION_ID_BYTES)): Buffer {
  return message(BINDING_REQUEST, transactionId, []);
}

/**
 * The answer to a Binding Request that came from `address`: XOR-MAPPED-ADDRESS, or error 420 when the request
 * demands what is not understood (RFC 5389 §7.3.1).
 */
export function bindingResponse(request: StunRequest, address: StunAddress): Buffer {
  const { transactionId, unknown } = request;
  if (unknown.length === 0) {
    const value = xorAddress(address, transactionId);
    return message(BINDING_SUCCESS, transactionId, [{ type: XOR_MAPPED_ADDRESS, value }]);
  }
  const types = Buffer.alloc(unknown.length * 2);
  for (const [index, type] of unknown.entries()) types.writeUInt16BE(type, index * 2);
  return message(BINDING_ERROR, transactionId, [
    { type: ERROR_CODE, value: Buffer.from('\0\0\x04\x14Unknown Attribute', 'latin1') },
    { type: UNKNOWN_ATTRIBUTES, value: types },
  ]);
}

/** Reads a datagram (RFC 5389 §7.3). SIP never starts with the two zero bits of STUN (RFC 5626 §8). Never throws. */
export function parseStun(bytes: Buffer): StunMessage {
  if (bytes.length < HEADER_BYTES || (bytes[0] ?? 0xff) > 0x3f || bytes.readUInt32BE(4) !== MAGIC_COOKIE) {
    return { kind: 'not-stun' };
  }
  if (bytes.readUInt16BE(2) !== bytes.length - HEADER_BYTES) return { kind: 'bad', reason: 'Wrong length.' };
  const attributes = readAttributes(bytes);
  if (attributes === null) return { kind: 'bad', reason: 'An attribute is torn.' };
  const transactionId = Buffer.from(bytes.subarray(8, HEADER_BYTES));
  switch (bytes.readUInt16BE(0)) {
    case BINDING_REQUEST:
      return { kind: 'request', transactionId, unknown: unknownOf(attributes) };
    case BINDING_SUCCESS:
      return { kind: 'success', transactionId, mapped: mappedAddress(attributes, transactionId) };
    case BINDING_ERROR:
      return { kind: 'error', transactionId, code: errorCode(attributes) };
    default:
      return { kind: 'other' };
  }
}

function message(type: number, transactionId: Buffer, attributes: readonly Attribute[]): Buffer {
  const body = Buffer.concat(attributes.map(writeAttribute));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(body.length, 2);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  transactionId.copy(header, 8, 0, TRANSACTION_ID_BYTES);
  return Buffer.concat([header, body]);
}

function writeAttribute({ type, value }: Attribute): Buffer {
  const written = Buffer.alloc(4 + padded(value.length));
  written.writeUInt16BE(type, 0);
  written.writeUInt16BE(value.length, 2);
  value.copy(written, 4);
  return written;
}

function readAttributes(bytes: Buffer): readonly Attribute[] | null {
  const attributes: Attribute[] = [];
  let at = HEADER_BYTES;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return null;
    const length = bytes.readUInt16BE(at + 2);
    const end = at + 4 + padded(length);
    if (end > bytes.length) return null;
    attributes.push({ type: bytes.readUInt16BE(at), value: bytes.subarray(at + 4, at + 4 + length) });
    at = end;
  }
  return attributes;
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}

function unknownOf(attributes: readonly Attribute[]): readonly number[] {
  const unknown = attributes.map(({ type }) => type).filter((type) => type < FIRST_OPTIONAL);
  return [...new Set(unknown)].filter((type) => !UNDERSTOOD.has(type)).slice(0, MAX_UNKNOWN);
}

function errorCode(attributes: readonly Attribute[]): number {
  const value = attributes.find(({ type }) => type === ERROR_CODE)?.value;
  return value === undefined || value.length < 4 ? 0 : ((value[2] ?? 0) & 7) * 100 + (value[3] ?? 0);
}

/** XOR-MAPPED-ADDRESS, or MAPPED-ADDRESS of servers that know no other (RFC 5389 §15.1, §15.2). */
function mappedAddress(attributes: readonly Attribute[], transactionId: Buffer): StunAddress | null {
  const xored = attributes.find(({ type }) => type === XOR_MAPPED_ADDRESS);
  if (xored !== undefined) return readAddress(applyMask(xored.value, transactionId));
  const plain = attributes.find(({ type }) => type === MAPPED_ADDRESS);
  return plain === undefined ? null : readAddress(plain.value);
}

function readAddress(value: Buffer): StunAddress | null {
  const family = value[1];
  if (family === FAMILY_IPV4 && value.length === 8) {
    return { host: [...value.subarray(4)].join('.'), port: value.readUInt16BE(2) };
  }
  if (family !== FAMILY_IPV6 || value.length !== 20) return null;
  const groups = Array.from({ length: 8 }, (_, index) => value.readUInt16BE(4 + index * 2).toString(16));
  return { host: shorten(groups), port: value.readUInt16BE(2) };
}

function xorAddress({ host, port }: StunAddress, transactionId: Buffer): Buffer {
  const address = addressBytes(host);
  const value = Buffer.alloc(4 + address.length);
  value[1] = address.length === 4 ? FAMILY_IPV4 : FAMILY_IPV6;
  value.writeUInt16BE(port, 2);
  address.copy(value, 4);
  return applyMask(value, transactionId);
}

/** The port is masked by the top half of the cookie, the address by cookie and transaction id. Its own inverse. */
function applyMask(value: Buffer, transactionId: Buffer): Buffer {
  const mask = Buffer.alloc(4 + 4 + TRANSACTION_ID_BYTES);
  mask.writeUInt16BE(MAGIC_COOKIE >>> 16, 2);
  mask.writeUInt32BE(MAGIC_COOKIE, 4);
  transactionId.copy(mask, 8);
  return Buffer.from(value.map((byte, index) => byte ^ (mask[index] ?? 0)));
}

/** Bytes of an IP address. An IPv4 address within IPv6, as dual-stack sockets show it, counts as IPv4. */
function addressBytes(host: string): Buffer {
  const plain = host.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(plain)) return Buffer.from(plain.split('.').map(Number));
  if (!isIPv6(plain)) return Buffer.alloc(4);
  // An embedded IPv4 tail is two groups.
  const [head = '', tail] = plain
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...parts: string[]) => {
      const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
      return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
    })
    .split('::');
  const groupsOf = (text: string) => (text === '' ? [] : text.split(':'));
  const [front, back] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  const bytes = Buffer.alloc(16);
  for (const [index, group] of [...front, ...zeros, ...back].entries()) {
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  }
  return bytes;
}

/** Eight groups with the first longest run of zeros as `::` (RFC 5952 §4.2). */
function shorten(groups: readonly string[]): string {
  const runAt = (start: number): number => {
    const end = groups.findIndex((group, index) => index >= start && group !== '0');
    return (end < 0 ? groups.length : end) - start;
  };
  const runs = groups.map((_group, start) => runAt(start));
  const longest = Math.max(...runs);
  if (longest < 2) return groups.join(':');
  const start = runs.indexOf(longest);
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + longest).join(':')}`;
}
