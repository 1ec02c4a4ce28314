import { expect, test } from 'vitest';
import { hexDump } from './hex-dump.ts';

test('a hex dump shows offset, bytes and characters', () => {
  expect(hexDump(Buffer.from('0123456789abcdef\r\n'))).toBe(
    [
      '00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef',
      `00000010  0d 0a${' '.repeat(44)}..`,
    ].join('\n'),
  );
});
