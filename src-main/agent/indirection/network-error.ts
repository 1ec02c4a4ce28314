import { errorCode } from '../../content/disk-error.ts';
import { FetchError } from './fetch-result.ts';

const TRANSPORT: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The server that holds the content refuses connections.',
  ECONNRESET: 'The server that holds the content broke the connection.',
  EPIPE: 'The server that holds the content broke the connection.',
  ETIMEDOUT: 'The server that holds the content does not answer.',
  EHOSTUNREACH: 'The server that holds the content cannot be reached.',
  ENETUNREACH: 'The server that holds the content cannot be reached.',
  HPE_HEADER_OVERFLOW: 'The headers of the answer are too long.',
};
const UNTRUSTED = 'The certificate of the server comes from an authority that is not trusted.';
const OUT_OF_DATE = 'The certificate of the server is out of date.';
const TLS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: OUT_OF_DATE,
  CERT_NOT_YET_VALID: OUT_OF_DATE,
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate of the server is for another name.',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
};

/** An error before or after the TLS handshake as a failure, without the addresses that Node's text has. */
export function explainTransportError(error: unknown): FetchError {
  const code = errorCode(error) ?? '';
  if (code.startsWith('HPE_') && TRANSPORT[code] === undefined) {
    return new FetchError('network', 'The answer of the server is not HTTP.');
  }
  return new FetchError(
    'network',
    TRANSPORT[code] ?? 'The connection to the server that holds the content failed.',
  );
}

/** An error in the TLS handshake as a failure. */
export function explainTlsError(error: unknown): FetchError {
  return new FetchError(
    'tls',
    TLS[errorCode(error) ?? ''] ?? 'No secure connection to the server could be made.',
  );
}
