import { parse, type SessionDescription } from 'sdp-transform';
import { type FileHash, parseFileSelector } from './file-selector.ts';

export type Setup = 'active' | 'passive' | 'actpass' | 'holdconn';
export type Direction = 'sendonly' | 'recvonly' | 'sendrecv' | 'inactive';

/** A file as an m-line describes it (RFC 5547 §6). Sizes are bytes; texts are for people and not to be trusted. */
export type FileDescription = {
  readonly name: string | null;
  readonly type: string | null;
  readonly size: number | null;
  readonly hashes: readonly FileHash[];
  readonly transferId: string | null;
  readonly disposition: 'render' | 'attachment';
  readonly date: {
    readonly creation: string | null;
    readonly modification: string | null;
    readonly read: string | null;
  };
  /** Content-ID of an icon in the multipart body, without `cid:`. */
  readonly icon: string | null;
  /** `1-*` when absent; end null means `*`. */
  readonly range: { readonly start: number; readonly end: number | null };
  readonly description: string | null;
  /** Name, type and size selectors exactly as they came, for the answer. */
  readonly selectorText: readonly string[];
};

type MediaBase = {
  /** Place among the m-lines, from 0. */
  readonly index: number;
  readonly type: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: string;
};

/** An MSRP m-line that offers one file. */
export type FileLine = MediaBase & {
  readonly kind: 'file';
  /** Host of the c= line that applies. */
  readonly host: string | null;
  /** MSRP URIs as written. */
  readonly path: readonly string[];
  readonly acceptTypes: readonly string[];
  readonly acceptWrappedTypes: readonly string[];
  readonly setup: Setup | null;
  readonly direction: Direction;
  readonly maxSize: number | null;
  readonly file: FileDescription;
};

/** Any other m-line: refused with port 0 in the answer. */
export type OtherLine = MediaBase & { readonly kind: 'other' };

export type MediaLine = FileLine | OtherLine;

export type SessionOffer = {
  /** `start stop` of the t= line, to be copied into the answer. */
  readonly timing: string;
  readonly media: readonly MediaLine[];
};

export type OfferResult =
  | { readonly kind: 'ok'; readonly offer: SessionOffer }
  | { readonly kind: 'bad'; readonly reason: string };

/** Longest SDP that is read, in characters. */
const MAX_SDP_LENGTH = 256 * 1024;
const MAX_LINE_LENGTH = 16 * 1024;
/** m-lines that are read; one file each. */
const MAX_MEDIA_LINES = 100;
const MAX_PATH_URIS = 10;
const LINE = /^[a-z]=/;
const MEDIA_LINE = /^m=[\w-]+ \d{1,5}(?:\/\d+)? [\w/-]+ \S.*$/;
const MSRP_PROTOCOL = /^TCP\/(?:TLS\/)?MSRP$/i;
const SETUPS: readonly string[] = ['active', 'passive', 'actpass', 'holdconn'];
const DIRECTIONS: readonly string[] = ['sendonly', 'recvonly', 'sendrecv', 'inactive'];

/**
 * Parses an SDP offer or answer with files (RFC 4566, 4975 §8, 5547 §6). Takes the slips of the spec's samples:
 * spaces after the colon of an attribute, a file-selector folded over lines, a missing s= line, and the older
 * attribute names. Never throws.
 */
export function parseOffer(sdp: string): OfferResult {
  if (sdp.length > MAX_SDP_LENGTH) return bad('it is too long');
  const lines = unfold(sdp);
  if (lines === null) return bad('a line is no SDP');
  if (lines[0] !== 'v=0') return bad('it does not begin with v=0');
  if (!lines.some((line) => /^o=\S+ \S+ \S+ IN IP[46] \S+$/.test(line)))
    return bad('its o= line is missing or malformed');
  const mediaLines = lines.filter((line) => line.startsWith('m='));
  const mediaCount = mediaLines.length;
  if (!mediaLines.every((line) => MEDIA_LINE.test(line))) return bad('an m-line is malformed');
  if (mediaCount === 0) return bad('it has no m-line');
  if (mediaCount > MAX_MEDIA_LINES) return bad(`it has more than ${MAX_MEDIA_LINES} m-lines`);
  const parsed = parse(`${lines.join('\r\n')}\r\n`);
  const media: MediaLine[] = [];
  for (const [index, one] of parsed.media.entries()) {
    const line = readMedia(parsed, one, index);
    if (typeof line === 'string') return bad(line);
    media.push(line);
  }
  const { start, stop } = parsed.timing ?? { start: 0, stop: 0 };
  return { kind: 'ok', offer: { timing: `${start} ${stop}`, media } };
}

