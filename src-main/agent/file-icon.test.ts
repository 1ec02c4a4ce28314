import { describe, expect, it } from 'vitest';
import { GIF, JPEG, PNG, WEBP_LOSSY } from '../content/test-images.ts';
import { mangled } from '../content/test-random.ts';
import { iconUrl } from './file-icon.ts';

const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
const SEED = 5547;

/** A PNG that claims these sides. */
function pngOf(width: number, height: number): Buffer {
  const bytes = Buffer.from(PNG);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

describe('iconUrl', () => {
  it.each([
    ['image/png', PNG],
    ['image/jpeg', JPEG],
    ['image/gif', GIF],
  ])('takes %s by its bytes', (type, bytes) => {
    expect(iconUrl(bytes)).toBe(`data:${type};base64,${bytes.toString('base64')}`);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['SVG, which may hold scripts', SVG],
    ['HTML', Buffer.from('<html><script>alert(1)</script></html>')],
    ['WebP', WEBP_LOSSY],
    ['more bytes than an icon needs', Buffer.concat([PNG, Buffer.alloc(32 * 1024)])],
    ['more pixels than its bytes suggest', pngOf(1025, 10)],
    ['an endless height', pngOf(10, 0xffff_ffff)],
    ['a header cut short', PNG.subarray(0, 20)],
  ])('takes no %s', (_name, bytes) => {
    expect(iconUrl(bytes)).toBeNull();
  });

  it('gives nothing but data URLs of raster images for whatever comes', () => {
    let shown = 0;
    for (const bytes of mangled([PNG, JPEG, GIF, SVG], 5000, SEED)) {
      const url = iconUrl(bytes);
      if (url === null) continue;
      shown += 1;
      expect(url).toMatch(/^data:image\/(?:png|jpeg|gif);base64,[A-Za-z0-9+/]+=*$/);
    }
    expect(shown).toBeGreaterThan(0);
  });
});
