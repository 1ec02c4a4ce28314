import { describe, expect, it } from 'vitest';
import {
  answerChallenge,
  type DigestChallenge,
  DigestServer,
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
});

describe('DigestServer', () => {
  const users = new Map([['b\u00f6b "x"', 's\u00e9cret']]);
  const passwordOf = (name: string): string | null => users.get(name) ?? null;
  const request = { method: 'REGISTER', uri: 'sip:push.test', body: 'some body' };
  const who = { ...request, username: 'b\u00f6b "x"', password: 's\u00e9cret' };

  function answer(challenge: DigestChallenge, change: Partial<typeof who> = {}, nonceCount = 1) {
    const value = answerChallenge(challenge, { ...who, ...change }, { nonceCount });
    const credentials = value === null ? null : parseCredentials(value);
    if (credentials === null) throw new Error('no credentials');
    return credentials;
  }
  function firstChallenge(server: DigestServer): DigestChallenge {
    const [challenge] = parseChallenges(server.challenges());
    if (challenge === undefined) throw new Error('no challenge');
    return challenge;
  }

  it('offers SHA-256 before MD5', () => {
    const server = new DigestServer('push.test');
    expect(parseChallenges(server.challenges()).map((challenge) => challenge.algorithm)).toEqual([
      'SHA-256',
      'MD5',
    ]);
    expect(parseChallenges(server.challenges(true))[0]?.stale).toBe(true);
  });

  const variants = ['MD5', 'SHA-256', 'SHA-512-256', 'MD5-sess', 'SHA-256-sess', 'SHA-512-256-SESS'].flatMap(
    (algorithm) => ['auth', 'auth-int'].map((qop) => [algorithm, qop] as const),
  );
  it.each(variants)('accepts %s with %s', (algorithm, qop) => {
    const server = new DigestServer('push.test');
    const credentials = answer({ ...firstChallenge(server), algorithm, qop: [qop] });
    expect(server.verify(credentials, request, passwordOf)).toEqual({ kind: 'ok', username: 'b\u00f6b "x"' });
  });

  it('refuses a wrong password, an unknown user, another URI, another method and a changed body', () => {
    const server = new DigestServer('push.test');
    const challenge = firstChallenge(server);
    const check = (change: Partial<typeof who>, seen = request) =>
      server.verify(answer(challenge, change), seen, passwordOf).kind;
    expect(check({ password: 'x' })).toBe('refused');
    expect(check({ username: 'eve' })).toBe('refused');
    expect(check({ uri: 'sip:other.test' })).toBe('refused');
    expect(check({ method: 'INVITE' })).toBe('refused');
    const integrity = answer({ ...challenge, qop: ['auth-int'] });
    expect(server.verify(integrity, { ...request, body: 'changed' }, passwordOf).kind).toBe('refused');
    expect(check({})).toBe('ok');
  });

  it('takes a growing count and calls a replay stale', () => {
    const server = new DigestServer('push.test');
    const challenge = firstChallenge(server);
    expect(server.verify(answer(challenge, {}, 1), request, passwordOf).kind).toBe('ok');
    expect(server.verify(answer(challenge, {}, 3), request, passwordOf).kind).toBe('ok');
    expect(server.verify(answer(challenge, {}, 3), request, passwordOf).kind).toBe('stale');
    expect(server.verify(answer(challenge, {}, 2), request, passwordOf).kind).toBe('stale');
  });

  it('calls an old or foreign nonce stale', () => {
    let now = 1_000_000;
    const server = new DigestServer('push.test', () => now);
    const challenge = firstChallenge(server);
    const foreign = firstChallenge(new DigestServer('push.test'));
    expect(server.verify(answer(foreign), request, passwordOf).kind).toBe('stale');
    now += 5 * 60_000 + 1;
    expect(server.verify(answer(challenge), request, passwordOf).kind).toBe('stale');
  });

  it('never throws on torn credentials (fixed seed)', () => {
    const value = answerChallenge(firstChallenge(new DigestServer('r')), who) ?? '';
    let seed = 3;
    for (let round = 0; round < 3000; round++) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      const at = seed % value.length;
      const torn = value.slice(0, at) + String.fromCharCode(seed % 256) + value.slice(at + (seed % 5));
      expect(() => parseCredentials(torn)).not.toThrow();
    }
  });
});
