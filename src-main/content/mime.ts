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
  return { type: type[1].toLowerCase(), parameters: readParameters(value) };
}

/** The first of each parameter counts. */
function readParameters(value: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, plain = ''] of value.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? plain);
  }
  return parameters;
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
/** Multiparts within multiparts that are looked into. */
const MAX_DEPTH = 4;
/** Spaces, and the line end, that are read behind a boundary. */
const MAX_PADDING = 80;
/** Lines that begin like a delimiter and are none, between two delimiters: more than an inner multipart has. */
const MAX_LOOK_ALIKES = 2_000;
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
  let at = indexOfDelimiter(whole, delimiter, 0);
  while (at >= 0) {
    const after = at + delimiter.length;
    if (whole.subarray(after, after + 2).toString('latin1') === '--')
      return parts.length === 0 ? null : parts;
    const lineEnd = whole.indexOf('\r\n', after);
    const next = lineEnd < 0 ? -1 : indexOfDelimiter(whole, delimiter, lineEnd);
    if (next < 0 || parts.length >= MAX_PARTS) return null;
    const part = readPart(whole.subarray(lineEnd + 2, next));
    if (part === null) return null;
    parts.push(part);
    at = next;
  }
  return null;
}

/**
 * Where the next delimiter line begins, or -1. Only padding may stand behind the boundary (RFC 2046 §5.1.1): else the
 * boundary `a` would match the line of an inner boundary `ab`.
 */
function indexOfDelimiter(whole: Buffer, delimiter: Buffer, from: number): number {
  let lookAlikes = 0;
  for (let at = whole.indexOf(delimiter, from); at >= 0; at = whole.indexOf(delimiter, at + 1)) {
    const after = at + delimiter.length;
    lookAlikes += 1;
    if (lookAlikes > MAX_LOOK_ALIKES) return -1;
    const rest = whole.toString('latin1', after, after + MAX_PADDING);
    if (/^(?:--|[ \t]*\r\n)/.test(rest)) return at;
  }
  return -1;
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
  return partById(parts, start);
}

/**
 * The SDP in a body that may be multipart: for multipart/related its root (RFC 5547 §8.8), for other multiparts the
 * first SDP found, up to MAX_DEPTH multiparts deep. Null when there is none or the body is malformed.
 */
export function sdpPart(body: Buffer, contentType: ContentType): MimePart | null {
  return findSdp({ headers: new Map(), contentType, body }, MAX_DEPTH);
}

/** The part with this Content-ID, written with its angle brackets or without (RFC 2392 §2), or null. */
export function partById(parts: readonly MimePart[], contentId: string): MimePart | null {
  const wanted = bareId(contentId);
  return parts.find((part) => bareId(part.headers.get('content-id') ?? '') === wanted) ?? null;
}

function findSdp(part: MimePart, depth: number): MimePart | null {
  const { body, contentType } = part;
  if (contentType.type === 'application/sdp') return part;
  if (depth === 0 || !contentType.type.startsWith('multipart/')) return null;
  if (contentType.type === 'multipart/related') {
    const root = rootPart(body, contentType);
    return root === null ? null : findSdp(root, depth - 1);
  }
  for (const inner of splitMultipart(body, contentType) ?? []) {
    const found = findSdp(inner, depth - 1);
    if (found !== null) return found;
  }
  return null;
}

/** Spaces inside an id are a slip of the spec's samples. */
function bareId(id: string): string {
  return id.replace(/[<>\s]/g, '');
}

function readPart(bytes: Buffer): MimePart | null {
  // A part may have no header at all: then it begins with the empty line.
  const noHeaders = bytes.subarray(0, 2).toString('latin1') === '\r\n';
  const end = noHeaders ? 0 : bytes.indexOf('\r\n\r\n');
  if (end > MAX_PART_HEADER_BYTES) return null;
  const headerText = bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
  const headers = readMimeHeaders(headerText);
  const declared = headers.get('content-type');
  const contentType = declared === undefined ? TEXT_PLAIN : parseContentType(declared);
  if (contentType === null) return null;
  const body = end < 0 ? Buffer.alloc(0) : bytes.subarray(end + (noHeaders ? 2 : 4));
  return { headers, contentType, body };
}

/** Header fields of a MIME part by lower-case name, unfolded (RFC 2045 §3). */
export function readMimeHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}
