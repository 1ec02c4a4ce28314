import { createHash, X509Certificate } from 'node:crypto';

/** Hash of a certificate as SDP carries it (RFC 8122 §5): algorithm in lower case, upper-case hex with colons. */
export type Fingerprint = { readonly algorithm: string; readonly value: string };

/** The peer is not the one its SDP names: nothing may be sent to it (RFC 4975 §14.4). */
export class FingerprintMismatch extends Error {
  override readonly name = 'FingerprintMismatch';
}

/** SDP's names of hashes and OpenSSL's, the strongest first. MD5 and MD2 must not be used (RFC 8122 §5). */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['sha-512', 'sha512'],
  ['sha-384', 'sha384'],
  ['sha-256', 'sha256'],
  ['sha-224', 'sha224'],
  ['sha-1', 'sha1'],
]);
const OWN_ALGORITHM = 'sha-256';

/** The value of `a=fingerprint` for the first certificate of a PEM text. @throws Error when it holds none. */
export function fingerprintOf(certificate: string): string {
  return `${OWN_ALGORITHM} ${digest(new X509Certificate(certificate).raw, 'sha256')}`;
}

/**
 * Whether a certificate in DER is one that the fingerprints of an SDP name. Of several algorithms the strongest that we
 * know decides (RFC 8122 §5.1); when we know none, no certificate matches.
 */
export function matchesFingerprint(certificate: Buffer, fingerprints: readonly Fingerprint[]): boolean {
  for (const [algorithm, hash] of HASHES) {
    const named = fingerprints.filter((fingerprint) => fingerprint.algorithm === algorithm);
    if (named.length === 0) continue;
    const value = digest(certificate, hash);
    return named.some((fingerprint) => fingerprint.value === value);
  }
  return false;
}

function digest(bytes: Buffer, hash: string): string {
  const hex = createHash(hash).update(bytes).digest('hex').toUpperCase();
  return (hex.match(/../g) ?? []).join(':');
}
