import { CpimUnwrapper, UnknownRequirement } from '../content/cpim.ts';
import { EXTERNAL_BODY, type ExternalBody } from '../content/external-body.ts';
import { isContainerType, leafTypes } from '../content/leaf-types.ts';
import { type ContentPart, partsInOrder, readPartTree } from '../content/part-tree.ts';
import { sniffType } from '../content/sniff.ts';
import { summaryOf, summaryOfTree } from '../content/summary.ts';
import { contradicts } from '../content/type-conflict.ts';
import type { ReferenceRecord } from '../history/records.ts';
import { acceptsType } from '../sdp/accept-types.ts';
import { expiryOf } from './indirection/fetch-content.ts';
import type { Profile } from './profile.ts';
import { contentTypeOf, type PlacedReference, referenceRecord, wantedReferences } from './reference.ts';
import type { Refusal } from './refusals.ts';
import { decideTrust, type TrustDecision, type TrustQuestion } from './trust.ts';

/** The content of a MESSAGE or a NOTIFY, with its header fields as written. */
export type PushedContent = {
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly bytes: Buffer;
};

/** Who pushes it, and for what. */
export type ContentSender = Pick<TrustQuestion, 'identities' | 'application'>;

/** What is to become of a content: answered with an error, or taken. */
export type ContentVerdict =
  | ({ readonly kind: 'refuse' } & Pick<Refusal, 'code' | 'reason' | 'headers'>)
  | {
      readonly kind: 'take';
      /** Where content of it lies that lies elsewhere. */
      readonly references: readonly ReferenceRecord[];
      /** What it refers to that is not taken and can be done without: where, and why. */
      readonly leftOut: readonly string[];
      /** Why it waits for the user, or null. */
      readonly hold: string | null;
      /** For lists; null where it has no text for them. */
      readonly preview: string | null;
      /** Whether it is certainly of another type than declared, or a part of it is. */
      readonly mismatch: boolean;
    };

type Problem = Pick<Refusal, 'code' | 'reason' | 'headers'>;

/** Largest body taken; beyond it 513 (X-12: never refused for being over 1300). */
export const MAX_BODY_BYTES = 1024 * 1024;
/** References of one message: each is a download. */
export const MAX_REFERENCES = 16;
const EXPIRED = 'The address of the content is no longer good: its time has run out.';
/** Content encodings that are taken (ALL-STA-02); content is kept as it came and decoded for showing. */
export const ENCODINGS: readonly string[] = ['identity', 'gzip', 'deflate', 'br'];

/**
 * Content that may have parts or is encoded, taken apart: what `judgeContent` wants to see of it. Null for all other, so
 * that nothing has to be waited for. Never rejects.
 */
export function contentTree(content: PushedContent): Promise<ContentPart> | null {
  const { contentType, bytes } = content;
  const type = contentTypeOf(contentType ?? '')?.type;
  if (type === undefined || bytes.length > MAX_BODY_BYTES) return null;
  if (!isContainerType(type) && !isEncoded(content)) return null;
  return readPartTree(bytes, content);
}

/**
 * Judges pushed content by size, encoding and type, then by what it refers to, and by the rules of trust about the types
 * of all its parts (X-10, X-11, ALL-STA-02, ALL-SEC-07, RFC 4483 §5). `tree` is its `contentTree`. Has no effect.
 */
export function judgeContent(
  content: PushedContent,
  tree: ContentPart | null,
  sender: ContentSender,
  profile: Profile,
): ContentVerdict {
  const { contentType } = content;
  // References are looked for in what may be taken, and only there: a body may be very large.
  const problem = whyUnacceptable(content, profile) ?? whyPartUnacceptable(tree, profile);
  const { found, leftOut } = problem === null ? referencesOf(content, profile) : NO_REFERENCES;
  const refused = problem ?? whyNoneReferred(found, profile);
  if (refused !== null) return { kind: 'refuse', ...refused };
  const references = found.flatMap(({ place, read }) =>
    read.kind === 'ok' ? [referenceRecord(place, read.reference)] : [],
  );
  // A rule about a type counts wherever the content of that type lies, and one about references for each of them.
  const leaves = tree === null ? [] : leafTypes(tree);
  const elsewhere = references.flatMap((one) => [EXTERNAL_BODY, one.contentType]);
  const types = [contentType, ...leaves, ...elsewhere].filter((type) => type !== null);
  const trust = decideTrust({ ...sender, types }, profile);
  if (trust.kind === 'deny') return { kind: 'refuse', code: 403, reason: trust.reason };
  return {
    kind: 'take',
    references,
    leftOut,
    hold: whyToHold(trust, references, profile),
    preview: references.length === 0 || tree !== null ? previewOf(content, tree) : null,
    mismatch: references.length === 0 && isMismatch(content, tree),
  };
}

function whyUnacceptable(content: PushedContent, { content: taken }: Profile): Problem | null {
  const { contentType, bytes } = content;
  if (bytes.length > MAX_BODY_BYTES) {
    const reason = `The content has ${bytes.length} bytes; at most ${MAX_BODY_BYTES} are taken.`;
    return { code: 513, reason };
  }
  if (bytes.length > 0 && contentType === null) {
    return { code: 400, reason: 'The push has content but no Content-Type.' };
  }
  if (contentType !== null && contentTypeOf(contentType) === null) {
    return { code: 400, reason: `The Content-Type ${contentType} is malformed.` };
  }
  if (contentType !== null && !acceptsType(acceptedTypes(taken), contentType)) {
    return notTaken(contentType, taken);
  }
  const encoding = encodingOf(content);
  if (!ENCODINGS.includes(encoding)) {
    const headers = [acceptLine(taken), `Accept-Encoding: ${ENCODINGS.join(', ')}`];
    return { code: 415, reason: `Content encoded with ${encoding} is not taken.`, headers };
  }
  return whyNotOpened(content);
}

