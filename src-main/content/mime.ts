/** A parsed Content-Type: type in lower case, parameter names in lower case, values unquoted. */
export type ContentType = { readonly type: string; readonly parameters: ReadonlyMap<string, string> };

/** Longest header value that is read. */
const MAX_LENGTH = 4096;
const TYPE = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+*-]+)\s*(?:;|$)/;
const PARAMETER = /;\s*([\w!#$&^.+*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g;

/** Parses a Content-Type value (RFC 2045 §5.1). Null when it has no type/subtype. */
export function parseContentType(value: string): ContentType | null {
  const type = value.length > MAX_LENGTH ? null : TYPE.exec(value);
  if (type?.[1] === undefined) return null;
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, plain = ''] of value.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? plain);
  }
  return { type: type[1].toLowerCase(), parameters };
}

/** One part of a multipart body. Header names are lower case. */
export type MimePart = {
  readonly headers: ReadonlyMap<string, string>;
  readonly contentType: ContentType;
  readonly body: Buffer;
};

/** Parts of one body that are read. */
const MAX_PARTS = 100;
const MAX_PART_HEADER_BYTES = 16 * 1024;
const TEXT_PLAIN: ContentType = { type: 'text/plain', parameters: new Map() };

/**
 * Splits a multipart body (RFC 2046 §5.1); bodies are exact, without the CRLF that belongs to the delimiter.
 * Null when there is no boundary, no closing delimiter, no part, or more parts or headers than we read.
 */
export function splitMultipart(body: Buffer, contentType: ContentType): readonly MimePart[] | null {
  const boundary = contentType.parameters.get('boundary');
  if (boundary === undefined || boundary === '' || boundary.length > 70) return null;
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  // The first delimiter may open the body, without the CRLF before it.
  const whole = Buffer.concat([Buffer.from('\r\n'), body]);
  const parts: MimePart[] = [];
  let at = whole.indexOf(delimiter);
  while (at >= 0) {
    const after = at + delimiter.length;
    if (whole.subarray(after, after + 2).toString('latin1') === '--')
      return parts.length === 0 ? null : parts;
    const lineEnd = whole.indexOf('\r\n', after);
    const next = lineEnd < 0 ? -1 : whole.indexOf(delimiter, lineEnd);
    if (next < 0 || parts.length >= MAX_PARTS) return null;
    const part = readPart(whole.subarray(lineEnd + 2, next));
    if (part === null) return null;
    parts.push(part);
    at = next;
  }
  return null;
}

/**
 * The part that a multipart body is about: for multipart/related the one `start` names, else the first (RFC 2387 §3.2).
 * Null when the body is malformed or `start` names no part.
 */
export function rootPart(body: Buffer, contentType: ContentType): MimePart | null {
  const parts = splitMultipart(body, contentType);
  const start = contentType.parameters.get('start');
  if (parts === null) return null;
  if (start === undefined) return parts[0] ?? null;
  return parts.find((part) => part.headers.get('content-id') === start) ?? null;
}

function readPart(bytes: Buffer): MimePart | null {
  // A part may have no header at all: then it begins with the empty line.
  const noHeaders = bytes.subarray(0, 2).toString('latin1') === '\r\n';
  const end = noHeaders ? 0 : bytes.indexOf('\r\n\r\n');
  if (end > MAX_PART_HEADER_BYTES) return null;
  const headerText = bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
  const headers = new Map<string, string>();
  for (const line of headerText.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const declared = headers.get('content-type');
  const contentType = declared === undefined ? TEXT_PLAIN : parseContentType(declared);
  if (contentType === null) return null;
  const body = end < 0 ? Buffer.alloc(0) : bytes.subarray(end + (noHeaders ? 2 : 4));
  return { headers, contentType, body };
}
