import { type ImageSize, imageSize } from './image-size.ts';

/** A picture for the window, or why it is not shown. `warning` is a sentence. */
export type DescribedImage =
  | { readonly kind: 'shown'; readonly url: string; readonly size: ImageSize }
  | { readonly kind: 'refused'; readonly warning: string };

/** Largest picture that is shown, in bytes and as it unfolds in memory. */
const MAX_IMAGE_BYTES = 4 * 1024 * 1024;
const MAX_PIXELS = 50_000_000;
const SHOWN_TYPES: readonly string[] = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/**
 * A `data:` URL of a raster image by what its bytes are, not by what they are declared as. `available` is how many
 * bytes of pictures may still be shown. Null when the bytes are no PNG, JPEG, GIF or WebP.
 */
export function describeImage(
  bytes: Buffer,
  sniffed: string | null,
  available: number,
): DescribedImage | null {
  if (sniffed === null || !SHOWN_TYPES.includes(sniffed)) return null;
  if (bytes.length > MAX_IMAGE_BYTES) return refused(`The picture has more than ${MAX_IMAGE_BYTES} bytes.`);
  const size = imageSize(bytes, sniffed);
  if (size === null) return refused('The header of the picture is malformed.');
  if (size.width * size.height > MAX_PIXELS)
    return refused(`The picture claims ${size.width} × ${size.height} pixels, more than are shown.`);
  if (bytes.length > available) return refused('The pictures of this content are too large together.');
  return { kind: 'shown', url: `data:${sniffed};base64,${bytes.toString('base64')}`, size };
}

function refused(warning: string): DescribedImage {
  return { kind: 'refused', warning };
}
