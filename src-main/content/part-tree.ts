import { type DecodedText, decodeText } from './charset.ts';
import { CpimUnwrapper } from './cpim.ts';
import { type Disposition, fileNameOf, parseDisposition } from './disposition.ts';
import { splitHeaderBlock } from './header-block.ts';
import { type ContentType, type MimePart, parseContentType, splitMultipart } from './mime.ts';
import { sniffType } from './sniff.ts';
import { decodeContentEncoding, decodeTransfer, MAX_INFLATED_BYTES } from './transfer.ts';
import { contradicts } from './type-conflict.ts';
import { declaredEncoding } from './xml-tree.ts';

/** The header fields of a content, as they came with it. */
export type ContentHeaders = {
  readonly contentType: string | null;
  readonly contentEncoding?: string | null;
  readonly contentTransferEncoding?: string | null;
  readonly contentDisposition?: string | null;
  readonly contentId?: string | null;
};

/** A header field of a container, to be shown. */
export type NamedHeader = { readonly name: string; readonly value: string };

/** One content in a tree of contents. An `external` leaf only names its content; its parameters say where it is. */
export type ContentPart = {
  readonly kind: 'leaf' | 'external' | 'multipart' | 'cpim' | 'push';
  readonly contentType: ContentType;
  /** Content-Type as it was written; null when there was none. */
  readonly declared: string | null;
  readonly disposition: Disposition | null;
  readonly fileName: string | null;
  /** Without its angle brackets. */
  readonly contentId: string | null;
  /** The part's place: the root of multipart/related, or the richest alternative. */
  readonly role: 'root' | 'preferred' | null;
  /** What a message/cpim or a push message says of itself. */
  readonly headers: readonly NamedHeader[];
  /** Without transfer and content encoding. */
  readonly bytes: Buffer;
  readonly text: DecodedText | null;
  readonly sniffedType: string | null;
  readonly isMismatch: boolean;
  readonly children: readonly ContentPart[];
  /** Sentences. */
  readonly warnings: readonly string[];
};

/** Containers within containers that are looked into. */
export const MAX_PART_DEPTH = 8;
/** Parts of one content, containers included. */
export const MAX_PART_COUNT = 200;
/** Parts that fail to unpack, which costs time each, before no more are unpacked. */
const MAX_FAILED_UNPACKS = 4;
/** Text that is decoded of one part, in bytes. */
export const MAX_PART_TEXT_BYTES = 256 * 1024;
const TEXT_TYPE =
  /^(?:text\/|message\/|image\/svg\+xml$|application\/(?:.*\+)?(?:json|xml)$|application\/(?:sdp|x-www-form-urlencoded|javascript)$)/;
const NOT_ENCODED = /^\s*(?:identity)?\s*$/i;
const OCTETS: ContentType = { type: 'application/octet-stream', parameters: new Map() };

type Budget = { parts: number; inflatedBytes: number; failedUnpacks: number };
type Opened = Pick<ContentPart, 'kind' | 'headers' | 'children'> & { readonly warnings: readonly string[] };

/**
 * Takes a content apart: encodings off (RFC 2045 §6, RFC 9110 §8.4), then multiparts (RFC 2046 §5.1, RFC 2387),
 * message/cpim (RFC 3862) and push messages (application/vnd.oma.push), each part likewise. A container that cannot be
 * opened stays one part, with a warning. Bounded in depth, parts and unpacked bytes. Never rejects.
 */
export async function readPartTree(bytes: Buffer, headers: ContentHeaders): Promise<ContentPart> {
  return readPart(bytes, headers, null, MAX_PART_DEPTH, {
    parts: MAX_PART_COUNT - 1,
    inflatedBytes: MAX_INFLATED_BYTES,
    failedUnpacks: MAX_FAILED_UNPACKS,
  });
}

/** A part and how many containers it is in. */
export type PlacedPart = { readonly part: ContentPart; readonly depth: number };

/** Every part, a container before what is in it: the order in which parts are numbered. */
export function partsInOrder(tree: ContentPart, depth = 0): readonly PlacedPart[] {
  return [{ part: tree, depth }, ...tree.children.flatMap((child) => partsInOrder(child, depth + 1))];
}

/** The part with this Content-ID, as `cid:` URL, in angle brackets or bare (RFC 2392 §2). Null when there is none. */
export function partByContentId(tree: ContentPart, reference: string): ContentPart | null {
  const wanted = bareId(decodeCid(reference.trim()));
  const waiting: ContentPart[] = [tree];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    if (part.contentId !== null && part.contentId === wanted) return part;
    waiting.push(...part.children.toReversed());
  }
  return null;
}

