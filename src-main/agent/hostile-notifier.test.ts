import { afterEach, describe, expect, it } from 'vitest';
import { mangled, seededRandom } from '../content/test-random.ts';
import type { SipRequest } from '../sip/message.ts';
import { parseEvent, parseSubscriptionState } from '../sip/subscription-state.ts';
import { pushRequest } from '../sip/test-core.ts';
import { completeUaProfile, readUaProfile } from '../sip/ua-profile.ts';
import { DEFAULT_DEVICE, type ProfileInput } from './profile.ts';
import { GRUU, TestTerminal } from './test-terminal.ts';

const PSA = 'sip:psa@push.test';

type Notify = {
  readonly state?: string;
  readonly event?: string;
  readonly body?: string;
  readonly cseq?: number;
  readonly notifier?: string;
  readonly toTag?: string;
  readonly callId?: string;
  readonly contact?: string | null;
  readonly headers?: readonly string[];
};

describe('hostile notifiers', () => {
  let test: TestTerminal;

  afterEach(() => test.abandon());

  /** A terminal with a subscription of its profile, and its SUBSCRIBE. */
  async function subscribing(
    event = 'ua-profile',
    settings: Partial<ProfileInput> = {},
  ): Promise<SipRequest> {
    const application = event === 'ua-profile' ? 'mms.ua' : null;
    test = await TestTerminal.open({ subscriptions: [{ event, target: PSA, application }], ...settings });
    return test.core.request('SUBSCRIBE');
  }

  function textOf(subscribe: SipRequest, options: Notify): string {
    const {
      state = 'active;expires=600',
      event = 'ua-profile',
      contact = '<sip:notifier@push.test>',
    } = options;
    return pushRequest('NOTIFY', {
      to: GRUU,
      callId: options.callId ?? subscribe.callId,
      fromTag: options.notifier ?? 'psa',
      toTag: options.toTag ?? subscribe.fromTag ?? '',
      cseq: options.cseq ?? 1,
      headers: [
        ...(contact === null ? [] : [`Contact: ${contact}`]),
        `Event: ${event}`,
        `Subscription-State: ${state}`,
        ...(options.headers ?? []),
      ],
      body: options.body ?? '',
    });
  }

  async function notify(subscribe: SipRequest, options: Notify = {}): Promise<number> {
    test.core.send(textOf(subscribe, options));
    return (await test.core.response()).code;
  }

  /** Sends many at once; how often each code came back. */
  async function burst(
    subscribe: SipRequest,
    all: readonly Notify[],
  ): Promise<Readonly<Record<number, number>>> {
    test.core.send(all.map((one) => textOf(subscribe, one)).join(''));
    const codes: Record<number, number> = {};
    for (let left = all.length; left > 0; left -= 1) {
      const { code } = await test.core.response();
      codes[code] = (codes[code] ?? 0) + 1;
    }
    return codes;
  }

  const many = (count: number, make: (index: number) => Notify) =>
    Array.from({ length: count }, (_, index) => make(index));
  const view = () => {
    const [first] = test.terminal.subscriptions.views;
    if (first === undefined) throw new Error('There is no subscription.');
    return first;
  };
  /** The terminal still does what it is for. */
  async function isWell(): Promise<void> {
    test.core.send(pushRequest('OPTIONS', { to: GRUU }));
    expect((await test.core.response()).code).toBe(200);
    expect(test.events.filter(({ event }) => event === 'error')).toEqual([]);
  }

  it('a flood of pushes is held up with 503 and Retry-After, and only the last NOTIFYs are kept to look at', async () => {
    const subscribe = await subscribing();
    await notify(subscribe);
    const headers = ['Content-Type: text/plain'];
    const codes = await burst(
      subscribe,
      many(1_000, (index) => ({ cseq: 2 + index, headers, body: `push ${index}` })),
    );
    expect(Object.keys(codes)).toEqual(['200', '503']);
    expect(codes[200]).toBeGreaterThanOrEqual(150);
    // A slow machine may need more than one second for all of them.
    expect(codes[503]).toBeGreaterThan(0);
    expect(test.terminal.subscriptions.notifies(view().id)).toHaveLength(10);
    await isWell();
  });

  it('of a thousand forks one notifier is followed, or a few where the package allows several', async () => {
    const forks = many(1_000, (index) => ({ notifier: `fork${index}` }));
    const subscribe = await subscribing();
    expect(await burst(subscribe, forks)).toEqual({ 200: 1, 481: 999 });
    await test.abandon();
    const other = await subscribing('presence');
    const codes = await burst(
      other,
      forks.map((one) => ({ ...one, event: 'presence' })),
    );
    expect(codes).toEqual({ 200: 8, 481: 992 });
    expect(view().notifiers).toHaveLength(8);
    await isWell();
  });

  it('NOTIFYs of no dialog of ours get 481 and change nothing', async () => {
    const subscribe = await subscribing();
    await notify(subscribe);
    const random = seededRandom(1);
    const strange = many(300, (index) => {
      const tag = `tag${random(1e9)}`;
      return [{ toTag: tag }, { callId: tag }, { notifier: tag }][index % 3] ?? {};
    });
    const body = { headers: ['Content-Type: text/plain'], body: 'x' };
    expect(
      await burst(
        subscribe,
        strange.map((one) => ({ ...one, ...body })),
      ),
    ).toEqual({ 481: 300 });
    expect(view()).toMatchObject({ notifies: 1, state: { kind: 'active' } });
  });

  it('another package gets 489, an older CSeq 500, the same CSeq its answer again without effect', async () => {
    const subscribe = await subscribing();
    const push = { headers: ['Content-Type: text/plain'], body: 'once' };
    expect(await notify(subscribe, { cseq: 5, ...push })).toBe(200);
    expect(await notify(subscribe, { cseq: 6, event: 'presence', ...push })).toBe(489);
    expect(await notify(subscribe, { cseq: 6, event: 'ua-profile;id=1', ...push })).toBe(489);
    expect(await notify(subscribe, { cseq: 4, ...push })).toBe(500);
    expect(await notify(subscribe, { cseq: 7, ...push })).toBe(200);
    expect(
      await burst(
        subscribe,
        many(50, () => ({ cseq: 7, ...push })),
      ),
    ).toEqual({ 200: 50 });
    await expect.poll(() => test.events.filter(({ event }) => event === 'push')).toHaveLength(2);
    expect(view().notifies).toBe(2);
  });

  it('a body beyond the limit gets 513, whoever it is for, and is not kept', async () => {
    const huge = 'x'.repeat(2 * 1024 * 1024);
    const headers = ['Content-Type: text/plain'];
    expect(await notify(await subscribing(), { headers, body: huge })).toBe(513);
    expect(test.events.filter(({ event }) => event === 'push')).toEqual([]);
    await test.abandon();
    const other = await subscribing('presence');
    expect(await notify(other, { event: 'presence', headers, body: huge })).toBe(513);
    const [kept] = test.terminal.subscriptions.notifies(view().id);
    expect(kept).toMatchObject({ isCut: true, bytes: huge.length });
    expect(kept?.raw.length).toBeLessThanOrEqual(32 * 1024);
  });

  it.each(['deactivated', 'timeout', 'probation;retry-after=0', 'giveup;retry-after=0', 'whatever'])(
    'terminated;reason=%s again and again makes no loop of SUBSCRIBEs',
    async (reason) => {
      let subscribe = await subscribing();
      let count = 1;
      for (;;) {
        await notify(subscribe, { state: `terminated;reason=${reason}` });
        await test.event('subscription', ({ state }) => state === 'ended');
        const { state } = view();
        if (state.kind === 'ended' && Date.parse(state.retryAt ?? '') - Date.now() > 4_000) break;
        subscribe = await test.core.request('SUBSCRIBE');
        count += 1;
      }
      expect(count).toBeLessThanOrEqual(2);
    },
  );

  it('expiries of nothing make no storm of refreshes', async () => {
    const subscribe = await subscribing();
    const states = [
      'active;expires=0',
      'active;expires=1',
      'active;expires=99999999999',
      'active;expires=-5',
    ];
    const codes = await burst(
      subscribe,
      many(100, (index) => ({ cseq: 1 + index, state: states[index % states.length] ?? 'active' })),
    );
    expect(codes).toEqual({ 200: 100 });
    await isWell();
    // A refresh would have come before the answer to OPTIONS, or with the 2xx that follows.
    test.core.answer(subscribe, 200, ['Expires: 0'], 'psa');
    await isWell();
    expect(view().state.kind).toBe('active');
  });

  it.each([
    ['423 without end', 423, ['Min-Expires: 999999']],
    ['423 that asks for less', 423, ['Min-Expires: 1']],
    ['423 that asks for nonsense', 423, ['Min-Expires: -1e9']],
  ])('%s ends', async (_name, code, headers) => {
    let subscribe = await subscribing();
    let count = 0;
    const ended = test.event('subscription', ({ state }) => state === 'ended');
    const answering = (async () => {
      for (;;) {
        count += 1;
        test.core.answer(subscribe, code, headers);
        subscribe = await test.core.request('SUBSCRIBE');
      }
    })();
    expect((await ended).code).toBe(423);
    expect(count).toBeLessThanOrEqual(3);
    void answering;
  });

  it('a NOTIFY after the last one gets 481, also while the terminal leaves', async () => {
    const subscribe = await subscribing();
    await notify(subscribe);
    const stopped = test.terminal.subscriptions.stop(view().id);
    await test.core.request('SUBSCRIBE');
    expect(await notify(subscribe, { notifier: 'late' })).toBe(481);
    expect(await notify(subscribe, { cseq: 2, state: 'terminated' })).toBe(200);
    await stopped;
    expect(
      await burst(
        subscribe,
        many(20, (index) => ({ cseq: 3 + index })),
      ),
    ).toEqual({ 481: 20 });
  });

  it('a first NOTIFY that is malformed makes no dialog, so that a good one still can', async () => {
    const subscribe = await subscribing();
    expect(await notify(subscribe, { notifier: 'bad', state: '' })).toBe(400);
    expect(await notify(subscribe, { notifier: 'bad', contact: null })).toBe(400);
    expect(await notify(subscribe, { notifier: 'bad', event: 'other' })).toBe(489);
    expect(await notify(subscribe)).toBe(200);
    expect(view().notifiers).toEqual([expect.objectContaining({ tag: 'psa' })]);
  });

  it('whatever stands in Subscription-State and Event is answered', async () => {
    const subscribe = await subscribing();
    await notify(subscribe);
    const samples = ['active;expires=600', 'terminated;reason=probation;retry-after=9'].map((text) =>
      Buffer.from(text),
    );
    const lines = [...mangled(samples, 300, 7)].map((bytes) =>
      bytes.toString('latin1').replace(/[\r\n\0]/g, '?'),
    );
    let cseq = 1;
    for (const state of lines) {
      cseq += 1;
      const header = parseSubscriptionState(state.trim());
      // One that ends it is another test's.
      if (header?.state === 'terminated') continue;
      expect([header === null ? 400 : 200, state]).toEqual([await notify(subscribe, { cseq, state }), state]);
    }
    await isWell();
  });
});

