import { parseContentType } from '../content/mime.ts';
import { sniffType } from '../content/sniff.ts';
import type { ContentView } from '../ipc/contract.ts';

/** Bytes of text, bytes of hex dump, and bytes of image that a window gets. */
const MAX_TEXT_BYTES = 256 * 1024;
const MAX_HEX_BYTES = 16 * 1024;
const MAX_IMAGE_BYTES = 4 * 1024 * 1024;
const BYTES_A_LINE = 16;
const IMAGE_TYPES: readonly string[] = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];
const TEXT_TYPE =
  /^(?:text\/|message\/|application\/(?:.*\+)?(?:json|xml)$|application\/(?:sdp|x-www-form-urlencoded)$)/;

/** Prepares hostile bytes for showing: text as text, a bounded hex dump, and only raster images that are what they claim. */
export function viewContent(bytes: Buffer, declared: string | null): ContentView {
  const contentType = declared === null ? null : parseContentType(declared);
  const sniffedType = sniffType(bytes);
  const looksLikeText = sniffedType !== null && TEXT_TYPE.test(sniffedType);
  const isText =
    looksLikeText || (contentType !== null && TEXT_TYPE.test(contentType.type) && !bytes.includes(0));
  return {
    contentType: declared,
    sniffedType,
    bytes: bytes.length,
    text: isText ? decode(bytes.subarray(0, MAX_TEXT_BYTES), contentType?.parameters.get('charset')) : null,
    truncated: bytes.length > (isText ? MAX_TEXT_BYTES : MAX_HEX_BYTES),
    hex: hexDump(bytes.subarray(0, MAX_HEX_BYTES)),
    image: imageUrl(bytes, contentType?.type ?? null, sniffedType),
  };
}

/** Classic hex dump: offset, sixteen bytes, printable characters. */
export function hexDump(bytes: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_A_LINE) {
    const row = [...bytes.subarray(at, at + BYTES_A_LINE)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(BYTES_A_LINE * 3 - 1)}  ${text}`);
  }
  return lines.join('\n');
}

/** Streaming, so that a character cut at the end is left out and not replaced. */
function decode(bytes: Buffer, charset: string | undefined): string {
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(bytes, { stream: true });
  } catch {
    // A charset nobody knows: UTF-8 shows what can be shown.
    return new TextDecoder().decode(bytes, { stream: true });
  }
}

function imageUrl(bytes: Buffer, declared: string | null, sniffed: string | null): string | null {
  if (declared === null || declared !== sniffed || !IMAGE_TYPES.includes(declared)) return null;
  return bytes.length > MAX_IMAGE_BYTES ? null : `data:${declared};base64,${bytes.toString('base64')}`;
}