async function readPart(
  raw: Buffer,
  headers: ContentHeaders,
  role: ContentPart['role'],
  depth: number,
  budget: Budget,
): Promise<ContentPart> {
  const plain = await withoutEncodings(raw, headers, budget);
  const { bytes } = plain;
  const sniffedType = sniffType(bytes);
  const parsed = headers.contentType === null ? null : parseContentType(headers.contentType);
  const contentType = parsed ?? { ...OCTETS, type: sniffedType ?? OCTETS.type };
  const opened = await open(bytes, contentType, depth, budget);
  const disposition =
    headers.contentDisposition == null ? null : parseDisposition(headers.contentDisposition);
  const isMismatch = plain.isWhole && parsed !== null && contradicts(parsed.type, sniffedType, bytes);
  const isText =
    opened.children.length === 0 && plain.isWhole && looksLikeText(bytes, contentType, sniffedType);
  const text = isText ? decodeText(bytes, charsetOf(bytes, contentType), MAX_PART_TEXT_BYTES) : null;
  const seen = sniffedType ?? 'binary data';
  return {
    ...opened,
    contentType,
    declared: headers.contentType,
    disposition,
    fileName: fileNameOf(disposition, contentType),
    contentId: headers.contentId == null ? null : bareId(headers.contentId),
    role,
    bytes,
    text,
    sniffedType,
    isMismatch,
    warnings: [
      ...plain.warnings,
      ...(parsed === null && headers.contentType !== null ? ['The content type is malformed.'] : []),
      ...(isMismatch ? [`It is declared as ${contentType.type}, but looks like ${seen}.`] : []),
      ...opened.warnings,
      ...(text?.warnings ?? []),
    ],
  };
}

type Plain = { readonly bytes: Buffer; readonly isWhole: boolean; readonly warnings: readonly string[] };

/** The bytes as they are, with the reason, when an encoding cannot be taken off. */
async function withoutEncodings(raw: Buffer, headers: ContentHeaders, budget: Budget): Promise<Plain> {
  const transferred = decodeTransfer(raw, headers.contentTransferEncoding ?? null);
  if (transferred.kind === 'bad') return { bytes: raw, isWhole: false, warnings: [transferred.reason] };
  const encoding = headers.contentEncoding ?? '';
  if (NOT_ENCODED.test(encoding))
    return { bytes: transferred.bytes, isWhole: true, warnings: transferred.warnings };
  if (budget.failedUnpacks === 0) {
    const reason = 'It is not unpacked: too many parts before it could not be.';
    return { bytes: transferred.bytes, isWhole: false, warnings: [...transferred.warnings, reason] };
  }
  const inflated = await decodeContentEncoding(transferred.bytes, encoding, budget.inflatedBytes);
  if (inflated.kind === 'bad') {
    budget.failedUnpacks -= 1;
    return {
      bytes: transferred.bytes,
      isWhole: false,
      warnings: [...transferred.warnings, inflated.reason],
    };
  }
  budget.inflatedBytes = Math.max(0, budget.inflatedBytes - inflated.bytes.length);
  return { bytes: inflated.bytes, isWhole: true, warnings: transferred.warnings };
}

const CLOSED: Opened = { kind: 'leaf', headers: [], children: [], warnings: [] };

/** What is inside a container; CLOSED for anything else. */
async function open(bytes: Buffer, contentType: ContentType, depth: number, budget: Budget): Promise<Opened> {
  const { type } = contentType;
  if (type === 'message/external-body') return { ...CLOSED, kind: 'external' };
  const isContainer =
    type.startsWith('multipart/') || type === 'message/cpim' || type === 'application/vnd.oma.push';
  if (!isContainer) return CLOSED;
  if (depth === 0) return { ...CLOSED, warnings: ['It is nested too deeply to be opened.'] };
  if (type === 'message/cpim') return openCpim(bytes, depth, budget);
  if (type === 'application/vnd.oma.push') return openPush(bytes, depth, budget);
  const parts = splitMultipart(bytes, contentType);
  if (parts === null) return { ...CLOSED, warnings: ['The multipart content cannot be taken apart.'] };
  const special = specialPart(parts, contentType);
  const role = type === 'multipart/related' ? 'root' : 'preferred';
  const roles = parts.map((part) => (part === special ? role : null));
  const { children, warnings } = await readChildren(parts, roles, depth, budget);
  return { kind: 'multipart', headers: [], children, warnings };
}