describe('the parsers of Subscription-State and Event', () => {
  const samples = [
    'active;expires=600',
    'terminated;reason=giveup;retry-after=10;x="a\\"b;c"',
    'ua-profile;profile-type=oma-app;vendor="v";model="m";version="1";event-app-id="mms.ua";dev-cap="http://e/x"',
    'presence.winfo;id=7',
  ].map((text) => Buffer.from(text));

  it('answer anything in time, with numbers that are none or whole', () => {
    for (const bytes of mangled(samples, 20_000, 42)) {
      const text = bytes.toString('latin1');
      const state = parseSubscriptionState(text);
      for (const number of [state?.expires ?? 0, state?.retryAfter ?? 0]) {
        expect(Number.isSafeInteger(number) && number >= 0).toBe(true);
      }
      parseEvent(text);
      readUaProfile(text);
      const facts = { device: DEFAULT_DEVICE, application: 'mms.ua', deviceCapabilities: null };
      const whole = readUaProfile(completeUaProfile(text, facts));
      if (whole !== null) expect(whole.vendor).not.toBe('');
    }
  });

  it.each([';', '"', '=', 'a;'])('take no time for a long row of %j', (part) => {
    const began = performance.now();
    parseSubscriptionState(`active;${part.repeat(60_000)}`);
    parseEvent(`reg;${part.repeat(60_000)}`);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('a ua-profile Event is completed once, and read back', () => {
    const facts = { device: DEFAULT_DEVICE, application: 'a"b\\c', deviceCapabilities: 'http://e/x?a=1;b=2' };
    const event = completeUaProfile('ua-profile; profile-type=device', facts);
    expect(readUaProfile(event)).toEqual({
      profileType: 'device',
      ...DEFAULT_DEVICE,
      application: 'a"b\\c',
      deviceCapabilities: 'http://e/x?a=1;b=2',
    });
    expect(completeUaProfile(event, facts)).toBe(event);
    expect(completeUaProfile('presence;id=1', facts)).toBe('presence;id=1');
  });
});
