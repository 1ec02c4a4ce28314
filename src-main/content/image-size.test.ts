import { describe, expect, it } from 'vitest';
import { imageSize } from './image-size.ts';
import { GIF, JPEG, PNG, WEBP_EXTENDED, WEBP_LOSSLESS, WEBP_LOSSY } from './test-images.ts';

describe('imageSize', () => {
  it.each([
    ['image/png', PNG],
    ['image/gif', GIF],
    ['image/jpeg', JPEG],
    ['image/webp', WEBP_LOSSY],
    ['image/webp', WEBP_LOSSLESS],
    ['image/webp', WEBP_EXTENDED],
  ])('of %s', (type, bytes) => {
    expect(imageSize(bytes, type)).toEqual({ width: 300, height: 200 });
    for (let length = 0; length < Math.min(bytes.length, 24); length += 1) {
      expect([null, 300]).toContain(imageSize(bytes.subarray(0, length), type)?.width ?? null);
    }
  });

  it.each([
    ['a type without size', 'application/pdf', PNG],
    ['a width of nothing', 'image/gif', Buffer.concat([GIF.subarray(0, 6), Buffer.alloc(10)])],
    ['a JPEG without frame', 'image/jpeg', Buffer.from('ffd8ffd9ffffffffffff', 'hex')],
    [
      'a JPEG of nothing but segments',
      'image/jpeg',
      Buffer.concat([Buffer.from('ffd8', 'hex'), Buffer.alloc(100_000, Buffer.from('ffe00002', 'hex'))]),
    ],
    ['a WebP of an unknown format', 'image/webp', Buffer.from(`RIFF0000WEBPVP8Z${'0'.repeat(20)}`)],
  ])('is null for %s', (_name, type, bytes) => {
    expect(imageSize(bytes, type)).toBeNull();
  });
});
