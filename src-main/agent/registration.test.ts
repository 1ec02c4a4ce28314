import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseCoreAddress } from '../sip/core-address.ts';
import { CoreSocket } from '../sip/core-socket.ts';
import type { Credentials } from '../sip/credentials.ts';
import type { SipRequest } from '../sip/message.ts';
import { akaNonce, TEST_SET_1 } from '../sip/test-aka.ts';
import { TestCore } from '../sip/test-core.ts';
import { SipUserAgent } from '../sip/user-agent.ts';
import type { RegistrationState } from './events.ts';
import { Gruus } from './gruus.ts';
import { Registration, refreshAfter } from './registration.ts';

const INSTANCE = 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
const PUB_GRUU = `sip:bob@push.test;gr=${INSTANCE}`;

describe('Registration', () => {
  let core: TestCore;
  let ua: SipUserAgent;
  let registration: Registration;
  let states: RegistrationState[];
  let wake: () => void;

  beforeEach(async () => {
    core = await TestCore.open();
    states = [];
    wake = () => {};
    open({ kind: 'password', username: 'bob', password: 'secret', realm: null });
  });

  function open(credentials: Credentials): void {
    const flow = new CoreSocket({
      cores: [parseCoreAddress(`sip:127.0.0.1:${core.port}`)],
      tls: { ca: null, cert: null, key: null, verify: true, serverName: null },
    });
    ua = new SipUserAgent({
      socket: flow,
      aor: 'sip:bob@push.test',
      credentials,
      handlers: {
        connected: () => registration.flowUp(),
        disconnected: (reason, retryAt) => registration.flowDown(reason, retryAt),
        ownsUri: () => false,
        request: () => {},
        cancelled: () => {},
        fault: (error) => {
          throw error;
        },
      },
    });
    registration = new Registration(ua, {
      aor: 'sip:bob@push.test',
      expires: 600,
      instanceId: INSTANCE,
      outbound: true,
      keepAlive: 15,
      applications: (withdrawn) => (withdrawn ? [] : ['mms.ua', 'wml.ua']),
      ims: { icsi: [], iari: [] },
      gruus: new Gruus(),
      flow,
      headers: [],
      warnings: [],
      onState: (state) => {
        states.push(state);
        wake();
      },
    });
    registration.register();
    ua.start();
  }

  afterEach(async () => {
    ua.close();
    await core.close();
  });

  /** The first state of a kind, waiting for it. */
  async function state<K extends RegistrationState['kind']>(kind: K) {
    for (;;) {
      const found = states.find((one) => one.kind === kind);
      if (found !== undefined) return found as Extract<RegistrationState, { kind: K }>;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  function ok(request: SipRequest, contactParameters: string, headers: readonly string[] = []): void {
    const uri = /<([^>]*)>/.exec(request.header('Contact') ?? '')?.[1] ?? '';
    core.answer(request, 200, [
      `Contact: <${uri}>;+sip.instance="<${INSTANCE}>"${contactParameters}`,
      ...headers,
    ]);
  }

  it('asks as the spec says: instance, push tags, Require: pref, Supported: gruu (PRA-REG-02 to -06)', async () => {
    const request = await core.request('REGISTER');
    expect(request.uri).toBe('sip:push.test');
    expect(request.header('Contact')).toMatch(
      /^<sip:[0-9a-f]{16}@127\.0\.0\.1:\d+;transport=tcp>;\+sip\.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>";reg-id=1;\+g\.oma\.pusheventapp="mms\.ua,wml\.ua";expires=600$/,
    );
    expect(request.headers('Require')).toEqual(['pref']);
    expect(request.headers('Supported')).toContain('gruu');
    expect(request.header('Contact')).not.toMatch(/gruu/);
  });

  it('learns GRUUs, expiry of its own Contact and all bindings (PRA-REG-07, X-08)', async () => {
    const other =
      'Contact: <sip:x@10.0.0.9>;+sip.instance="<urn:uuid:00000000-0000-0000-0000-000000000001>";expires=50';
    ok(
      await core.request('REGISTER'),
      `;pub-gruu="sip:bob@push.test; ;gr=${INSTANCE}";temp-gruu="sip:tgruu.7hs@push.test;gr";+g.oma.pusheventapp="mms.ua,wml.ua";expires=120`,
      [other, 'Expires: 7200'],
    );
    const registered = await state('registered');
    expect(registered).toMatchObject({
      pubGruu: PUB_GRUU,
      tempGruu: 'sip:tgruu.7hs@push.test;gr',
      warnings: [],
    });
    expect(registered.bindings.map(({ ours, expires }) => [ours, expires])).toEqual([
      [true, 120],
      [false, 50],
    ]);
    expect(Date.parse(registered.expiresAt) - Date.now()).toBeLessThanOrEqual(120_000);
    expect(ua.contact.pub_gruu).toBe(PUB_GRUU);
  });

  it('goes on without pref where the core refuses it, and says so (X-06)', async () => {
    core.answer(await core.request('REGISTER'), 420, ['Unsupported: pref']);
    const second = await core.request('REGISTER');
    expect(second.headers('Require')).toEqual([]);
    ok(second, ';expires=600');
    expect((await state('registered')).warnings).toHaveLength(3);
  });

  it('raises its expiry on 423 and keeps Call-ID with a growing CSeq', async () => {
    const first = await core.request('REGISTER');
    core.answer(first, 423, ['Min-Expires: 1800']);
    const second = await core.request('REGISTER');
    expect(second.header('Expires')).toBe('1800');
    expect(second.callId).toBe(first.callId);
    expect(second.cseq.number).toBe(first.cseq.number + 1);
  });

  it.each([
    ['a refused user, rarely', 403, [], /403/, 150, 300],
    ['an overloaded core, when it says', 503, ['Retry-After: 7'], /overloaded/, 6, 7],
    ['a broken core, soon', 500, [], /Test/, 2, 5],
  ])('says why and when it tries again: %s', async (_name, code, headers, reason, least, most) => {
    core.answer(await core.request('REGISTER'), code, headers);
    const failed = await state('failed');
    expect(failed.code).toBe(code);
    expect(failed.reason).toMatch(reason);
    const seconds = (Date.parse(failed.retryAt ?? '') - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(least - 1);
    expect(seconds).toBeLessThanOrEqual(most);
  });

  it('stops after one answer to a challenge that comes again (RFC 3261 §22)', async () => {
    const challenge = ['WWW-Authenticate: Digest realm="push.test", nonce="n"'];
    core.answer(await core.request('REGISTER'), 401, challenge);
    const second = await core.request('REGISTER');
    expect(second.header('Authorization')).toMatch(/^Digest /);
    core.answer(second, 401, challenge);
    expect((await state('failed')).reason).toMatch(/password/);
  });

  it("says that an AKA challenge is of another network's (RFC 3310 §3.3)", async () => {
    await core.request('REGISTER');
    ua.close();
    const { key, rand } = TEST_SET_1;
    const sequence = { get: () => 0n, set: () => {} };
    open({ kind: 'aka', username: 'bob', realm: null, key: { ...key, k: Buffer.alloc(16) }, sequence });
    const nonce = akaNonce(key, rand, 1n);
    core.answer(await core.request('REGISTER'), 401, [
      `WWW-Authenticate: Digest realm="push.test", nonce="${nonce}", algorithm=AKAv1-MD5, qop="auth"`,
    ]);
    const failed = await state('failed');
    expect(failed.code).toBe(401);
    expect(failed.reason).toMatch(/not from a network that knows this key \(wrong MAC\)/);
  });

  it('does not call itself registered when the 200 lists no binding of ours', async () => {
    core.answer(await core.request('REGISTER'), 200, ['Contact: <sip:x@10.0.0.9>;expires=50']);
    expect((await state('failed')).reason).toMatch(/no binding/);
  });

  it('leaves with Expires: 0 for its own Contact (PRA-REG-10, X-61)', async () => {
    ok(await core.request('REGISTER'), ';expires=600');
    await state('registered');
    const left = registration.unregister();
    const request = await core.request('REGISTER');
    expect(request.header('Expires')).toBe('0');
    expect(request.header('Contact')).toMatch(/\+sip\.instance=.*;expires=0$/);
    core.answer(request, 200);
    await left;
    expect(registration.state).toEqual({ kind: 'unregistered' });
    expect(ua.contact.pub_gruu).toBeNull();
  });

  it('registers again by itself after the core cut the connection', async () => {
    ok(await core.request('REGISTER'), ';expires=600');
    await state('registered');
    core.drop();
    expect((await state('failed')).retryAt).not.toBeNull();
    const again = await core.request('REGISTER');
    expect(again.cseq.number).toBeGreaterThan(1);
  });
});

describe('refreshAfter', () => {
  it.each([
    [3600, 3240],
    [600, 540],
    [100, 68],
    [64, 32],
    [60, 30],
    [10, 5],
  ])('a binding of %i s is refreshed after %i s (RFC 5627 §4.2)', (expires, after) => {
    expect(refreshAfter(expires)).toBeCloseTo(after);
  });
});
