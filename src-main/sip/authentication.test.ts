import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Credentials } from './credentials.ts';
import { type DigestCredentials, parseCredentials } from './digest.ts';
import type { SipRequest } from './message.ts';
import { StreamSocket } from './socket.ts';
import { akaNonce, expectedRes, readAuts, TEST_SET_1 } from './test-aka.ts';
import { TestCore } from './test-core.ts';
import { SipUserAgent } from './user-agent.ts';

const { key, rand, res } = TEST_SET_1;
const OTHER_RAND = Buffer.alloc(16, 0xa5);
const PASSWORD: Credentials = { kind: 'password', username: 'bob', password: 's\u00e9cret', realm: null };

describe('authentication over a flow', () => {
  let core: TestCore;
  let ua: SipUserAgent;
  let faults: unknown[];
  let highest: bigint;
  let accepted: bigint[];
  let aka: Extract<Credentials, { kind: 'aka' }>;

  beforeEach(async () => {
    core = await TestCore.open();
    faults = [];
    highest = 100n;
    accepted = [];
    const sequence = {
      get: () => highest,
      set: (next: bigint) => {
        highest = next;
        accepted.push(next);
      },
    };
    aka = { kind: 'aka', username: 'bob@push.test', realm: null, key, sequence };
  });

  afterEach(async () => {
    ua.close();
    await core.close();
    expect(faults).toEqual([]);
  });

  function connect(credentials?: Credentials): Promise<void> {
    return new Promise((resolve) => {
      ua = new SipUserAgent({
        socket: new StreamSocket({ host: '127.0.0.1', port: core.port, tls: null }),
        aor: 'sip:bob@push.test',
        ...(credentials === undefined ? {} : { credentials }),
        handlers: {
          connected: resolve,
          disconnected: () => {},
          ownsUri: () => false,
          request: () => {},
          cancelled: () => {},
          fault: (error) => faults.push(error),
        },
      });
      ua.start();
    });
  }

  function register(body = '') {
    return ua.request({ method: 'REGISTER', to: 'sip:push.test', toUri: 'sip:bob@push.test', body });
  }

  function challenge(request: SipRequest, nonce: string, more = 'algorithm=AKAv1-MD5, qop="auth"'): void {
    core.answer(request, 401, [`WWW-Authenticate: Digest realm="push.test", nonce="${nonce}", ${more}`]);
  }

  /** The next REGISTER, with what its Authorization says. */
  async function answered(): Promise<{ readonly request: SipRequest; readonly digest: DigestCredentials }> {
    const request = await core.request('REGISTER');
    const digest = parseCredentials(request.header('Authorization') ?? '');
    if (digest === null) throw new Error('The REGISTER has no digest.');
    return { request, digest };
  }

  const md5 = (...parts: readonly (string | Buffer)[]): string =>
    createHash('md5')
      .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
      .digest('hex');

  /** The response of RFC 2617 §3.2.2 made by hand, for `qop=auth` of a REGISTER. */
  function expectedResponse(digest: DigestCredentials, secret: string | Buffer): string {
    const { username, realm, nonce, nc, cnonce } = digest;
    const a1 = md5(`${username}:${realm}:`, secret);
    return md5(`${a1}:${nonce}:${nc}:${cnonce}:auth:${md5('REGISTER:sip:push.test')}`);
  }

  it('answers MD5-sess: the key of one session (RFC 7616 §3.4.2)', async () => {
    await connect(PASSWORD);
    const outcome = register();
    challenge(await core.request('REGISTER'), 'n1', 'algorithm=MD5-sess, qop="auth"');
    const { request, digest } = await answered();
    const { nonce, nc, cnonce } = digest;
    const a1 = md5(`${md5('bob:push.test:s\u00e9cret')}:${nonce}:${cnonce}`);
    expect(digest).toMatchObject({ algorithm: 'MD5-sess', qop: 'auth', nc: '00000001' });
    expect(digest.response).toBe(md5(`${a1}:${nonce}:${nc}:${cnonce}:auth:${md5('REGISTER:sip:push.test')}`));
    core.answer(request, 200);
    expect(await outcome).toMatchObject({ response: { status_code: 200 } });
  });

  it('answers auth-int over the bytes of the body (RFC 7616 §3.4.3)', async () => {
    await connect(PASSWORD);
    const body = 'caf\xc3\xa9';
    const outcome = register(body);
    challenge(await core.request('REGISTER'), 'n1', 'algorithm=MD5, qop="auth-int"');
    const { request, digest } = await answered();
    const a2 = `REGISTER:sip:push.test:${md5(Buffer.from('caf\u00e9'))}`;
    expect(digest.qop).toBe('auth-int');
    expect(digest.response).toBe(
      md5(`${md5('bob:push.test:s\u00e9cret')}:n1:00000001:${digest.cnonce}:auth-int:${md5(a2)}`),
    );
    core.answer(request, 200);
    expect(await outcome).toMatchObject({ response: { status_code: 200 } });
  });

  it('answers AKAv1-MD5 with RES, and only it (RFC 3310 §3.3, TS 35.208 test set 1)', async () => {
    await connect(aka);
    const outcome = register();
    const nonce = akaNonce(key, rand, 101n, 'server data');
    core.answer(await core.request('REGISTER'), 401, [
      'WWW-Authenticate: Digest realm="push.test", nonce="n1", algorithm=MD5, qop="auth"',
      `WWW-Authenticate: Digest realm="push.test", nonce="${nonce}", algorithm=akav1-md5, qop="auth,auth-int"`,
    ]);
    const { request, digest } = await answered();
    expect(digest).toMatchObject({ username: 'bob@push.test', nonce, algorithm: 'akav1-md5', auts: null });
    expect(digest.response).toBe(expectedResponse(digest, res));
    expect(accepted).toEqual([101n]);
    core.answer(request, 200);
    expect(await outcome).toEqual({
      kind: 'response',
      response: expect.objectContaining({ status_code: 200 }),
    });
  });

  it('answers AKAv1-MD5 without qop, as RFC 2069 did', async () => {
    await connect(aka);
    void register();
    challenge(await core.request('REGISTER'), akaNonce(key, rand, 101n), 'algorithm=AKAv1-MD5');
    const { digest } = await answered();
    const a1 = md5('bob@push.test:push.test:', res);
    expect(digest.response).toBe(md5(`${a1}:${digest.nonce}:${md5('REGISTER:sip:push.test')}`));
  });

  it('sends AUTS for an old SQN and answers the resynchronised challenge, not stale (RFC 3310 §3.4)', async () => {
    await connect(aka);
    const outcome = register();
    challenge(await core.request('REGISTER'), akaNonce(key, rand, 100n));
    const first = await answered();
    expect(first.digest.response).toBe(expectedResponse(first.digest, ''));
    const told = readAuts(key, rand, first.digest.auts ?? '');
    expect([told, accepted]).toEqual([100n, []]);
    challenge(first.request, akaNonce(key, OTHER_RAND, (told ?? 0n) + 1n));
    const second = await answered();
    expect(second.digest.auts).toBeNull();
    expect(second.digest.response).toBe(expectedResponse(second.digest, expectedRes(key, OTHER_RAND)));
    expect(second.request.headers('Authorization')).toHaveLength(1);
    core.answer(second.request, 200);
    expect(await outcome).toMatchObject({ response: { status_code: 200 } });
    expect(accepted).toEqual([101n]);
  });

  it.each([
    ['without credentials', undefined, /asks for a user name and password/],
    ['of another realm', { ...PASSWORD, realm: 'other.test' }, /realm “push\.test”.*“other\.test” only/],
  ])('says why a challenge stays unanswered: %s', async (_name, credentials, problem) => {
    await connect(credentials);
    const outcome = register();
    challenge(await core.request('REGISTER'), 'n1', 'algorithm=MD5, qop="auth"');
    expect(await outcome).toMatchObject({
      response: { status_code: 401 },
      problem: expect.stringMatching(problem),
    });
  });

  it('lets the 401 be final where RES is refused', async () => {
    await connect(aka);
    const outcome = register();
    challenge(await core.request('REGISTER'), akaNonce(key, rand, 101n));
    challenge((await answered()).request, akaNonce(key, OTHER_RAND, 102n));
    const end = await outcome;
    expect(end).toMatchObject({ response: { status_code: 401 } });
    expect(end).not.toHaveProperty('problem');
    expect(accepted).toEqual([101n]);
  });

  it('lets the 401 be final where the SQN stays wrong after AUTS', async () => {
    await connect(aka);
    const outcome = register();
    challenge(await core.request('REGISTER'), akaNonce(key, rand, 7n));
    challenge((await answered()).request, akaNonce(key, OTHER_RAND, 8n));
    expect(await outcome).toMatchObject({
      response: { status_code: 401 },
      problem: expect.stringMatching(/out of sequence/),
    });
  });

  const foreign = { ...key, k: Buffer.alloc(16, 1) };
  it.each([
    ['with a wrong MAC', akaNonce(foreign, rand, 101n), 'AKAv1-MD5', /wrong MAC/],
    ['with an ordinary nonce', 'n1', 'AKAv1-MD5', /RAND and AUTN/],
    ['of a later version', akaNonce(key, rand, 101n), 'AKAv2-MD5', /does not ask for AKAv1-MD5/],
    ['of MD5', 'n1', 'MD5', /does not ask for AKAv1-MD5/],
  ])('leaves a challenge %s unanswered and says why', async (_name, nonce, algorithm, problem) => {
    await connect(aka);
    const outcome = register();
    challenge(await core.request('REGISTER'), nonce, `algorithm=${algorithm}, qop="auth"`);
    expect(await outcome).toMatchObject({
      response: { status_code: 401 },
      problem: expect.stringMatching(problem),
    });
    expect(accepted).toEqual([]);
  });

  it('never answers AKAv1-MD5 with a password', async () => {
    await connect(PASSWORD);
    const outcome = register();
    challenge(await core.request('REGISTER'), akaNonce(key, rand, 101n));
    expect(await outcome).toMatchObject({ response: { status_code: 401 } });
  });
});
