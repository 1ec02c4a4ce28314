import { crc32, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { zip } from './zip.ts';

describe('zip', () => {
  it('is an archive whose directory leads to every file', () => {
    const entries = [
      { name: 'versions.txt', bytes: Buffer.from('Push Terminal 1') },
      { name: 'ä/leer.txt', bytes: Buffer.alloc(0) },
      { name: 'trace.pcapng', bytes: Buffer.alloc(100_000, 'INVITE ') },
    ];
    const archive = zip(entries, new Date(2026, 10, 21, 12, 30, 58));
    const end = archive.length - 22;
    expect(archive.readUInt32LE(end)).toBe(0x06054b50);
    expect(archive.readUInt16LE(end + 10)).toBe(3);
    let at = archive.readUInt32LE(end + 16);
    expect(at + archive.readUInt32LE(end + 12)).toBe(end);
    for (const { name, bytes } of entries) {
      expect(archive.readUInt32LE(at)).toBe(0x02014b50);
      const length = archive.readUInt16LE(at + 28);
      expect(archive.toString('utf8', at + 46, at + 46 + length)).toBe(name);
      // 2026-11-21, 12:30:58.
      expect(archive.readUInt32LE(at + 12)).toBe(
        ((((46 << 9) | (11 << 5) | 21) << 16) | (12 << 11) | (30 << 5) | 29) >>> 0,
      );
      const local = archive.readUInt32LE(at + 42);
      expect(archive.readUInt32LE(local)).toBe(0x04034b50);
      const data = local + 30 + archive.readUInt16LE(local + 26);
      const unpacked = inflateRawSync(archive.subarray(data, data + archive.readUInt32LE(at + 20)));
      expect(unpacked.equals(bytes)).toBe(true);
      expect(archive.readUInt32LE(at + 16)).toBe(crc32(bytes));
      at += 46 + length;
    }
  });
});
