import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import { bitString, der, integer, objectId, octetString, sequence, set, time, utf8String } from './der.ts';

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const SUBJECT_ALT_NAME = '2.5.29.17';
/** X.509 version 3, counted from 0. */
const VERSION_3 = Buffer.from([2]);
const SERIAL_BYTES = 16;
const DAY_MS = 86_400_000;
/** A clock that runs behind ours takes the certificate too. */
const VALID_BEFORE_DAYS = 1;
const VALID_DAYS = 3650;
/** Tags of a GeneralName (RFC 5280 §4.2.1.6). */
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** A certificate and its private key, both PEM. */
export type CertificateAndKey = { readonly cert: string; readonly key: string };

/**
 * Makes a key on P-256 and a certificate that it signs itself (RFC 5280 §4.1), for TLS where a fingerprint in SDP
 * vouches for it (RFC 4975 §14.4). `host` is its subject and its only subjectAltName, a name or an IP address.
 */
export function makeSelfSigned(host: string, now = new Date()): CertificateAndKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const name = sequence(set(sequence(objectId(COMMON_NAME), utf8String(host))));
  const content = sequence(
    der(0xa0, integer(VERSION_3)),
    integer(randomBytes(SERIAL_BYTES)),
    algorithm,
    name,
    sequence(
      time(new Date(now.getTime() - VALID_BEFORE_DAYS * DAY_MS)),
      time(new Date(now.getTime() + VALID_DAYS * DAY_MS)),
    ),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(objectId(SUBJECT_ALT_NAME), octetString(sequence(generalName(host)))))),
  );
  const certificate = sequence(content, algorithm, bitString(sign('sha256', content, privateKey)));
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function generalName(host: string): Buffer {
  return isIP(host) === 0 ? der(DNS_NAME, Buffer.from(host, 'latin1')) : der(IP_ADDRESS, addressBytes(host));
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // The URL parser writes IPv6 in hex alone, with at most one gap.
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*/, '')}]`).hostname
    .slice(1, -1)
    .split('::');
  const groups = (text: string | undefined) =>
    text ? text.split(':').map((group) => Number.parseInt(group, 16)) : [];
  const [before, after] = [groups(head), groups(tail)];
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
