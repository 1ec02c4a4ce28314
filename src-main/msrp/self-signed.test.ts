import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { integer, objectId, time } from './der.ts';
import { fingerprintOf, matchesFingerprint } from './fingerprint.ts';
import { identityOf, newIdentity } from './identity.ts';
import { makeSelfSigned } from './self-signed.ts';
import { CERTIFICATE, KEY } from './test-certificate.ts';

describe('DER', () => {
  it.each([
    ['an integer', integer(Buffer.from([0x7f])), '02017f'],
    ['one whose first bit is set', integer(Buffer.from([0x80])), '02020080'],
    ['leading zeros', integer(Buffer.from([0, 0, 1])), '020101'],
    ['zero', integer(Buffer.from([0, 0])), '020100'],
    ['an object identifier', objectId('1.2.840.10045.4.3.2'), '06082a8648ce3d040302'],
    ['UTCTime', time(new Date('2049-12-31T23:59:59Z')), `170d${hex('491231235959Z')}`],
    ['GeneralizedTime', time(new Date('2050-01-01T00:00:00Z')), `180f${hex('20500101000000Z')}`],
  ])('writes %s', (_name, bytes, wanted) => {
    expect(bytes.toString('hex')).toBe(wanted);
  });
});

describe('a self-signed certificate', () => {
  it.each([
    ['127.0.0.1', 'IP Address:127.0.0.1'],
    ['::1', 'IP Address:0:0:0:0:0:0:0:1'],
    ['2001:db8::5:6', 'IP Address:2001:DB8:0:0:0:0:5:6'],
    ['terminal.push.test', 'DNS:terminal.push.test'],
  ])('for %s can be read, names it and verifies by its own key', (host, name) => {
    const { cert } = makeSelfSigned(host);
    const read = new X509Certificate(cert);
    expect(read.subjectAltName).toBe(name);
    expect(read.subject).toBe(`CN=${host}`);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(Date.parse(read.validFrom)).toBeLessThan(Date.now());
    expect(Date.parse(read.validTo)).toBeGreaterThan(Date.now() + 365 * 86_400_000);
  });

  it('is taken by node:tls, which trusts it when told so, and only then', async () => {
    const identity = makeSelfSigned('127.0.0.1');
    const server = createServer(identity).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const trusting = connect({ host: '127.0.0.1', port, ca: identity.cert });
    await once(trusting, 'secureConnect');
    expect(trusting.authorized).toBe(true);
    trusting.destroy();
    const other = connect({ host: '127.0.0.1', port });
    const [error] = (await once(other, 'error')) as [Error];
    expect(error.message).toMatch(/self-signed/);
    server.close();
  });

  it('is another one each time', () => {
    expect(newIdentity('h').fingerprint).not.toBe(newIdentity('h').fingerprint);
  });
});

describe('fingerprints (RFC 8122 §5)', () => {
  const { raw, fingerprint, fingerprint256, fingerprint512 } = new X509Certificate(CERTIFICATE);
  const wrong = '00'.repeat(32).match(/../g)?.join(':') ?? '';

  it('is the one OpenSSL computes', () => {
    expect(fingerprintOf(CERTIFICATE)).toBe(`sha-256 ${fingerprint256}`);
    expect(identityOf({ cert: CERTIFICATE, key: KEY }).fingerprint).toBe(`sha-256 ${fingerprint256}`);
  });

  it.each([
    ['SHA-256', [['sha-256', fingerprint256]], true],
    ['SHA-1', [['sha-1', fingerprint]], true],
    ['another', [['sha-256', wrong]], false],
    [
      'one of several of one algorithm',
      [
        ['sha-256', wrong],
        ['sha-256', fingerprint256],
      ],
      true,
    ],
    [
      'the strongest decides, right',
      [
        ['sha-1', wrong],
        ['sha-512', fingerprint512],
      ],
      true,
    ],
    [
      'the strongest decides, wrong',
      [
        ['sha-1', fingerprint],
        ['sha-256', wrong],
      ],
      false,
    ],
    [
      'one unknown beside a known',
      [
        ['sha3-512', wrong],
        ['sha-256', fingerprint256],
      ],
      true,
    ],
    ['unknown ones alone', [['md5', fingerprint]], false],
  ] as const)('%s', (_name, named, matches) => {
    const fingerprints = named.map(([algorithm, value]) => ({ algorithm, value }));
    expect(matchesFingerprint(raw, fingerprints)).toBe(matches);
  });

  it("a key that is not the certificate's is no identity", () => {
    expect(() => identityOf({ cert: CERTIFICATE, key: makeSelfSigned('h').key })).toThrow(
      /not that of the certificate/,
    );
  });
});

function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}
