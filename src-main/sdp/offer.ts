import { parse, type SessionDescription } from 'sdp-transform';
import { type FileHash, parseFileSelector } from './file-selector.ts';
import { type Fingerprint, readFingerprints } from './fingerprint.ts';
import { unfold } from './unfold.ts';

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
  /** The file-range as it came, for the answer, which must repeat it; null when absent. */
  readonly rangeText: string | null;
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

/** What every MSRP m-line says (RFC 4975 §8). */
type MsrpBase = MediaBase & {
  /** MSRP over TLS: `TCP/TLS/MSRP`. */
  readonly secure: boolean;
  /** Of the certificate its writer presents, as hashes (RFC 4975 §14.4). */
  readonly fingerprints: readonly Fingerprint[];
  /** Host of the c= line that applies. */
  readonly host: string | null;
  /** MSRP URIs as written. */
  readonly path: readonly string[];
  readonly acceptTypes: readonly string[];
  readonly acceptWrappedTypes: readonly string[];
  readonly setup: Setup | null;
  readonly direction: Direction;
  readonly maxSize: number | null;
};

/** An MSRP m-line that offers one file. */
export type FileLine = MsrpBase & { readonly kind: 'file'; readonly file: FileDescription };

/** An MSRP m-line without a file-selector, or with the empty one of a capability answer (RFC 5547 §8.5). */
export type MessageLine = MsrpBase & { readonly kind: 'message' };

/** Any other m-line: refused with port 0 in the answer. */
export type OtherLine = MediaBase & { readonly kind: 'other' };

export type MediaLine = FileLine | MessageLine | OtherLine;

/** The o= line. Session id and version are decimal text, since they may exceed 2^53. */
export type Origin = {
  readonly username: string;
  readonly sessionId: string;
  readonly version: string;
  readonly host: string;
};

export type SessionOffer = {
  readonly origin: Origin;
  /** `start stop` of the t= line, to be copied into the answer. */
  readonly timing: string;
  readonly media: readonly MediaLine[];
};

export type OfferResult =
  | { readonly kind: 'ok'; readonly offer: SessionOffer }
  | { readonly kind: 'bad'; readonly reason: string };

/** Longest SDP that is read, in characters. */
const MAX_SDP_LENGTH = 256 * 1024;
/** m-lines that are read; one file each. */
const MAX_MEDIA_LINES = 100;
const MAX_PATH_URIS = 10;
const MAX_PORT = 65_535;
const ORIGIN = /^o=(\S+) (\d{1,20}) (\d{1,20}) IN IP[46] (\S+)$/;
const MEDIA_LINE = /^m=([\w-]+) (\d{1,5})(?:\/\d+)? ([\w/-]+) (\S.*)$/;
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
  const origin = readOrigin(lines.find((line) => line.startsWith('o=')) ?? '');
  if (origin === null) return bad('its o= line is missing or malformed');
  const mediaLines = lines.filter((line) => line.startsWith('m='));
  if (mediaLines.length === 0) return bad('it has no m-line');
  if (mediaLines.length > MAX_MEDIA_LINES) return bad(`it has more than ${MAX_MEDIA_LINES} m-lines`);
  const fingerprints = readFingerprints(lines);
  if (fingerprints === null) return bad('a fingerprint is malformed');
  const parsed = parse(`${lines.join('\r\n')}\r\n`);
  const media: MediaLine[] = [];
  for (const [index, one] of parsed.media.entries()) {
    const base = readMediaLine(mediaLines[index] ?? '', index);
    if (base === null) return bad('an m-line is malformed');
    const line = readMedia(parsed, one, base, fingerprints[index] ?? []);
    if (typeof line === 'string') return bad(line);
    media.push(line);
  }
  const { start, stop } = parsed.timing ?? { start: 0, stop: 0 };
  return { kind: 'ok', offer: { origin, timing: `${start} ${stop}`, media } };
}

