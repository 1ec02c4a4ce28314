import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseCoreAddress } from '../sip/core-address.ts';
import { CoreSocket } from '../sip/core-socket.ts';
import type { Credentials } from '../sip/credentials.ts';
import type { SipRequest } from '../sip/message.ts';
import { akaNonce, TEST_SET_1 } from '../sip/test-aka.ts';
import { pushRequest, TestCore } from '../sip/test-core.ts';
import { SipUserAgent } from '../sip/user-agent.ts';
import type { RegistrationState } from './events.ts';
import { Gruus } from './gruus.ts';
import type { ProfileInput } from './profile.ts';
import { refreshAfter } from './register-schedule.ts';
import { Registration } from './registration.ts';
import { FOR_MMS, FROM_PSA, TestTerminal } from './test-terminal.ts';

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

  it('asks for all of it again over the next flow, which may lead to another core', async () => {
    core.answer(await core.request('REGISTER'), 420, ['Unsupported: pref']);
    core.answer(await core.request('REGISTER'), 439);
    ok(await core.request('REGISTER'), ';expires=600');
    await state('registered');
    core.drop();
    const again = await core.request('REGISTER');
    expect(again.headers('Require')).toEqual(['pref']);
    expect(again.header('Contact')).toContain(';reg-id=1;');
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

  it('leaves also when its REGISTER is still unanswered, after the answer', async () => {
    const request = await core.request('REGISTER');
    const left = registration.unregister();
    ok(request, ';expires=600');
    const leaving = await core.request('REGISTER');
    expect(leaving.header('Expires')).toBe('0');
    expect(leaving.cseq.number).toBe(request.cseq.number + 1);
    core.answer(leaving, 200);
    await left;
    expect(registration.state).toEqual({ kind: 'unregistered' });
  });

  it('leaves also when the core failed to refresh what it still holds', async () => {
    ok(await core.request('REGISTER'), ';expires=600');
    await state('registered');
    registration.refresh();
    core.answer(await core.request('REGISTER'), 500);
    await state('failed');
    const left = registration.unregister();
    const leaving = await core.request('REGISTER');
    expect(leaving.header('Expires')).toBe('0');
    core.answer(leaving, 200);
    await left;
  });

  it('stays registered when it is wanted again while it leaves', async () => {
    ok(await core.request('REGISTER'), ';expires=600');
    await state('registered');
    const left = registration.unregister();
    const leaving = await core.request('REGISTER');
    registration.register();
    const again = await core.request('REGISTER');
    core.answer(leaving, 200);
    ok(again, ';expires=600');
    await left;
    await expect.poll(() => states.filter(({ kind }) => kind === 'registered')).toHaveLength(2);
    expect(registration.state.kind).toBe('registered');
  });

  it('does not call itself registered when its binding ran out under a refresh', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    ok(await core.request('REGISTER'), ';expires=10');
    await state('registered');
    vi.advanceTimersByTime(5_000);
    await core.request('REGISTER');
    vi.advanceTimersByTime(5_000);
    vi.useRealTimers();
    expect(registration.state.kind).toBe('registering');
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

describe('Registration with a core that asks for more', () => {
  let test: TestTerminal;

  async function open(settings: Partial<ProfileInput> = {}): Promise<SipRequest> {
    test = await TestTerminal.begin(settings);
    return test.core.request('REGISTER');
  }

  const contactOf = (request: SipRequest): string => request.header('Contact') ?? '';
  const ok = (request: SipRequest, headers: readonly string[] = [], parameters = ''): void => {
    const uri = /<([^>]*)>/.exec(contactOf(request))?.[1] ?? '';
    const binding = `Contact: <${uri}>;+sip.instance="<${INSTANCE}>";pub-gruu="${PUB_GRUU}";expires=600${parameters}`;
    test.core.answer(request, 200, [binding, ...headers]);
  };

  afterEach(() => test.abandon());

  it('asks for an outbound flow, and goes on without where the first hop has none (RFC 5626 §4.2.1)', async () => {
    const first = await open();
    expect(contactOf(first)).toContain(';reg-id=1;');
    expect(first.headers('Supported').join()).toContain('outbound');
    test.core.answer(first, 439);
    const second = await test.core.request('REGISTER');
    expect(contactOf(second)).not.toContain('reg-id');
    expect(second.headers('Supported').join()).not.toContain('outbound');
    ok(second);
    await test.event('registered');
  });

  it('registers services of the IMS beside the push tag, and says how it is attached (X-39, PRA-IMS-02)', async () => {
    const ims = {
      icsi: ['urn:urn-7:3gpp-service.ims.icsi.oma.push'],
      iari: ['urn:urn-7:3gpp-application.ims.iari.x'],
      accessNetworkInfo: 'IEEE-802.11; i-wlan-node-id=00000000abcd',
    };
    const request = await open({ ims });
    expect(contactOf(request)).toContain(
      ';+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.push";+g.3gpp.iari-ref="urn%3Aurn-7%3A3gpp-application.ims.iari.x";',
    );
    expect(request.header('P-Access-Network-Info')).toBe(ims.accessNetworkInfo);
    expect(request.header('P-Preferred-Identity')).toBeUndefined();
  });

  it('takes push back and stays, and offers it again (PRA-REG-09, X-05)', async () => {
    ok(await open());
    await test.event('registered');
    test.terminal.withdraw();
    const without = await test.core.request('REGISTER');
    expect(contactOf(without)).not.toContain('pusheventapp');
    expect(without.headers('Require')).toEqual([]);
    expect(without.header('Expires')).toBe('3600');
    ok(without);
    await test.event('registered', ({ withdrawn }) => withdrawn);
    test.core.send(pushRequest('MESSAGE', { headers: [FOR_MMS, FROM_PSA] }));
    expect((await test.core.response()).code).toBe(403);
    test.terminal.register();
    const again = await test.core.request('REGISTER');
    expect(contactOf(again)).toContain('+g.oma.pusheventapp="mms.ua,wml.ua"');
    expect(again.headers('Require')).toEqual(['pref']);
    ok(again);
    await test.event('registered', ({ withdrawn }) => !withdrawn);
  });

  it('registers a change of applications, and serves it at once', async () => {
    ok(await open());
    await test.event('registered');
    test.terminal.adopt({ ...test.terminal.profile, applications: ['dm.ua'] });
    const request = await test.core.request('REGISTER');
    expect(contactOf(request)).toContain('+g.oma.pusheventapp="dm.ua"');
    test.core.send(pushRequest('MESSAGE', { headers: [FOR_MMS, FROM_PSA] }));
    expect((await test.core.response()).code).toBe(403);
    const forDm = 'Accept-Contact: *;+g.oma.pusheventapp="dm.ua"';
    test.core.send(pushRequest('MESSAGE', { headers: [forDm, FROM_PSA] }));
    expect((await test.core.response()).code).toBe(200);
  });

  it('follows a redirection to another registrar, and 305 through another proxy (RFC 3261 §8.1.3.4)', async () => {
    const [registrar, proxy] = [await TestCore.open(), await TestCore.open()];
    const request = await open();
    test.core.answer(request, 302, [`Contact: <sip:127.0.0.1:${registrar.port};transport=tcp>`]);
    const second = await registrar.request('REGISTER');
    expect(second.uri).toBe(`sip:127.0.0.1:${registrar.port}`);
    expect([second.callId, second.cseq.number]).toEqual([request.callId, request.cseq.number + 1]);
    registrar.answer(second, 305, [`Contact: <sip:127.0.0.1:${proxy.port};transport=tcp>`]);
    const third = await proxy.request('REGISTER');
    expect(third.uri).toBe(second.uri);
    const uri = /<([^>]*)>/.exec(contactOf(third))?.[1] ?? '';
    proxy.answer(third, 200, [`Contact: <${uri}>;expires=600`]);
    await test.event('registered');
    expect(test.terminal.flow?.remote).toBe(`127.0.0.1:${proxy.port}`);
    await registrar.close();
    await proxy.close();
  });

  it('answers no challenge of a foreign realm where it was only sent to', async () => {
    const away = await TestCore.open();
    const request = await open({ auth: { username: 'bob', password: 'secret' } });
    test.core.answer(request, 302, [`Contact: <sip:127.0.0.1:${away.port};transport=tcp>`]);
    away.answer(await away.request('REGISTER'), 401, [
      'WWW-Authenticate: Digest realm="evil.test", nonce="n"',
    ]);
    await test.event('registration-failed', ({ code }) => code === 401);
    expect(test.terminal.exchange?.request).not.toContain('Authorization');
    await away.close();
  });

  it('gives up on redirections in a circle, in words', async () => {
    let request = await open();
    for (let round = 0; round < 6; round += 1) {
      if (round > 0) request = await test.core.request('REGISTER');
      test.core.answer(request, 302, [`Contact: <sip:127.0.0.1:${test.core.port};transport=tcp>`]);
    }
    await test.event('registration-failed', ({ reason }) => reason.includes('in circles'));
  });

  it('asks its own registrar again when a redirection led nowhere', async () => {
    const request = await open();
    const nobody = await TestCore.open();
    await nobody.close();
    test.core.answer(request, 302, [`Contact: <sip:127.0.0.1:${nobody.port || 9};transport=tcp>`]);
    expect((await test.core.request('REGISTER')).uri).toBe('sip:push.test');
  });

  it('says that a redirection to port 0 leads nowhere, and goes on', async () => {
    const request = await open();
    test.core.answer(request, 302, ['Contact: <sip:127.0.0.1:0;transport=udp>']);
    await test.event('registration-failed', ({ reason }) => reason.includes('no place to go'));
  });

  it.each([4_294_967_295, 9_999_999_999])(
    'refreshes a binding of %i s within a week, not at once',
    async (s) => {
      const request = await open();
      const uri = /<([^>]*)>/.exec(contactOf(request))?.[1] ?? '';
      test.core.answer(request, 200, [`Contact: <${uri}>;expires=${s}`]);
      const { expires } = await test.event('registered');
      expect(expires).toBe(604_800);
      const silence = new Promise((resolve) => setTimeout(resolve, 100, 'silence'));
      expect(await Promise.race([test.core.request('REGISTER'), silence])).toBe('silence');
    },
  );

  it('finds its own binding behind a crowd of others', async () => {
    const others = Array.from({ length: 150 }, (_unused, index) => `Contact: <sip:x${index}@10.0.0.9>`);
    const request = await open();
    const uri = /<([^>]*)>/.exec(contactOf(request))?.[1] ?? '';
    test.core.answer(request, 200, [...others, `Contact: <${uri}>;expires=600`]);
    const { bindings } = await test.event('registered');
    expect(bindings.filter(({ ours }) => ours)).toHaveLength(1);
    expect(bindings).toHaveLength(101);
  });

  it('moves on to the next core when the first is overloaded, and says which one it uses', async () => {
    const second = await TestCore.open();
    test = await TestTerminal.begin({}, [`sip:127.0.0.1:${second.port};transport=tcp`]);
    test.core.answer(await test.core.request('REGISTER'), 503, ['Retry-After: 30']);
    await test.event('registration-failed', ({ reason }) => reason.includes('Trying the next core'));
    const request = await second.request('REGISTER');
    const uri = /<([^>]*)>/.exec(contactOf(request))?.[1] ?? '';
    second.answer(request, 200, [`Contact: <${uri}>;expires=600`]);
    await test.event('registered');
    expect(test.terminal.flow).toMatchObject({ remote: `127.0.0.1:${second.port}`, spare: true });
    await second.close();
  });

  it('tells route, path, identities and what the core supports, and follows the Service-Route (RFC 3608)', async () => {
    ok(await open({ regEvent: true, ims: { preferredIdentity: 'sip:bob@push.test' } }), [
      'Require: outbound',
      'Flow-Timer: 30',
      'Path: <sip:pcscf.push.test;lr>',
      'Service-Route: <sip:orig@scscf.push.test;lr>, <sip:as.push.test;lr>',
      'P-Associated-URI: <sip:bob@push.test>, <sip:robert@push.test>',
      'Server: Test core',
    ]);
    const subscribe = await test.core.request('SUBSCRIBE');
    expect(subscribe.headers('Route')).toEqual(['<sip:orig@scscf.push.test;lr>', '<sip:as.push.test;lr>']);
    expect(subscribe.header('P-Preferred-Identity')).toBe('<sip:bob@push.test>');
    expect(subscribe.header('Contact')).toContain(`<${PUB_GRUU}>`);
    const { registration } = test.terminal;
    if (registration.kind !== 'registered') throw new Error(registration.kind);
    expect(registration.details).toMatchObject({
      outbound: true,
      flowTimer: 30,
      path: ['<sip:pcscf.push.test;lr>'],
      identities: ['sip:bob@push.test', 'sip:robert@push.test'],
      server: 'Test core',
    });
    expect(registration.details.features).toContainEqual({
      name: 'Outbound flow',
      state: 'yes',
      note: 'RFC 5626',
    });
    // An associated identity reaches us like the AOR does.
    test.core.send(pushRequest('MESSAGE', { to: 'sip:robert@push.test', headers: [FOR_MMS, FROM_PSA] }));
    expect((await test.core.response()).code).toBe(200);
    test.core.send(pushRequest('MESSAGE', { to: 'sip:eve@push.test', headers: [FOR_MMS, FROM_PSA] }));
    expect((await test.core.response()).code).toBe(404);
  });

  it('stays reachable at every temporary GRUU of the registration (RFC 5627 §4.2)', async () => {
    ok(await open(), [], ';temp-gruu="sip:t1@push.test;gr"');
    await test.event('registered');
    test.terminal.register();
    ok(await test.core.request('REGISTER'), [], ';temp-gruu="sip:t2@push.test;gr"');
    await test.event('registered', ({ tempGruu }) => tempGruu === 'sip:t2@push.test;gr');
    for (const to of ['sip:t1@push.test;gr', 'sip:t2@push.test;gr', PUB_GRUU]) {
      test.core.send(pushRequest('MESSAGE', { to, headers: [FOR_MMS, FROM_PSA] }));
      expect((await test.core.response()).code).toBe(200);
    }
  });

  it('shows the last exchange with its credentials masked', async () => {
    const auth = { username: 'bob', password: 'secret' };
    const challenge = 'WWW-Authenticate: Digest realm="push.test", nonce="n", algorithm=SHA-256, qop="auth"';
    test = await TestTerminal.begin({ auth });
    test.core.answer(await test.core.request('REGISTER'), 401, [challenge]);
    ok(await test.core.request('REGISTER'));
    await test.event('registered');
    const { exchange, registration } = test.terminal;
    expect(exchange?.request).toMatch(/Authorization: Digest .*response="\*\*\*"/);
    expect(exchange?.response).toMatch(/^SIP\/2\.0 200/);
    expect(exchange?.milliseconds).toBeGreaterThanOrEqual(0);
    expect(registration.kind === 'registered' && registration.details.features).toContainEqual({
      name: 'Digest sign-in',
      state: 'yes',
      note: 'SHA-256',
    });
  });

  describe('and the reg event package (RFC 3680, RFC 5628)', () => {
    const SIBLING = 'urn:uuid:00000000-0000-0000-0000-000000000001';

    function reginfo(version: number, instances: readonly string[]): string {
      const contacts = instances.map(
        (instance, index) => `<contact id="c${index}" state="active" event="registered" expires="300">
          <uri>sip:x${index}@127.0.0.1</uri>
          <unknown-param name="+sip.instance">"&lt;${instance}&gt;"</unknown-param>
          <unknown-param name="+g.oma.pusheventapp">"mms.ua"</unknown-param>
          <gr:pub-gruu uri="sip:bob@push.test;gr=${instance}"/></contact>`,
      );
      return `<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" xmlns:gr="urn:ietf:params:xml:ns:gruuinfo"
        version="${version}" state="full"><registration aor="sip:bob@push.test" id="r" state="active">${contacts.join('')}</registration></reginfo>`;
    }

    async function notify(subscribe: SipRequest, cseq: number, body: string): Promise<void> {
      test.core.send(
        pushRequest('NOTIFY', {
          callId: subscribe.callId,
          toTag: /tag=(\w+)/.exec(subscribe.header('From') ?? '')?.[1] ?? '',
          cseq,
          headers: [
            'Contact: <sip:core.push.test>',
            'Event: reg',
            'Subscription-State: active;expires=600',
            'Content-Type: application/reginfo+xml',
          ],
          body,
        }),
      );
      expect((await test.core.response()).code).toBe(200);
    }

    it('shows siblings come and go, and comes back itself when the registrar forgot it', async () => {
      ok(await open({ regEvent: true }));
      const subscribe = await test.core.request('SUBSCRIBE');
      test.core.answer(subscribe, 200, ['Expires: 600']);
      await notify(subscribe, 1, reginfo(0, [INSTANCE]));
      await notify(subscribe, 2, reginfo(1, [INSTANCE, SIBLING]));
      const { bindings } = await test.event('bindings', (event) => event.bindings.length === 2);
      expect(
        bindings.map(({ instance, ours, pubGruu, applications }) => [instance, ours, pubGruu, applications]),
      ).toEqual([
        [INSTANCE, true, PUB_GRUU, ['mms.ua']],
        [SIBLING, false, `sip:bob@push.test;gr=${SIBLING}`, ['mms.ua']],
      ]);
      expect(test.terminal.regEvent).toMatchObject({ kind: 'active' });
      await notify(subscribe, 3, reginfo(2, [SIBLING]));
      ok(await test.core.request('REGISTER'));
    });

    it('asks for full state once, however many changes do not fit', async () => {
      ok(await open({ regEvent: true }));
      const subscribe = await test.core.request('SUBSCRIBE');
      test.core.answer(subscribe, 200, ['Expires: 600']);
      await notify(subscribe, 1, reginfo(0, [INSTANCE]));
      const torn = reginfo(7, [INSTANCE]).replace('"full"', '"partial"');
      await notify(subscribe, 2, torn);
      test.core.answer(await test.core.request('SUBSCRIBE'), 200, ['Expires: 600']);
      for (let cseq = 3; cseq < 20; cseq += 1) await notify(subscribe, cseq, torn);
      const silence = new Promise((resolve) => setTimeout(resolve, 100, 'silence'));
      expect(await Promise.race([test.core.request('SUBSCRIBE'), silence])).toBe('silence');
    });

    it.each([
      ['older than the first that counts', 'first', [404, 200]],
      ['of another Call-ID', 'other', [404, 404]],
    ])('gives up temporary GRUUs %s (RFC 5628 §6.1)', async (_name, which, codes) => {
      const first = await open({ regEvent: true });
      ok(first, [], ';temp-gruu="sip:t1@push.test;gr"');
      const subscribe = await test.core.request('SUBSCRIBE');
      test.terminal.register();
      const second = await test.core.request('REGISTER');
      ok(second, [], ';temp-gruu="sip:t2@push.test;gr"');
      await test.event('registered', ({ tempGruu }) => tempGruu === 'sip:t2@push.test;gr');
      const callId = which === 'first' ? second.callId : 'another';
      const body = reginfo(0, [INSTANCE])
        .replace('id="c0"', `id="c0" callid="${callId}" cseq="${second.cseq.number}"`)
        .replace(
          '</contact>',
          `<gr:temp-gruu uri="sip:t2@push.test;gr" first-cseq="${second.cseq.number}"/></contact>`,
        );
      await notify(subscribe, 1, body);
      for (const [index, code] of codes.entries()) {
        const to = `sip:t${index + 1}@push.test;gr`;
        test.core.send(pushRequest('MESSAGE', { to, headers: [FOR_MMS, FROM_PSA] }));
        expect((await test.core.response()).code).toBe(code);
      }
    });

    it('waits as long as the notifier asks, and knows no NOTIFY out of the blue (RFC 6665 §4.1.3)', async () => {
      ok(await open({ regEvent: true }));
      const subscribe = await test.core.request('SUBSCRIBE');
      const headers = ['Contact: <sip:c>', 'Event: reg'];
      const state = 'Subscription-State: terminated;reason=probation;retry-after=3000';
      const toTag = /tag=(\w+)/.exec(subscribe.header('From') ?? '')?.[1] ?? '';
      const { callId } = subscribe;
      test.core.send(pushRequest('NOTIFY', { callId, toTag, headers: [...headers, state] }));
      expect((await test.core.response()).code).toBe(200);
      const { regEvent } = test.terminal;
      const retryAt = regEvent.kind === 'ended' ? Date.parse(regEvent.retryAt ?? '') : 0;
      expect(retryAt - Date.now()).toBeGreaterThan(2_990_000);
      test.core.send(pushRequest('NOTIFY', { headers: [...headers, 'Subscription-State: active'] }));
      expect((await test.core.response()).code).toBe(481);
    });

    it('takes a contact that is to live for ever', async () => {
      ok(await open({ regEvent: true }));
      const subscribe = await test.core.request('SUBSCRIBE');
      const body = reginfo(0, [INSTANCE]).replace('expires="300"', 'expires="999999999999999"');
      await notify(subscribe, 1, body);
      const { bindings } = await test.event('bindings');
      expect(bindings[0]?.expires).toBe(2 ** 32 - 1);
    });

    it('says so where the core has no such package, and goes on', async () => {
      ok(await open({ regEvent: true }));
      test.core.answer(await test.core.request('SUBSCRIBE'), 489);
      await test.event('registration');
      await expect
        .poll(() => test.terminal.regEvent)
        .toEqual({
          kind: 'ended',
          reason: 'The core does not offer it (489 Test).',
          retryAt: null,
        });
      expect(test.terminal.bindings).toHaveLength(1);
    });

    it.each(['<reginfo', '<!DOCTYPE x [<!ENTITY a "b">]><reginfo/>', '\0\xff', reginfo(0, []).slice(0, 100)])(
      'keeps what it knows when the document is bad: %j',
      async (body) => {
        ok(await open({ regEvent: true }));
        const subscribe = await test.core.request('SUBSCRIBE');
        await notify(subscribe, 1, reginfo(0, [INSTANCE, SIBLING]));
        await notify(subscribe, 2, body);
        expect(test.terminal.bindings).toHaveLength(2);
      },
    );
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
