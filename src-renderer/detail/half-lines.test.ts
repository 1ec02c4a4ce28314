import { describe, expect, it } from 'vitest';
import { hexDump } from '../../src-main/content/hex-dump.ts';
import { inHalfLines } from './half-lines.ts';

describe('a hex dump of eight bytes a line', () => {
  it('has the same bytes, at their offsets', () => {
    const bytes = Buffer.from('0123456789abcdefghijklmnop\n  xyz');
    expect(inHalfLines(hexDump(bytes)).split('\n')).toEqual([
      '00000000  30 31 32 33 34 35 36 37  01234567',
      '00000008  38 39 61 62 63 64 65 66  89abcdef',
      '00000010  67 68 69 6a 6b 6c 6d 6e  ghijklmn',
      '00000018  6f 70 0a 20 20 78 79 7a  op.  xyz',
    ]);
  });

  it('ends where the bytes do', () => {
    for (const length of [0, 1, 7, 8, 9, 15, 16, 17]) {
      const lines = inHalfLines(hexDump(Buffer.alloc(length, 'x'))).split('\n');
      expect(lines.filter((line) => line !== '')).toHaveLength(Math.ceil(length / 8));
      expect(lines.join('').replace(/[^x]/g, '')).toHaveLength(length);
    }
  });
});
