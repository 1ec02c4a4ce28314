import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SipRequest } from '../sip/message.ts';
import { pushRequest } from '../sip/test-core.ts';
import { readUaProfile } from '../sip/ua-profile.ts';
import type { ProfileInput } from './profile.ts';
import { FROM_PSA, GRUU, TestTerminal } from './test-terminal.ts';

const PSA = 'sip:psa@push.test';
const SUBSCRIPTION = { target: PSA, application: 'mms.ua' };

describe('Subscriptions (PRA-SUB-01 to -15)', () => {
  let test: TestTerminal;

  afterEach(async () => {
    await test.abandon();
  });

  async function open(settings: Partial<ProfileInput> = {}): Promise<void> {
    test = await TestTerminal.open({ subscriptions: [SUBSCRIPTION], ...settings });
  }

  type Notify = {
    readonly state?: string;
    readonly event?: string;
    readonly body?: string;
    readonly cseq?: number;
    readonly notifier?: string;
    readonly branch?: string;
    readonly headers?: readonly string[];
  };

  function sendNotify(subscribe: SipRequest, options: Notify = {}): void {
    const { state = 'active;expires=600', event = 'ua-profile', cseq = 1, notifier = 'psa' } = options;
    test.core.send(
      pushRequest('NOTIFY', {
        to: GRUU,
        callId: subscribe.callId,
        fromTag: notifier,
        toTag: subscribe.fromTag ?? '',
        cseq,
        ...(options.branch === undefined ? {} : { branch: options.branch }),
        headers: [
          'Contact: <sip:notifier@push.test>',
          `Event: ${event}`,
          `Subscription-State: ${state}`,
          ...(options.headers ?? []),
        ],
        body: options.body ?? '',
      }),
    );
  }

  async function notify(subscribe: SipRequest, options: Notify = {}): Promise<number> {
    sendNotify(subscribe, options);
    return (await test.core.response()).code;
  }

  const view = () => {
    const [first] = test.terminal.subscriptions.views;
    if (first === undefined) throw new Error('There is no subscription.');
    return first;
  };

  /** The subscription of the profile, granted. */
  async function subscribed(): Promise<SipRequest> {
    const subscribe = await test.core.request('SUBSCRIBE');
    test.core.answer(subscribe, 200, ['Expires: 600', 'Contact: <sip:notifier@push.test>'], 'psa');
    expect(await notify(subscribe)).toBe(200);
    await test.event('subscribed');
    return subscribe;
  }

  const TEXT = ['Content-Type: text/plain'];

  describe('the SUBSCRIBE', () => {
    it('goes out once registered, with every parameter of oma-app, the GRUU and what content is taken', async () => {
      await open({
        device: { vendor: 'vendor.example', model: 'Z100', version: '1.2', uaProf: 'http://e.example/z.xml' },
        ims: { preferredIdentity: 'sip:bob@push.test' },
      });
      const subscribe = await test.core.request('SUBSCRIBE');
      expect(subscribe.uri).toBe(PSA);
      expect(subscribe.header('Event')).toBe(
        'ua-profile;profile-type=oma-app;vendor="vendor.example";model="Z100";version="1.2"' +
          ';event-app-id="mms.ua";dev-cap="http://e.example/z.xml"',
      );
      expect(subscribe.header('Contact')).toContain(`<${GRUU}>`);
      expect(subscribe.headers('Accept')).toEqual(['*/*', 'message/external-body']);
      expect(subscribe.header('Expires')).toBe('86400');
      expect(subscribe.header('P-Preferred-Identity')).toBe('<sip:bob@push.test>');
    });

    it('goes to the own AOR where the profile names nobody else, with vendor, model and version always (X-49, X-50)', async () => {
      await open({ subscriptions: [{}] });
      const subscribe = await test.core.request('SUBSCRIBE');
      expect(subscribe.uri).toBe('sip:bob@push.test');
      expect(readUaProfile(subscribe.header('Event') ?? '')).toEqual({
        profileType: 'oma-app',
        vendor: 'push-terminal',
        model: 'Push Terminal',
        version: expect.any(String),
        application: null,
        deviceCapabilities: null,
      });
    });

    it('carries what a tester asks for, and says the same again in its refresh', async () => {
      await open({ subscriptions: [] });
      const started = test.terminal.subscriptions.start({
        target: 'sip:watch@push.test',
        event: 'presence;x=1',
        expires: 120,
        accept: ['application/pidf+xml'],
        headers: ['Accept-Contact: *;+g.oma.pusheventapp="mms.ua"'],
      });
      const subscribe = await test.core.request('SUBSCRIBE');
      const asked = ['Event', 'Expires', 'Accept', 'Accept-Contact'];
      const said = asked.map((name) => subscribe.header(name));
      expect(said).toEqual(['presence;x=1', '120', 'application/pidf+xml', '*;+g.oma.pusheventapp="mms.ua"']);
      expect(await notify(subscribe, { event: 'presence' })).toBe(200);
      expect(await started.first).toEqual({ kind: 'notified', code: 200 });
      test.terminal.subscriptions.refresh(started.id);
      const refresh = await test.core.request('SUBSCRIBE');
      expect(asked.map((name) => refresh.header(name))).toEqual(said);
      expect(refresh.uri).toBe('sip:notifier@push.test');
    });

    it.each([
      [{ event: 'not a package' }, /no event package/],
      [{ event: 'reg', target: 'tel:+1' }, /no SIP address/],
      [{ event: 'reg', headers: ['X: a\r\nVia: b'] }, /no header line/],
    ])('is not sent for %o', async (request, words) => {
      await open({ subscriptions: [] });
      expect(() => test.terminal.subscriptions.start(request)).toThrow(words);
    });
  });

  describe('NOTIFY', () => {
    it('with content becomes a push of the application, on disk before its 200', async () => {
      await open();
      const subscribe = await subscribed();
      expect(await notify(subscribe, { cseq: 2, headers: TEXT, body: 'hello' })).toBe(200);
      const push = await test.event('push');
      expect(push).toMatchObject({ method: 'NOTIFY', application: 'mms.ua', from: PSA, bytes: 5 });
      expect((await test.history.get(push.push))?.method).toBe('NOTIFY');
      expect(await test.event('notified', ({ bytes }) => bytes > 0)).toMatchObject({
        code: 200,
        push: push.push,
        body: 'hello',
      });
      expect(view()).toMatchObject({ notifies: 2, lastNotify: { push: push.push, bytes: 5 } });
    });

    it('before the 200 of the SUBSCRIBE counts as well', async () => {
      await open();
      const subscribe = await test.core.request('SUBSCRIBE');
      expect(await notify(subscribe, { headers: TEXT, body: 'early' })).toBe(200);
      test.core.answer(subscribe, 200, ['Expires: 600'], 'psa');
      expect((await test.event('push')).bytes).toBe(5);
    });

    it('without content is answered 200 and ends nothing (RFC 6080 §6.8)', async () => {
      await open();
      await subscribed();
      expect(view()).toMatchObject({ state: { kind: 'active' }, notifies: 1, lastNotify: { push: null } });
      expect(test.events.some(({ event }) => event === 'push')).toBe(false);
    });

    it('is judged as a MESSAGE is: 403 for a sender that is not trusted, 415 for a type that is not taken', async () => {
      await open({ trust: { senders: [PSA] }, content: { accept: ['text/*'] } });
      const subscribe = await subscribed();
      const stranger = { cseq: 2, headers: ['P-Asserted-Identity: <sip:eve@evil.test>', ...TEXT], body: 'x' };
      expect(await notify(subscribe, stranger)).toBe(403);
      const image = { cseq: 3, headers: [FROM_PSA, 'Content-Type: image/png'], body: 'x' };
      expect(await notify(subscribe, image)).toBe(415);
      expect(test.events.filter(({ event }) => event === 'refused')).toHaveLength(2);
      expect(test.events.some(({ event }) => event === 'push')).toBe(false);
    });

    it('is trusted for whom the core asserted in the 2xx, where it asserts nobody itself', async () => {
      await open({ subscriptions: [{ application: 'mms.ua' }], trust: { senders: [PSA] } });
      const subscribe = await test.core.request('SUBSCRIBE');
      test.core.answer(subscribe, 200, ['Expires: 600', FROM_PSA], 'psa');
      await notify(subscribe);
      expect(await notify(subscribe, { cseq: 2, headers: TEXT, body: 'x' })).toBe(200);
      expect((await test.event('push')).from).toBe(PSA);
      // Another notifier than the one that answered is nobody's.
      expect(await notify(subscribe, { notifier: 'other', headers: TEXT, body: 'x' })).toBe(481);
    });

    it('of a package without application is shown as it came', async () => {
      await open({ subscriptions: [] });
      const { id } = test.terminal.subscriptions.start({ target: PSA, event: 'presence' });
      const subscribe = await test.core.request('SUBSCRIBE');
      const body = '<presence/>';
      const headers = ['Content-Type: application/pidf+xml'];
      expect(await notify(subscribe, { event: 'presence', headers, body })).toBe(200);
      const [kept] = test.terminal.subscriptions.notifies(id);
      expect(kept).toMatchObject({ contentType: 'application/pidf+xml', bytes: body.length, push: null });
      expect(kept?.raw).toMatch(/^NOTIFY sip:[\s\S]*<presence\/>$/);
    });

    it('that refers to its content is fetched by the same rules', async () => {
      await open({ content: { indirection: 'ask' } });
      const subscribe = await subscribed();
      const type =
        'message/external-body;access-type=URL;URL="http://127.0.0.1:9/x";expiration="Mon, 24 Jun 2030 09:00:00 GMT";size=4';
      const body = 'Content-Type: text/plain\r\nContent-Disposition: render\r\nContent-ID: <a@b>\r\n\r\n';
      expect(await notify(subscribe, { cseq: 2, headers: [`Content-Type: ${type}`], body })).toBe(200);
      expect(await test.event('asks')).toMatchObject({ url: 'http://127.0.0.1:9/x' });
    });

    it('says when a profile is to be in force (RFC 6080 §6.2.3)', async () => {
      await open();
      const subscribe = await subscribed();
      await notify(subscribe, { cseq: 2, event: 'ua-profile;effective-by=60', headers: TEXT, body: 'x' });
      const { push } = await test.event('push');
      const record = await test.history.get(push);
      expect(record?.delivery).toContainEqual(
        expect.objectContaining({ title: 'To take effect', detail: 'within 60 s' }),
      );
    });
  });

  describe('states', () => {
    beforeEach(() => open());

    it('pending, active, and the time the notifier grants', async () => {
      const subscribe = await test.core.request('SUBSCRIBE');
      await notify(subscribe, { state: 'pending;expires=300' });
      await expect.poll(() => view().state.kind).toBe('pending');
      await notify(subscribe, { state: 'active;expires=30', cseq: 2 });
      await expect.poll(() => view().state.kind).toBe('active');
      const { state } = view();
      const left = Date.parse(state.kind === 'active' ? state.expiresAt : '') - Date.now();
      expect(left).toBeLessThanOrEqual(30_000);
    });

    it.each([
      [403, false],
      [489, false],
      [404, true],
      [480, true],
      [503, true],
    ])('a refusal with %i, tried again: %s', async (code, again) => {
      test.core.answer(await test.core.request('SUBSCRIBE'), code, ['Retry-After: 77']);
      await test.event('subscription', ({ state }) => state === 'ended');
      const { state } = view();
      expect(state).toMatchObject({ kind: 'ended', code });
      const retryAt = state.kind === 'ended' ? state.retryAt : null;
      if (!again) expect(retryAt).toBeNull();
      else expect(Date.parse(retryAt ?? '') - Date.now()).toBeGreaterThan(70_000);
    });

    it('a 408 is no answer, and tried again', async () => {
      test.core.answer(await test.core.request('SUBSCRIBE'), 408);
      const end = await test.event('subscription', ({ state }) => state === 'ended');
      expect(end).toMatchObject({ code: null, reason: 'Nobody answered the SUBSCRIBE.' });
      expect(end.retryAt).not.toBeNull();
    });

    it.each([
      ['rejected', null],
      ['noresource', null],
      ['invariant', null],
      ['probation;retry-after=99', 99],
      ['giveup;retry-after=99', 99],
      ['unheard-of', 3],
    ])('terminated;reason=%s', async (reason, seconds) => {
      const subscribe = await test.core.request('SUBSCRIBE');
      await notify(subscribe, { state: `terminated;reason=${reason}` });
      await test.event('subscription', ({ state }) => state === 'ended');
      const { state } = view();
      const retryAt = state.kind === 'ended' ? state.retryAt : null;
      if (seconds === null) expect(retryAt).toBeNull();
      else expect(Date.parse(retryAt ?? '') - Date.now()).toBeGreaterThan((seconds - 1) * 1000);
    });

    it.each(['deactivated', 'timeout'])(
      'terminated;reason=%s: asked for again at once, and once',
      async (reason) => {
        const first = await test.core.request('SUBSCRIBE');
        await notify(first, { state: `terminated;reason=${reason};retry-after=0` });
        const second = await test.core.request('SUBSCRIBE');
        expect(second.callId).not.toBe(first.callId);
        await notify(second, { state: `terminated;reason=${reason};retry-after=0` });
        await expect.poll(() => view().state).toMatchObject({ kind: 'ended', retryAt: expect.any(String) });
        const { state } = view();
        const retryAt = state.kind === 'ended' ? state.retryAt : null;
        expect(Date.parse(retryAt ?? '') - Date.now()).toBeGreaterThan(4_000);
      },
    );

    it('waits for the next registration when the flow is lost, and subscribes anew', async () => {
      const before = await subscribed();
      test.core.drop();
      await expect.poll(() => view().state.kind).toBe('waiting');
      const register = await test.core.request('REGISTER');
      const contact = /<[^>]*>/.exec(register.header('Contact') ?? '')?.[0] ?? '';
      test.core.answer(register, 200, [`Contact: ${contact};expires=600`]);
      const after = await test.core.request('SUBSCRIBE');
      expect(after.callId).not.toBe(before.callId);
      expect(await notify(before, { cseq: 9 })).toBe(481);
    });

    it('unsubscribes before it leaves, takes the last NOTIFY, and knows none after it', async () => {
      const subscribe = await subscribed();
      const left = test.terminal.unregister();
      const farewell = await test.core.request('SUBSCRIBE');
      expect(farewell.header('Expires')).toBe('0');
      test.core.answer(farewell, 200, ['Expires: 0']);
      expect(await notify(subscribe, { cseq: 2, state: 'terminated;reason=timeout' })).toBe(200);
      test.core.answer(await test.core.request('REGISTER'), 200);
      await left;
      expect(view().state.kind).toBe('waiting');
      expect(await notify(subscribe, { cseq: 3 })).toBe(481);
    });

    it('stopped by hand stays listed and is not asked for again', async () => {
      const subscribe = await subscribed();
      const stopped = test.terminal.subscriptions.stop(view().id);
      test.core.answer(await test.core.request('SUBSCRIBE'), 200, ['Expires: 0']);
      await notify(subscribe, { cseq: 2, state: 'terminated;reason=timeout' });
      await stopped;
      expect(view().state).toEqual({ kind: 'ended', reason: 'Unsubscribed.', code: null, retryAt: null });
      test.terminal.subscriptions.resume();
      test.terminal.adopt(test.terminal.profile);
      expect(view().state.kind).toBe('ended');
      expect(() => test.terminal.subscriptions.forget(view().id)).toThrow(/one of the profile/);
      test.terminal.subscriptions.restart(view().id);
      expect((await test.core.request('SUBSCRIBE')).header('Expires')).toBe('86400');
    });

    it('follows the profile: what it no longer has is unsubscribed, what is new is asked for', async () => {
      await subscribed();
      const { profile } = test.terminal;
      test.terminal.adopt({
        ...profile,
        subscriptions: [{ event: 'presence', target: null, application: null, expires: null, accept: null }],
      });
      const requests = [await test.core.request('SUBSCRIBE'), await test.core.request('SUBSCRIBE')];
      const asked = requests.map((one) => `${one.header('Event')?.split(';')[0]} ${one.header('Expires')}`);
      expect(new Set(asked)).toEqual(new Set(['presence 3600', 'ua-profile 0']));
      expect(test.terminal.subscriptions.views).toHaveLength(1);
    });
  });

  it('a fetch (Expires: 0) is over with its NOTIFY and not repeated', async () => {
    await open({ subscriptions: [] });
    test.terminal.subscriptions.start({ target: PSA, event: 'presence', expires: 0 });
    const subscribe = await test.core.request('SUBSCRIBE');
    expect(subscribe.header('Expires')).toBe('0');
    await notify(subscribe, { event: 'presence', state: 'terminated;reason=timeout' });
    await expect
      .poll(() => view().state)
      .toMatchObject({ reason: 'The state was fetched once.', retryAt: null });
  });

  it('several notifiers of one SUBSCRIBE have a dialog each, where the package allows it (RFC 6665 §4.1.4)', async () => {
    await open({ subscriptions: [] });
    const { id } = test.terminal.subscriptions.start({ target: PSA, event: 'presence' });
    const subscribe = await test.core.request('SUBSCRIBE');
    for (const notifier of ['one', 'two']) {
      expect(await notify(subscribe, { event: 'presence', notifier })).toBe(200);
    }
    await expect.poll(() => view().notifiers).toHaveLength(2);
    test.terminal.subscriptions.refresh(id);
    const refreshes = [await test.core.request('SUBSCRIBE'), await test.core.request('SUBSCRIBE')];
    expect(new Set(refreshes.map(({ toTag }) => toTag))).toEqual(new Set(['one', 'two']));
    await notify(subscribe, {
      event: 'presence',
      notifier: 'one',
      cseq: 2,
      state: 'terminated;reason=noresource',
    });
    await expect.poll(() => view()).toMatchObject({ state: { kind: 'active' }, notifiers: [{}] });
    await notify(subscribe, {
      event: 'presence',
      notifier: 'two',
      cseq: 2,
      state: 'terminated;reason=noresource',
    });
    await expect.poll(() => view().state.kind).toBe('ended');
  });
});
