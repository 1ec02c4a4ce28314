/** Width and height in pixels as the header of an image claims them. */
export type ImageSize = { readonly width: number; readonly height: number };

/** Segments of a JPEG that are passed over before its frame header. */
const MAX_JPEG_SEGMENTS = 1000;

/**
 * Reads the size of a PNG (ISO 15948 §11.2.2), GIF (GIF89a §18), JPEG (T.81 §B.2.2) or WebP (RFC 9649 §2) from its
 * header, without decoding anything. Null for other types and for headers that are cut or malformed.
 */
export function imageSize(bytes: Buffer, type: string): ImageSize | null {
  if (type === 'image/png') return pngSize(bytes);
  if (type === 'image/gif') {
    return bytes.length < 10 ? null : size(bytes.readUInt16LE(6), bytes.readUInt16LE(8));
  }
  if (type === 'image/jpeg') return jpegSize(bytes);
  return type === 'image/webp' ? webpSize(bytes) : null;
}

function size(width: number, height: number): ImageSize | null {
  return width > 0 && height > 0 ? { width, height } : null;
}

function pngSize(bytes: Buffer): ImageSize | null {
  if (bytes.length < 24 || bytes.toString('latin1', 12, 16) !== 'IHDR') return null;
  return size(bytes.readUInt32BE(16), bytes.readUInt32BE(20));
}

function jpegSize(bytes: Buffer): ImageSize | null {
  let at = 2;
  for (let count = 0; count < MAX_JPEG_SEGMENTS && at + 9 <= bytes.length; count += 1) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] ?? 0;
    // Fill bytes before a marker, and markers without a segment.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (isFrameHeader(marker)) return size(bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5));
    else if (marker === 0xd9 || marker === 0xda) return null;
    else at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
  return null;
}

/** SOF0 to SOF15, without DHT, JPG and DAC, which lie among them. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function webpSize(bytes: Buffer): ImageSize | null {
  if (bytes.length < 30 || bytes.toString('latin1', 0, 4) !== 'RIFF') return null;
  const format = bytes.toString('latin1', 12, 16);
  if (format === 'VP8 ') return size(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
  if (format === 'VP8X') return size(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
  if (format !== 'VP8L' || bytes[20] !== 0x2f) return null;
  const packed = bytes.readUInt32LE(21);
  return size((packed & 0x3fff) + 1, ((packed >>> 14) & 0x3fff) + 1);
}
