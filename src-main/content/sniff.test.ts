import { describe, expect, it } from 'vitest';
import { sniffType } from './sniff.ts';

describe('sniffType', () => {
  it.each([
    [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'image/png'],
    [Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'image/jpeg'],
    [Buffer.from('MZ\x90'), 'application/x-msdownload'],
    [Buffer.from('  <!DOCTYPE html><p>'), 'text/html'],
    [Buffer.from('<?xml version="1.0"?><svg xmlns="x">'), 'image/svg+xml'],
    [Buffer.from('<?xml version="1.0"?><si/>'), 'application/xml'],
    [Buffer.from('grüße'), 'text/plain'],
    [Buffer.from([0, 1, 2]), null],
    [Buffer.alloc(0), null],
  ])('%j is %s', (bytes, type) => {
    expect(sniffType(bytes)).toBe(type);
  });
});
