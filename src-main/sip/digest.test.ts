import { describe, expect, it } from 'vitest';
import {
  answerChallenge,
  type DigestChallenge,
  digestResponse,
  parseChallenges,
  parseCredentials,
  pickChallenge,
} from './digest.ts';

const rfc7616 = {
  username: 'Mufasa',
  password: 'Circle of Life',
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  nc: '00000001',
  method: 'GET',
  uri: '/dir/index.html',
  body: '',
  qop: 'auth',
};

describe('digestResponse', () => {
  it('gives the answers of RFC 7616 §3.9.1', () => {
    expect(digestResponse({ ...rfc7616, algorithm: 'MD5' })).toBe('8ca523f5e9506fed4657c9700eebdbec');
    expect(digestResponse({ ...rfc7616, algorithm: 'SHA-256' })).toBe(
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    );
  });

  it('gives the answer of RFC 2617 §3.5', () => {
    const answer = digestResponse({
      username: 'Mufasa',
      password: 'Circle Of Life',
      realm: 'testrealm@host.com',
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      cnonce: '0a4f113b',
      nc: '00000001',
      method: 'GET',
      uri: '/dir/index.html',
      body: '',
      qop: 'auth',
      algorithm: null,
    });
    expect(answer).toBe('6629fae49393a05397450978507c4ef1');
  });

  it('computes RFC 7616 §3.9.2 with real SHA-512/256 (the printed value was corrected by an erratum)', () => {
    const answer = digestResponse({
      username: 'J\u00e4s\u00f8n Doe',
      password: 'Secret, or not?',
      realm: 'api@example.org',
      nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
      cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
      nc: '00000001',
      method: 'GET',
      uri: '/doe.json',
      body: '',
      qop: 'auth',
      algorithm: 'SHA-512-256',
    });
    expect(answer).toBe('3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5');
  });

  it('refuses an unknown algorithm or qop', () => {
    expect(digestResponse({ ...rfc7616, algorithm: 'AKAv1-MD5' })).toBeNull();
    expect(digestResponse({ ...rfc7616, algorithm: 'MD5', qop: 'auth-conf' })).toBeNull();
  });
});

describe('challenges', () => {
  it('are parsed in order, with other schemes and torn ones left out', () => {
    const challenges = parseChallenges([
      'Basic realm="x"',
      'Digest realm="a \\"b\\"",nonce="n1", qop="auth, auth-int" , algorithm=SHA-256,stale=TRUE',
      'DIGEST nonce=n2, realm="r", opaque=""',
      'Digest realm="r", nonce="open',
      'Digest realm="r" nonce="no comma"x',
    ]);
    expect(challenges).toEqual([
      {
        realm: 'a "b"',
        nonce: 'n1',
        algorithm: 'SHA-256',
        opaque: null,
        qop: ['auth', 'auth-int'],
        stale: true,
      },
      { realm: 'r', nonce: 'n2', algorithm: null, opaque: '', qop: [], stale: false },
    ]);
  });

  it('are picked by what can be answered', () => {
    const base: DigestChallenge = { realm: 'r', nonce: 'n', algorithm: 'AKAv1-MD5', opaque: null, qop: [] };
    const good: DigestChallenge = { ...base, algorithm: 'sha-256', qop: ['auth'] };
    expect(pickChallenge([base, { ...good, qop: ['auth-conf'] }, good])).toBe(good);
    expect(pickChallenge([base])).toBeNull();
    expect(answerChallenge(base, { ...rfc7616 })).toBeNull();
  });

  it('keep passwords and AKA apart (RFC 3310 §3.1)', () => {
    const plain: DigestChallenge = { realm: 'r', nonce: 'n', algorithm: null, opaque: null, qop: [] };
    const aka: DigestChallenge = { ...plain, algorithm: 'akaV1-md5' };
    const session: DigestChallenge = { ...plain, algorithm: 'AKAv1-MD5-sess' };
    const byRes = { ...rfc7616, password: Buffer.from('a54211d5e3ba50bf', 'hex') };
    expect(pickChallenge([plain, session, aka], 'aka')).toBe(aka);
    expect([plain, session, aka].map((one) => answerChallenge(one, byRes) !== null)).toEqual([
      false,
      false,
      true,
    ]);
    expect(parseCredentials(answerChallenge(aka, byRes, { auts: 'QVVUUw==' }) ?? '')).toMatchObject({
      algorithm: 'akaV1-md5',
      auts: 'QVVUUw==',
    });
  });
});
