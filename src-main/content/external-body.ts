import { parseHttpDate } from './http-date.ts';
import { parseContentType, readMimeHeaders } from './mime.ts';

/** What a message/external-body says about content that lies elsewhere. Texts are claims of the sender. */
export type ExternalReference = {
  /** As written, without the white space of folding. Any scheme. */
  readonly url: string;
  /** Until when the URL is good; null when the sender left it out, against RFC 4483 §5.7. */
  readonly expiration: Date | null;
  /** Bytes the content has, or null. */
  readonly size: number | null;
  /** SHA-1 in lower-case hex, or whatever else the sender put there (`hashUsable` tells), or null. */
  readonly hash: string | null;
  /** False when the hash is no SHA-1 and so no content can ever match it (the sample of RFC 4483 §5.12 is such). */
  readonly hashUsable: boolean;
  /** Advice only (RFC 2046 §5.2.3.1). */
  readonly permission: 'read' | 'read-write';
  /** The version of the content, without angle brackets (RFC 4483 §5.6), or null. */
  readonly contentId: string | null;
  /** Content-Type of the content, as written, or null. */
  readonly innerType: string | null;
  readonly innerDisposition: string | null;
  /** Content-Transfer-Encoding of the content in lower case, or null. */
  readonly innerEncoding: string | null;
  /** Content-Description, for eyes alone (RFC 4483 §5.13), or null. */
  readonly description: string | null;
  /** Whether the sender can do without this content (`handling=optional`; RFC 4483 §5.5, RFC 3459). */
  readonly optional: boolean;
};

export type ExternalBody =
  | { readonly kind: 'ok'; readonly reference: ExternalReference }
  | {
      readonly kind: 'bad';
      /** A sentence. */
      readonly reason: string;
    };

/** Both header blocks of a reference fit into much less; beyond it nothing is read. */
const MAX_INNER_HEADER_BYTES = 16 * 1024;
/** The media type of a reference (RFC 2046 §5.2.3). */
export const EXTERNAL_BODY = 'message/external-body';
const SHA1_HEX = /^[0-9a-f]{40}$/;
/** What may stand in a URL unencoded: RFC 2017 §3.1 has all else percent-encoded. */
const URL_TEXT = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const OPTIONAL = /;\s*handling\s*=\s*"?optional"?\s*(?:;|$)/i;

/**
 * Reads a message/external-body part from the value of its Content-Type, folded or not, and its body, which holds
 * the headers of the content and then a phantom body that counts for nothing (RFC 4483 §5, RFC 2017 §3, RFC 2046
 * §5.2.3). Never throws.
 */
export function readExternalBody(contentType: string, body: Buffer): ExternalBody {
  const outer = parseContentType(contentType);
  if (outer?.type !== EXTERNAL_BODY)
    return bad(`This is no ${EXTERNAL_BODY}, or its Content-Type is too long.`);
  const { parameters } = outer;
  if (parameters.get('access-type')?.trim().toLowerCase() !== 'url') {
    return bad('The access type of the reference is not URL.');
  }
  // RFC 4483 §5.4 calls the parameter URI, but its samples and RFC 2017 say URL.
  const url = (parameters.get('url') ?? parameters.get('uri') ?? '').replace(/[ \t\r\n]/g, '');
  if (!URL_TEXT.test(url) || !URL.canParse(url))
    return bad('The URL of the reference is missing or malformed.');
  const expiration = readIfThere(parameters.get('expiration'), parseHttpDate);
  if (expiration === 'bad') return bad('The expiration of the reference is not a date.');
  const size = readIfThere(parameters.get('size'), readSize);
  if (size === 'bad') return bad('The size of the reference is not a number of bytes.');
  const hash = parameters.get('hash')?.trim().toLowerCase() ?? null;
  return {
    kind: 'ok',
    reference: {
      url,
      expiration,
      size,
      hash,
      hashUsable: hash !== null && SHA1_HEX.test(hash),
      permission: parameters.get('permission')?.trim().toLowerCase() === 'read-write' ? 'read-write' : 'read',
      ...readInnerHeaders(body),
    },
  };
}

/** Null stays null, and what cannot be read is bad. */
function readIfThere<T>(text: string | undefined, read: (text: string) => T | null): T | null | 'bad' {
  return text === undefined ? null : (read(text) ?? 'bad');
}

function readSize(text: string): number | null {
  const size = /^\s*\d{1,16}\s*$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(size) ? size : null;
}

function readInnerHeaders(
  body: Buffer,
): Pick<
  ExternalReference,
  'contentId' | 'innerType' | 'innerDisposition' | 'innerEncoding' | 'description' | 'optional'
> {
  const head = body.subarray(0, MAX_INNER_HEADER_BYTES).toString('latin1');
  const end = head.startsWith('\r\n') ? 0 : head.indexOf('\r\n\r\n');
  const headers = readMimeHeaders(end < 0 ? head : head.slice(0, end));
  const value = (name: string) => headers.get(name) || null;
  const disposition = value('content-disposition');
  return {
    contentId: value('content-id')?.replace(/[<>\s]/g, '') || null,
    innerType: value('content-type'),
    innerDisposition: disposition,
    innerEncoding: value('content-transfer-encoding')?.toLowerCase() ?? null,
    description: value('content-description'),
    optional: disposition !== null && OPTIONAL.test(disposition),
  };
}

function bad(reason: string): ExternalBody {
  return { kind: 'bad', reason };
}
