import { type ExternalReference, readExternalBody } from '../content/external-body.ts';
import { parseContentType, splitMultipart } from '../content/mime.ts';
import type { ReferenceRecord } from '../history/records.ts';
import { remember } from '../sip/remember.ts';

/** What a message says of content that lies elsewhere. */
export type FoundReference =
  | { readonly kind: 'none' }
  | { readonly kind: 'ok'; readonly reference: ExternalReference }
  | { readonly kind: 'bad'; readonly reason: string };

/** `parseContentType` for the type of a message. */
export const contentTypeOf = remember(parseContentType);

const EXTERNAL_BODY = 'message/external-body';

/** The reference a body is (RFC 4483), or the first one among the parts of a multipart (§5.11). */
export function findReference(contentType: string | null, body: Buffer): FoundReference {
  const type = contentType === null ? null : contentTypeOf(contentType);
  if (contentType === null || type === null) return { kind: 'none' };
  if (type.type === EXTERNAL_BODY) return read(contentType, body);
  if (!type.type.startsWith('multipart/')) return { kind: 'none' };
  for (const part of splitMultipart(body, type) ?? []) {
    const partType = part.headers.get('content-type') ?? null;
    if (partType !== null && parseContentType(partType)?.type === EXTERNAL_BODY)
      return read(partType, part.body);
  }
  return { kind: 'none' };
}

/** A reference as history keeps it, before anything was fetched. */
export function referenceRecord(reference: ExternalReference): ReferenceRecord {
  const { url, innerType, size, hash, expiration } = reference;
  return {
    url,
    contentType: innerType,
    bytes: size,
    hash,
    expires: expiration?.toISOString() ?? null,
    received: 0,
    sha256: null,
    fetchedType: null,
    warnings: [],
  };
}

function read(contentType: string, body: Buffer): FoundReference {
  const found = readExternalBody(contentType, body);
  return found.kind === 'ok' ? found : { kind: 'bad', reason: found.reason };
}
