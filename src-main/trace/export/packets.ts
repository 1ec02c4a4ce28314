import { isIPv4, isIPv6 } from 'node:net';
import type { Endpoint } from '../records.ts';

/** One Ethernet frame as it goes into a capture file. */
export type Packet = { readonly at: number; readonly frame: Buffer; readonly comment: string | null };

/** Most bytes of data in one segment or datagram: what IPv4 has room for. */
export const MAX_SEGMENT = 65_535 - 60;
const ETHERNET = { v4: Buffer.from('0800', 'hex'), v6: Buffer.from('86dd', 'hex') };
const TCP = 6;
const UDP = 17;
const ACK = 0x10;
const PUSH = 0x08;
const SYN = 0x02;
/** Locally administered addresses, ours and the peer's. */
const MACS = { local: Buffer.from('020000000001', 'hex'), remote: Buffer.from('020000000002', 'hex') };
const WINDOW = 65_535;

/** Both ends of a conversation, with addresses as bytes. */
export type Ends = { readonly local: Address; readonly remote: Address };
type Address = { readonly bytes: Buffer; readonly port: number };

/** The ends as addresses of one family; unknown ones become the documentation addresses of RFC 5737. */
export function endsOf(local: Endpoint, remote: Endpoint): Ends {
  const one = addressBytes(local.host, '192.0.2.1');
  const other = addressBytes(remote.host, '192.0.2.2');
  const isV6 = one.length === 16 || other.length === 16;
  return {
    local: { bytes: isV6 ? mapped(one) : one, port: local.port },
    remote: { bytes: isV6 ? mapped(other) : other, port: remote.port },
  };
}

/** A UDP datagram with Ethernet and IP around it. */
export function udpFrame(ends: Ends, direction: 'in' | 'out', data: Buffer): Buffer {
  const [from, to] = direction === 'out' ? [ends.local, ends.remote] : [ends.remote, ends.local];
  const header = Buffer.alloc(8);
  header.writeUInt16BE(from.port, 0);
  header.writeUInt16BE(to.port, 2);
  header.writeUInt16BE(header.length + data.length, 4);
  const sum = checksum(pseudoHeader(from, to, UDP, header.length + data.length), header, data);
  // Zero would mean that there is none (RFC 768).
  header.writeUInt16BE(sum === 0 ? 0xffff : sum, 6);
  return framed(ends, direction, UDP, [header, data]);
}

/** One TCP connection in the making: sequence numbers go on from frame to frame. */
export class TcpStream {
  readonly #ends: Ends;
  /** Next sequence number of each side. */
  readonly #next = { in: 1, out: 1 };

  constructor(ends: Ends) {
    this.#ends = ends;
  }

  /** The handshake, so that a dissector knows the beginning. `opener` sent the SYN. */
  handshake(opener: 'in' | 'out'): readonly Buffer[] {
    const answerer = opener === 'out' ? 'in' : 'out';
    return [
      this.#frame(opener, SYN, 0, 0, Buffer.alloc(0)),
      this.#frame(answerer, SYN | ACK, 0, 1, Buffer.alloc(0)),
      this.#frame(opener, ACK, 1, 1, Buffer.alloc(0)),
    ];
  }

  /** Data one way, in as many segments as it needs. */
  data(direction: 'in' | 'out', data: Buffer): readonly Buffer[] {
    const frames: Buffer[] = [];
    for (let at = 0; at < data.length; at += MAX_SEGMENT) {
      const piece = data.subarray(at, at + MAX_SEGMENT);
      const other = direction === 'out' ? 'in' : 'out';
      frames.push(this.#frame(direction, ACK | PUSH, this.#next[direction], this.#next[other], piece));
      this.#next[direction] = (this.#next[direction] + piece.length) % 2 ** 32;
    }
    return frames;
  }

  #frame(
    direction: 'in' | 'out',
    flags: number,
    sequence: number,
    acknowledged: number,
    data: Buffer,
  ): Buffer {
    const ends = this.#ends;
    const [from, to] = direction === 'out' ? [ends.local, ends.remote] : [ends.remote, ends.local];
    const header = Buffer.alloc(20);
    header.writeUInt16BE(from.port, 0);
    header.writeUInt16BE(to.port, 2);
    header.writeUInt32BE(sequence, 4);
    header.writeUInt32BE(acknowledged, 8);
    header[12] = 5 << 4;
    header[13] = flags;
    header.writeUInt16BE(WINDOW, 14);
    header.writeUInt16BE(
      checksum(pseudoHeader(from, to, TCP, header.length + data.length), header, data),
      16,
    );
    return framed(ends, direction, TCP, [header, data]);
  }
}

function framed(ends: Ends, direction: 'in' | 'out', protocol: number, parts: readonly Buffer[]): Buffer {
  const [from, to] = direction === 'out' ? [ends.local, ends.remote] : [ends.remote, ends.local];
  const [source, target] = direction === 'out' ? [MACS.local, MACS.remote] : [MACS.remote, MACS.local];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const isV6 = from.bytes.length === 16;
  const ip = isV6 ? ipv6(from, to, protocol, length) : ipv4(from, to, protocol, length);
  return Buffer.concat([target, source, isV6 ? ETHERNET.v6 : ETHERNET.v4, ip, ...parts]);
}

function ipv4(from: Address, to: Address, protocol: number, length: number): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(header.length + length, 2);
  // Do not fragment, so that no identification is needed (RFC 6864 §4.1).
  header[6] = 0x40;
  header[8] = 64;
  header[9] = protocol;
  from.bytes.copy(header, 12);
  to.bytes.copy(header, 16);
  header.writeUInt16BE(checksum(header), 10);
  return header;
}

function ipv6(from: Address, to: Address, protocol: number, length: number): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(length, 4);
  header[6] = protocol;
  header[7] = 64;
  from.bytes.copy(header, 8);
  to.bytes.copy(header, 24);
  return header;
}

function pseudoHeader(from: Address, to: Address, protocol: number, length: number): Buffer {
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(length, 0);
  tail[7] = protocol;
  return Buffer.concat([from.bytes, to.bytes, tail]);
}

/** The Internet checksum (RFC 1071); each part but the last has an even length. */
export function checksum(...parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at + 1 < part.length; at += 2) sum += part.readUInt16BE(at);
    if (part.length % 2 === 1) sum += (part[part.length - 1] ?? 0) << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** The bytes of an IP address, without a zone; of `otherwise` where it is none. */
function addressBytes(host: string, otherwise: string): Buffer {
  const [address = ''] = host.split('%');
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  return isIPv6(address) ? ipv6Bytes(address) : addressBytes(otherwise, otherwise);
}

function ipv6Bytes(text: string): Buffer {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const v4 = dotted === null ? null : Buffer.from((dotted[2] ?? '').split('.').map(Number)).toString('hex');
  const address = v4 === null ? text : `${dotted?.[1]}${v4.slice(0, 4)}:${v4.slice(4)}`;
  const [before = '', after] = address.split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const [first, last] = [groups(before), groups(after)];
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  const all = after === undefined ? first : [...first, ...zeros, ...last];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** An IPv4 address in IPv6 (RFC 4291 §2.5.5.2). */
function mapped(bytes: Buffer): Buffer {
  return bytes.length === 16 ? bytes : Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff]), bytes]);
}