/** The root of multipart/related (RFC 2387 §3.2); the last of multipart/alternative (RFC 2046 §5.1.4). */
function specialPart(parts: readonly MimePart[], contentType: ContentType): MimePart | null {
  if (contentType.type === 'multipart/alternative') return parts.at(-1) ?? null;
  if (contentType.type !== 'multipart/related') return null;
  const start = contentType.parameters.get('start');
  const named = start === undefined ? undefined : parts.find((part) => idOf(part) === bareId(start));
  return named ?? parts[0] ?? null;
}

async function openCpim(bytes: Buffer, depth: number, budget: Budget): Promise<Opened> {
  const unwrapped = unwrapCpim(bytes);
  if (typeof unwrapped === 'string') return { ...CLOSED, warnings: [`It cannot be opened: ${unwrapped}.`] };
  const { children, warnings } = await readChildren([unwrapped.part], [null], depth, budget);
  return { kind: 'cpim', headers: unwrapped.headers, children, warnings };
}

function unwrapCpim(
  bytes: Buffer,
): { readonly part: MimePart; readonly headers: readonly NamedHeader[] } | string {
  const unwrapper = new CpimUnwrapper();
  try {
    const { body } = unwrapper.push(bytes);
    const { headers } = unwrapper;
    if (body === null || headers === null) return 'the CPIM headers have no end';
    const named = (name: string, value: string | null) => (value === null ? [] : [{ name, value }]);
    const contentType = parseContentType(headers.contentType ?? 'text/plain') ?? OCTETS;
    return {
      part: { headers: headers.content, contentType, body },
      headers: [
        ...named('From', headers.from),
        ...headers.to.flatMap((to) => named('To', to)),
        ...named('DateTime', headers.dateTime),
        ...named('Subject', headers.subject),
      ],
    };
  } catch (error) {
    return error instanceof Error ? error.message : 'the CPIM headers are malformed';
  }
}

/** The specification only names the type; contents with a MIME header of their own are opened, others are opaque. */
async function openPush(bytes: Buffer, depth: number, budget: Budget): Promise<Opened> {
  const part = splitHeaderBlock(bytes);
  if (part === null) return CLOSED;
  const headers = [...part.headers].map(([name, value]) => ({ name, value }));
  const { children, warnings } = await readChildren([part], [null], depth, budget);
  return { kind: 'push', headers, children, warnings };
}

async function readChildren(
  parts: readonly MimePart[],
  roles: readonly ContentPart['role'][],
  depth: number,
  budget: Budget,
): Promise<{ readonly children: readonly ContentPart[]; readonly warnings: readonly string[] }> {
  const children: ContentPart[] = [];
  // One after the other: they share what may be unpacked.
  for (const [index, part] of parts.entries()) {
    if (budget.parts === 0) return { children, warnings: ['There are more parts than are shown.'] };
    budget.parts -= 1;
    const headers: ContentHeaders = {
      contentType: part.headers.get('content-type') ?? part.contentType.type,
      contentEncoding: part.headers.get('content-encoding') ?? null,
      contentTransferEncoding: part.headers.get('content-transfer-encoding') ?? null,
      contentDisposition: part.headers.get('content-disposition') ?? null,
      contentId: part.headers.get('content-id') ?? null,
    };
    children.push(await readPart(part.body, headers, roles[index] ?? null, depth - 1, budget));
  }
  return { children, warnings: [] };
}

function looksLikeText(bytes: Buffer, contentType: ContentType, sniffed: string | null): boolean {
  if (sniffed !== null && TEXT_TYPE.test(sniffed)) return true;
  if (!TEXT_TYPE.test(contentType.type)) return false;
  const isWide = /^(?:utf-16|iso-10646-ucs-2|ucs-2|utf-32)/i.test(
    contentType.parameters.get('charset') ?? '',
  );
  const hasMark = bytes.length >= 2 && ['feff', 'fffe'].includes(bytes.toString('hex', 0, 2));
  return isWide || hasMark || !bytes.includes(0);
}

/** XML says its character set itself when its header does not (RFC 7303 §3). */
function charsetOf(bytes: Buffer, contentType: ContentType): string | null {
  return contentType.parameters.get('charset') ?? declaredEncoding(bytes);
}

function idOf(part: MimePart): string {
  return bareId(part.headers.get('content-id') ?? '');
}

/** Spaces inside an id are a slip of the spec's samples. */
function bareId(id: string): string {
  return id.replace(/[<>\s]/g, '');
}

function decodeCid(reference: string): string {
  if (!/^cid:/i.test(reference)) return reference;
  try {
    return decodeURIComponent(reference.slice(4));
  } catch {
    return reference.slice(4);
  }
}
