import type { Packet } from './packets.ts';

/*
 * pcapng (draft-ietf-opsawg-pcapng), little endian: a section header, one interface with times in µs, and an
 * enhanced packet block for each frame. A block: type u32, length u32, body padded to 4, options, length u32.
 */
const SECTION = 0x0a0d0d0a;
const BYTE_ORDER = 0x1a2b3c4d;
const INTERFACE = 1;
const ENHANCED_PACKET = 6;
const LINK_ETHERNET = 1;
const OPTION = { end: 0, comment: 1, application: 4, name: 2, resolution: 9 } as const;
const MICROSECONDS = 6;
/** Shown in place of an interface's name. */
const INTERFACE_NAME = 'Push Terminal';

/** What a file begins with. `program` is its name and version. */
export function pcapngHead(program: string): Buffer {
  const section = Buffer.alloc(16);
  section.writeUInt32LE(BYTE_ORDER, 0);
  section.writeUInt16LE(1, 4);
  section.writeUInt16LE(0, 6);
  // The length of the section is not told: the file may grow.
  section.writeBigInt64LE(-1n, 8);
  const device = Buffer.alloc(8);
  device.writeUInt16LE(LINK_ETHERNET, 0);
  device.writeUInt32LE(0, 4);
  const options = [
    option(OPTION.name, Buffer.from(INTERFACE_NAME)),
    option(OPTION.resolution, Buffer.from([MICROSECONDS])),
  ];
  return Buffer.concat([
    block(SECTION, section, [option(OPTION.application, Buffer.from(program))]),
    block(INTERFACE, device, options),
  ]);
}

/** One frame, with its comment as Wireshark shows it. */
export function pcapngPacket({ at, frame, comment }: Packet): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(Math.floor(at / 2 ** 32), 4);
  head.writeUInt32LE(at % 2 ** 32, 8);
  head.writeUInt32LE(frame.length, 12);
  head.writeUInt32LE(frame.length, 16);
  const body = Buffer.concat([head, padded(frame)]);
  return block(ENHANCED_PACKET, body, comment === null ? [] : [option(OPTION.comment, Buffer.from(comment))]);
}

function block(type: number, body: Buffer, options: readonly Buffer[]): Buffer {
  const end = options.length === 0 ? [] : [option(OPTION.end, Buffer.alloc(0))];
  const content = Buffer.concat([body, ...options, ...end]);
  const length = content.length + 12;
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([head, content, tail]);
}

function option(code: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

function padded(bytes: Buffer): Buffer {
  const missing = (4 - (bytes.length % 4)) % 4;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}
