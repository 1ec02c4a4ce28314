import { type MimePart, parseContentType, readMimeHeaders } from './mime.ts';

/** Longest header block that is looked for, in bytes. */
const MAX_HEADER_BYTES = 16 * 1024;
/** A header field, or the folded rest of one (RFC 5322 §2.2). */
const FIELD_LINE = /^(?:[!-9;-~]+[ \t]*:.*|[ \t]+\S.*)$/;
/** Fields that show the block to be the header of a push message and no text with colons (WAP-251 §6.2). */
const TELLING = /^(?:content-[a-z-]+|x-wap-[a-z-]+|x-oma-[a-z-]+|mime-version)$/;

/**
 * Splits a content that has its own MIME header before it, as a push message has (WAP-251 §6.2: header fields, an empty
 * line, the body). Null when the bytes do not begin with such a header: then they are opaque.
 */
export function splitHeaderBlock(bytes: Buffer): MimePart | null {
  const head = bytes.toString('latin1', 0, MAX_HEADER_BYTES);
  const end = /\r?\n\r?\n/.exec(head);
  if (end === null) return null;
  const lines = head.slice(0, end.index).split(/\r?\n/);
  if (!lines.every((line) => FIELD_LINE.test(line))) return null;
  const headers = readMimeHeaders(lines.join('\r\n'));
  if (![...headers.keys()].some((name) => TELLING.test(name))) return null;
  const contentType = parseContentType(headers.get('content-type') ?? 'application/octet-stream');
  if (contentType === null) return null;
  return { headers, contentType, body: bytes.subarray(end.index + end[0].length) };
}