function readOrigin(line: string): Origin | null {
  const [, username, sessionId, version, host] = ORIGIN.exec(line) ?? [];
  if (username === undefined || sessionId === undefined || version === undefined || host === undefined)
    return null;
  return { username, sessionId, version, host };
}

/** Read here and not by sdp-transform, which leaves every field out of an m-line it does not match. */
function readMediaLine(line: string, index: number): MediaBase | null {
  const [, type, port, protocol, formats] = MEDIA_LINE.exec(line) ?? [];
  if (type === undefined || protocol === undefined || formats === undefined || Number(port) > MAX_PORT)
    return null;
  return { index, type, port: Number(port), protocol, formats };
}

type ParsedMedia = SessionDescription['media'][number];

function readMedia(
  session: SessionDescription,
  media: ParsedMedia,
  base: MediaBase,
  fingerprints: readonly Fingerprint[],
): MediaLine | string {
  if (base.type !== 'message' || !MSRP_PROTOCOL.test(base.protocol)) return { ...base, kind: 'other' };
  const attribute = attributesOf(media);
  const setup = (media.setup ?? session.setup ?? '').toLowerCase();
  const direction = media.direction ?? session.direction ?? 'sendrecv';
  const msrp: MsrpBase = {
    ...base,
    secure: /\/TLS\//i.test(base.protocol),
    fingerprints,
    host: textOrNull(media.connection?.ip ?? session.connection?.ip),
    path: words(attribute('path')).slice(0, MAX_PATH_URIS),
    acceptTypes: words(attribute('accept-types')),
    acceptWrappedTypes: words(attribute('accept-wrapped-types')),
    setup: isSetup(setup) ? setup : null,
    direction: isDirection(direction) ? direction : 'sendrecv',
    maxSize: numberOrNull(attribute('max-size')),
  };
  const selectorText = attribute('file-selector');
  if (selectorText === null || selectorText === '') return { ...msrp, kind: 'message' };
  const file = readFile(selectorText, attribute, textOrNull(media.description));
  if (typeof file === 'string') return `the ${file} of m-line ${base.index + 1} is malformed`;
  return { ...msrp, kind: 'file', file };
}

/** The file an m-line describes, or the name of the attribute that is malformed. */
function readFile(
  selectorText: string,
  attribute: (name: string) => string | null,
  description: string | null,
): FileDescription | string {
  const selector = parseFileSelector(selectorText);
  if (selector === null) return 'file-selector';
  const rangeText = attribute('file-range');
  const range = readRange(rangeText);
  if (range === null) return 'file-range';
  const { verbatim, ...described } = selector;
  return {
    ...described,
    transferId: attribute('file-transfer-id'),
    disposition: readDisposition(attribute('file-disposition') ?? attribute('disposition')),
    date: readDate(attribute('file-date')),
    icon: readIcon(attribute('file-icon') ?? attribute('icon')),
    range,
    rangeText,
    description,
    selectorText: verbatim,
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

/** Zones with a colon, as in the spec's samples, become those of RFC 5322. */
function readDate(text: string | null): FileDescription['date'] {
  const part = (name: string) => {
    const found = new RegExp(`\\b${name}:[ ]?"([^"]{1,100})"`, 'i').exec(text ?? '')?.[1];
    return found?.replace(/([+-]\d{2}):(\d{2})$/, '$1$2') ?? null;
  };
  return { creation: part('creation'), modification: part('modification'), read: part('read') };
}

/** A cid URL is the percent-encoded Content-ID (RFC 2392 §2); spaces inside are a slip of the samples. */
function readIcon(text: string | null): string | null {
  if (text === null) return null;
  const id = text.replace(/^cid:/i, '').replace(/\s+/g, '');
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function words(text: string | null): readonly string[] {
  return text === null ? [] : text.split(/\s+/).filter((word) => word !== '');
}

/** sdp-transform turns a text of digits into a number. */
function textOrNull(value: unknown): string | null {
  return value === undefined ? null : String(value);
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
