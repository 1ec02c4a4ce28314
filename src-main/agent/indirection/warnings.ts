import type { ExternalReference } from '../../content/external-body.ts';
import { parseContentType } from '../../content/mime.ts';

/** Encodings that leave the bytes as they are. */
const PLAIN_ENCODINGS: readonly string[] = ['7bit', '8bit', 'binary', 'identity'];

/**
 * What people should know about content that was fetched well: sentences. RFC 4483 §5.8 and RFC 2017 §3.1 want the
 * types to agree; §7 wants a hash or https; RFC 2046 §5.2.3 lets the content be encoded.
 */
export function warningsOf(
  reference: ExternalReference,
  fetched: { readonly url: URL; readonly type: string | null },
): readonly string[] {
  const promised = parseContentType(reference.innerType ?? '')?.type ?? null;
  const { innerEncoding: encoding } = reference;
  const warnings = [
    promised !== null && fetched.type !== null && promised !== fetched.type
      ? `The push promised content of type ${promised}, but the server calls it ${fetched.type}.`
      : null,
    reference.hash === null && fetched.url.protocol === 'http:'
      ? 'The content came without encryption and without a hash: it may have been altered on the way.'
      : null,
    encoding !== null && !PLAIN_ENCODINGS.includes(encoding)
      ? `The push says that the content is encoded (${encoding}); it is kept as it came.`
      : null,
  ];
  return warnings.filter((warning) => warning !== null);
}
