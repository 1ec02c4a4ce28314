import { describe, expect, it } from 'vitest';
import { answerChallenge, type DigestChallenge, parseChallenges, parseCredentials } from './digest.ts';
import { DigestServer } from './digest-server.ts';

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
