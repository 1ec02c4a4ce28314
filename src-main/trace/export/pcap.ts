import type { Packet } from './packets.ts';

/** Classic pcap with times in µs, little endian: what every tool reads, but without comments. */
const MAGIC = 0xa1b2c3d4;
const LINK_ETHERNET = 1;
const MAX_FRAME = 262_144;
const MICROSECONDS = 1_000_000;

/** What a file begins with. */
export function pcapHead(): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(MAGIC, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(MAX_FRAME, 16);
  head.writeUInt32LE(LINK_ETHERNET, 20);
  return head;
}

/** One frame. */
export function pcapPacket({ at, frame }: Packet): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(Math.floor(at / MICROSECONDS) % 2 ** 32, 0);
  head.writeUInt32LE(at % MICROSECONDS, 4);
  head.writeUInt32LE(frame.length, 8);
  head.writeUInt32LE(frame.length, 12);
  return Buffer.concat([head, frame]);
}