type ParsedMedia = SessionDescription['media'][number];

function readMedia(session: SessionDescription, media: ParsedMedia, index: number): MediaLine | string {
  const base: MediaBase = {
    index,
    type: media.type,
    port: media.port,
    protocol: media.protocol,
    formats: media.payloads ?? '*',
  };
  const attribute = attributesOf(media);
  const selectorText = attribute('file-selector');
  if (media.type !== 'message' || !MSRP_PROTOCOL.test(media.protocol) || selectorText === null) {
    return { ...base, kind: 'other' };
  }
  const selector = parseFileSelector(selectorText);
  if (selector === null) return `the file-selector of m-line ${index + 1} is malformed`;
  const range = readRange(attribute('file-range'));
  if (range === null) return `the file-range of m-line ${index + 1} is malformed`;
  const { verbatim, ...described } = selector;
  const setup = media.setup ?? '';
  const direction = media.direction ?? session.direction ?? 'sendrecv';
  return {
    ...base,
    kind: 'file',
    host: media.connection?.ip ?? session.connection?.ip ?? null,
    path: words(attribute('path')).slice(0, MAX_PATH_URIS),
    acceptTypes: words(attribute('accept-types')),
    acceptWrappedTypes: words(attribute('accept-wrapped-types')),
    setup: isSetup(setup) ? setup : null,
    direction: isDirection(direction) ? direction : 'sendrecv',
    maxSize: numberOrNull(attribute('max-size')),
    file: {
      ...described,
      transferId: attribute('file-transfer-id'),
      disposition: readDisposition(attribute('file-disposition') ?? attribute('disposition')),
      date: readDate(attribute('file-date')),
      icon: readIcon(attribute('file-icon') ?? attribute('icon')),
      range,
      description: media.description ?? null,
      selectorText: verbatim,
    },
  };
}

/** Looks up a= lines that sdp-transform has no grammar for: first value of a name, trimmed, or null. */
function attributesOf(media: ParsedMedia): (name: string) => string | null {
  const lines = media.invalid ?? [];
  return (name) => {
    const found = lines.find(({ value }) => value.toLowerCase().startsWith(`${name}:`));
    return found === undefined ? null : found.value.slice(name.length + 1).trim();
  };
}

/**
 * Lines without line ends. A line that begins with a space continues an `a=file-selector` and is a fault
 * elsewhere; spaces after the colon of an attribute go. Null when a line is no SDP.
 */
function unfold(sdp: string): readonly string[] | null {
  const lines: string[] = [];
  for (const raw of sdp.split(/\r\n|\n/)) {
    if (raw.trim() === '') continue;
    if (raw.length > MAX_LINE_LENGTH || raw.includes('\0')) return null;
    const last = lines.at(-1) ?? '';
    if (/^[ \t]/.test(raw)) {
      if (!last.startsWith('a=file-selector:')) return null;
      lines[lines.length - 1] = `${last} ${raw.trim()}`;
    } else if (LINE.test(raw)) {
      lines.push(raw.replace(/^(a=[\w-]+:)[ \t]+/, '$1').trimEnd());
    } else {
      return null;
    }
  }
  return lines;
}

function readRange(text: string | null): FileDescription['range'] | null {
  if (text === null) return { start: 1, end: null };
  const match = /^(\d{1,15})-(\d{1,15}|\*)$/.exec(text);
  if (match === null) return null;
  const start = Number(match[1]);
  const end = match[2] === '*' ? null : Number(match[2]);
  return start < 1 || (end !== null && end < start) ? null : { start, end };
}

/** Default is render; anything but render must not show itself (RFC 5547 §7, RFC 2183 §2.8, X-23). */
function readDisposition(text: string | null): 'render' | 'attachment' {
  return text === null || text.toLowerCase() === 'render' ? 'render' : 'attachment';
}

function readDate(text: string | null): FileDescription['date'] {
  const part = (name: string) =>
    new RegExp(`\\b${name}:[ ]?"([^"]{1,100})"`, 'i').exec(text ?? '')?.[1] ?? null;
  return { creation: part('creation'), modification: part('modification'), read: part('read') };
}

function readIcon(text: string | null): string | null {
  return text === null ? null : text.replace(/^cid:/i, '');
}

function words(text: string | null): readonly string[] {
  return text === null ? [] : text.split(/\s+/).filter((word) => word !== '');
}

function numberOrNull(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function isSetup(text: string): text is Setup {
  return SETUPS.includes(text);
}

function isDirection(text: string): text is Direction {
  return DIRECTIONS.includes(text);
}

function bad(reason: string): OfferResult {
  return { kind: 'bad', reason };
}
