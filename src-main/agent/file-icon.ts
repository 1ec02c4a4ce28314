import { imageSize } from '../content/image-size.ts';
import {
  type ContentType,
  type MimePart,
  parseContentType,
  partById,
  splitMultipart,
} from '../content/mime.ts';
import { sniffType } from '../content/sniff.ts';
import type { FileLine } from '../sdp/offer.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';

/** Largest icon that is kept; "the minimum number of octets that provide significance" (RFC 5547 §8.8). */
const MAX_ICON_BYTES = 32 * 1024;
/** Icons of one offer together: they are kept with its record. */
const MAX_ICONS_BYTES = 128 * 1024;
/** Longest side in pixels: a small file may unfold to a very large picture. */
const MAX_ICON_SIDE = 1024;
/** By what the bytes are; what they are declared as does not count. Never SVG, which is a program's text. */
const ICON_TYPES: readonly string[] = ['image/png', 'image/jpeg', 'image/gif'];

/**
 * The icons of an offer by m-line, as `data:` URLs: the parts of the multipart body that `a=file-icon` points at
 * (RFC 5547 §8.8, PRA-SDP-08). One that is missing, too large or no PNG, JPEG or GIF is left out.
 */
export function readIcons(request: IncomingRequest, lines: readonly FileLine[]): ReadonlyMap<number, string> {
  const icons = new Map<number, string>();
  const parts = lines.some(({ file }) => file.icon !== null) ? partsOf(request) : [];
  let left = MAX_ICONS_BYTES;
  for (const { index, file } of lines) {
    const part = file.icon === null ? null : partById(parts, file.icon);
    const bytes = part === null ? null : decoded(part);
    if (bytes === null || bytes.length > left) continue;
    const url = iconUrl(bytes);
    if (url === null) continue;
    left -= bytes.length;
    icons.set(index, url);
  }
  return icons;
}

/** A picture as a `data:` URL; null when it is none that is shown. */
export function iconUrl(bytes: Buffer): string | null {
  if (bytes.length === 0 || bytes.length > MAX_ICON_BYTES) return null;
  const type = sniffType(bytes);
  if (type === null || !ICON_TYPES.includes(type)) return null;
  const size = imageSize(bytes, type);
  if (size === null || size.width > MAX_ICON_SIDE || size.height > MAX_ICON_SIDE) return null;
  return `data:${type};base64,${bytes.toString('base64')}`;
}

function partsOf(request: IncomingRequest): readonly MimePart[] {
  const type: ContentType | null = parseContentType(request.getHeader('content-type') ?? '');
  if (type === null || !type.type.startsWith('multipart/')) return [];
  return splitMultipart(Buffer.from(request.body, 'latin1'), type) ?? [];
}

/** SIP is eight bits clean, but a sender may encode all the same (RFC 2045 §6). */
function decoded({ body, headers }: MimePart): Buffer | null {
  const encoding = (headers.get('content-transfer-encoding') ?? 'binary').trim().toLowerCase();
  if (encoding === 'base64') return Buffer.from(body.toString('latin1'), 'base64');
  return ['binary', '8bit', '7bit'].includes(encoding) ? body : null;
}