/** A CPIM message that requires what we do not know is not processed (RFC 3862 §3.5). */
function whyNotOpened({ contentType, bytes }: PushedContent): Problem | null {
  if (contentTypeOf(contentType ?? '')?.type !== 'message/cpim') return null;
  try {
    new CpimUnwrapper().push(bytes);
    return null;
  } catch (error) {
    return error instanceof UnknownRequirement
      ? { code: 415, reason: `Not processed: ${error.message}.` }
      : null;
  }
}

function whyPartUnacceptable(tree: ContentPart | null, { content }: Profile): Problem | null {
  if (tree === null) return null;
  const accept = acceptedTypes(content);
  const takes = (type: string) => acceptsType(accept, type);
  const unwanted = leafTypes(tree, takes).find((type) => !takes(type));
  return unwanted === undefined ? null : notTaken(unwanted, content);
}

type Referred = { readonly found: readonly PlacedReference[]; readonly leftOut: readonly string[] };

const NO_REFERENCES: Referred = { found: [], leftOut: [] };

/** What a push refers to, without what the sender can do without and is not taken (RFC 4483 §5.5, RFC 3459). */
function referencesOf({ contentType, bytes }: PushedContent, profile: Profile): Referred {
  const { accept } = profile.content;
  const takes = {
    type: (type: string) => acceptsType(accept, type),
    reference: (read: ExternalBody) => whyNotReferred(read, profile) === null,
  };
  const wanted = wantedReferences(contentType, bytes, takes);
  if (wanted.length === 0) return NO_REFERENCES;
  const leftOut: string[] = [];
  const found = wanted.filter(({ read }) => {
    const problem = read.kind === 'ok' && read.reference.optional ? whyNotReferred(read, profile) : null;
    if (problem !== null && read.kind === 'ok') leftOut.push(`${read.reference.url}: ${problem.reason}`);
    return problem === null;
  });
  return { found, leftOut };
}

function whyNoneReferred(found: readonly PlacedReference[], profile: Profile): Problem | null {
  if (found.length === 0) return null;
  if (found.length > MAX_REFERENCES) {
    const reason = `The push refers to ${found.length} contents; at most ${MAX_REFERENCES} are taken.`;
    return { code: 513, reason };
  }
  return found.map(({ read }) => whyNotReferred(read, profile)).find((problem) => problem !== null) ?? null;
}

/** Why a reference is refused before the 200: not taken at all, malformed, of a type or larger than we take, or too late (RFC 4483 §5.3, §5.7, §5.9, X-11). */
function whyNotReferred(read: ExternalBody, { content }: Profile): Problem | null {
  if (content.indirection === 'deny') {
    const reason = 'Content that lies elsewhere is not taken (content.indirection is deny).';
    return { code: 415, reason, headers: [acceptLine(content)] };
  }
  if (read.kind === 'bad') return { code: 400, reason: read.reason };
  const { innerType, size } = read.reference;
  if (innerType !== null && !acceptsType(content.accept, innerType)) {
    return notTaken(innerType, content);
  }
  if (size !== null && size > content.maxBytes) {
    return { code: 513, reason: `The content has ${size} bytes; at most ${content.maxBytes} are taken.` };
  }
  const now = new Date();
  if (expiryOf(read.reference, now) <= now) return { code: 400, reason: EXPIRED };
  return null;
}

/** Why a push waits for the user, or null: a rule of trust, or content that is fetched only when asked. */
function whyToHold(
  trust: Exclude<TrustDecision, { readonly kind: 'deny' }>,
  references: readonly ReferenceRecord[],
  { content }: Profile,
): string | null {
  if (trust.kind === 'ask') return trust.reason;
  if (references.length === 0 || content.indirection === 'allow') return null;
  return 'Its content lies elsewhere and is fetched only when you allow it.';
}

function notTaken(type: string, content: Profile['content']): Problem {
  return { code: 415, reason: `Content of type ${type} is not taken.`, headers: [acceptLine(content)] };
}

function acceptLine(content: Profile['content']): string {
  return `Accept: ${acceptedTypes(content).join(', ')}`;
}

/** The types that are taken; references too unless they are denied: what they name is judged by itself (RFC 4483 §5.1). */
function acceptedTypes({ accept, indirection }: Profile['content']): readonly string[] {
  const isListed = indirection === 'deny' || acceptsType(accept, EXTERNAL_BODY);
  return isListed ? accept : [...accept, EXTERNAL_BODY];
}

function previewOf({ bytes, contentType }: PushedContent, tree: ContentPart | null): string | null {
  return tree === null ? summaryOf(bytes, contentType) : summaryOfTree(tree);
}

function isMismatch({ bytes, contentType }: PushedContent, tree: ContentPart | null): boolean {
  if (tree !== null) return partsInOrder(tree).some(({ part }) => part.isMismatch);
  const type = contentTypeOf(contentType ?? '')?.type;
  return type !== undefined && contradicts(type, sniffType(bytes), bytes);
}

function encodingOf({ contentEncoding }: PushedContent): string {
  return (contentEncoding ?? 'identity').trim().toLowerCase();
}

function isEncoded(content: PushedContent): boolean {
  return encodingOf(content) !== 'identity';
}
