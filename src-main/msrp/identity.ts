import { createPrivateKey, X509Certificate } from 'node:crypto';
import { fingerprintOf } from './fingerprint.ts';
import { type CertificateAndKey, makeSelfSigned } from './self-signed.ts';

/** Who we are in MSRP over TLS: what we present, and the `a=fingerprint` of it (RFC 4975 §14.4). */
export type MsrpIdentity = CertificateAndKey & { readonly fingerprint: string };

/** An identity of its own for an endpoint at `host`, which nothing but the fingerprint vouches for. */
export function newIdentity(host: string): MsrpIdentity {
  return withFingerprint(makeSelfSigned(host));
}

/** The identity of a certificate and its key. @throws Error when they are no such pair. */
export function identityOf(pair: CertificateAndKey): MsrpIdentity {
  if (!new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))) {
    throw new Error('the key is not that of the certificate');
  }
  return withFingerprint(pair);
}

function withFingerprint({ cert, key }: CertificateAndKey): MsrpIdentity {
  return { cert, key, fingerprint: fingerprintOf(cert) };
}
