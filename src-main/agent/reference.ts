import {
  EXTERNAL_BODY,
  type ExternalBody,
  type ExternalReference,
  readExternalBody,
} from '../content/external-body.ts';
import { parseContentType, splitMultipart } from '../content/mime.ts';
import type { ReferenceRecord } from '../history/records.ts';
import { remember } from '../sip/remember.ts';

/** A reference in a message: which one it is, from 0, and what it says. */
export type PlacedReference = { readonly place: number; readonly read: ExternalBody };

/** A body as far as references go. */
type Outline =
  | ({ readonly kind: 'reference' } & PlacedReference)
  | { readonly kind: 'content'; readonly type: string | null }
  | { readonly kind: 'parts'; readonly parts: readonly Outline[] }
  /** The last that can be taken is wanted, and no other (RFC 2046 §5.1.4). */
  | { readonly kind: 'alternatives'; readonly parts: readonly Outline[] };

/** `parseContentType` for the type of a message. */
export const contentTypeOf = remember(parseContentType);

/** Multiparts within multiparts that are looked into. */
const MAX_DEPTH = 4;
/** References of a body that are read; what stands behind them counts as content of its own. */
const MAX_READ = 100;

/** What a terminal takes. */
export type Taking = {
  readonly type: (type: string) => boolean;
  readonly reference: (read: ExternalBody) => boolean;
};

/**
 * The references of a body that are wanted, in order: the body itself (RFC 4483), or those among the parts of a multipart
 * (§5.11). Of alternatives it is the last that is taken.
 */
export function wantedReferences(
  contentType: string | null,
  body: Buffer,
  takes: Taking,
): readonly PlacedReference[] {
  return mayRefer(contentType) ? wantedOf(outlineOf(contentType, body), takes) : [];
}

/** The references of a body that was read before, by their places, without those that are not sound. */
export function referencesByPlace(
  contentType: string | null,
  body: Buffer,
): ReadonlyMap<number, ExternalReference> {
  const all = mayRefer(contentType) ? allOf(outlineOf(contentType, body)) : [];
  return new Map(
    all.flatMap(({ place, read }) => (read.kind === 'ok' ? [[place, read.reference] as const] : [])),
  );
}

/** A reference as history keeps it, before anything was fetched. */
export function referenceRecord(place: number, reference: ExternalReference): ReferenceRecord {
  const { url, innerType, size, hash, expiration, optional } = reference;
  return {
    place,
    url,
    contentType: innerType,
    bytes: size,
    hash,
    expires: expiration?.toISOString() ?? null,
    received: 0,
    sha256: null,
    fetchedType: null,
    warnings: [],
    optional,
    problem: null,
  };
}

function mayRefer(contentType: string | null): boolean {
  const type = contentType === null ? undefined : contentTypeOf(contentType)?.type;
  return type !== undefined && (type === EXTERNAL_BODY || type.startsWith('multipart/'));
}

function outlineOf(contentType: string | null, body: Buffer): Outline {
  let places = 0;
  const outline = (text: string | null, bytes: Buffer, depth: number): Outline => {
    const type = text === null ? null : contentTypeOf(text);
    if (text !== null && type?.type === EXTERNAL_BODY && places < MAX_READ) {
      const place = places;
      places += 1;
      return { kind: 'reference', place, read: readExternalBody(text, bytes) };
    }
    const isMultipart = type?.type.startsWith('multipart/') === true && depth < MAX_DEPTH;
    const split = isMultipart ? splitMultipart(bytes, type) : null;
    if (split === null || type === null) return { kind: 'content', type: text };
    const parts = split.map((part) =>
      outline(part.headers.get('content-type') ?? null, part.body, depth + 1),
    );
    return { kind: type.type === 'multipart/alternative' ? 'alternatives' : 'parts', parts };
  };
  return outline(contentType, body, 0);
}

function wantedOf(outline: Outline, takes: Taking): readonly PlacedReference[] {
  switch (outline.kind) {
    case 'reference':
      return [outline];
    case 'content':
      return [];
    case 'parts':
      return outline.parts.flatMap((part) => wantedOf(part, takes));
    case 'alternatives': {
      const best = outline.parts.findLast((part) => isTaken(part, takes)) ?? outline.parts.at(-1);
      return best === undefined ? [] : wantedOf(best, takes);
    }
  }
}

function isTaken(outline: Outline, takes: Taking): boolean {
  switch (outline.kind) {
    case 'reference':
      return takes.reference(outline.read);
    case 'content':
      // What has no type is plain text (RFC 2045 §5.2).
      return takes.type(outline.type ?? 'text/plain');
    case 'parts':
      return outline.parts.every((part) => isTaken(part, takes));
    case 'alternatives':
      return outline.parts.some((part) => isTaken(part, takes));
  }
}

function allOf(outline: Outline): readonly PlacedReference[] {
  if (outline.kind === 'reference') return [outline];
  return outline.kind === 'content' ? [] : outline.parts.flatMap(allOf);
}
