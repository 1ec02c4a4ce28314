import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SipRequest } from './message.ts';
import { StreamSocket } from './socket.ts';
import { answerNotify, Subscription, type SubscriptionEnd } from './subscription.ts';
import { pushRequest, TestCore } from './test-core.ts';
import { SipUserAgent } from './user-agent.ts';

describe('Subscription (RFC 6665 §4.1)', () => {
  let core: TestCore;
  let ua: SipUserAgent;
  let subscription: Subscription;
  let bodies: string[];
  let active: number[];
  let ended: Promise<SubscriptionEnd>;

  beforeEach(async () => {
    core = await TestCore.open();
    bodies = [];
    active = [];
    await new Promise<void>((connected) => {
      ua = new SipUserAgent({
        socket: new StreamSocket({ host: '127.0.0.1', port: core.port, tls: null }),
        aor: 'sip:bob@push.test',
        handlers: {
          connected,
          disconnected: () => {},
          ownsUri: () => false,
          request: () => {},
          cancelled: () => {},
          fault: (error) => {
            throw error;
          },
        },
      });
      ua.start();
    });
    ended = new Promise((resolve) => {
      subscription = new Subscription(ua, {
        target: 'sip:bob@push.test',
        event: 'reg',
        accept: 'application/reginfo+xml',
        expires: 600,
        contactLine: () => 'Contact: <sip:bob@push.test;gr=x>',
        headers: ['P-Preferred-Identity: <sip:bob@push.test>'],
        handlers: {
          active: (expiresAt) => active.push(expiresAt),
          notified: (notification) => {
            bodies.push(notification.request.body);
            return answerNotify(notification);
          },
          ended: resolve,
        },
      });
    });
  });

  afterEach(async () => {
    subscription.abandon();
    ua.close();
    await core.close();
  });

  /** Sends a NOTIFY of the dialog that a SUBSCRIBE asked for, and answers what came back. */
  async function notify(
    subscribe: SipRequest,
    options: {
      readonly state?: string;
      readonly event?: string;
      readonly body?: string;
      readonly cseq?: number;
      readonly notifier?: string;
      readonly headers?: readonly string[];
    } = {},
  ): Promise<number> {
    const { state = 'active;expires=600', event = 'reg', body = '', cseq = 1, notifier = 'core' } = options;
    core.send(
      pushRequest('NOTIFY', {
        callId: subscribe.callId,
        fromTag: notifier,
        toTag: /tag=(\w+)/.exec(subscribe.header('From') ?? '')?.[1] ?? '',
        cseq,
        headers: options.headers ?? [
          'Contact: <sip:core.push.test>',
          `Event: ${event}`,
          `Subscription-State: ${state}`,
        ],
        body,
      }),
    );
    return (await core.response()).code;
  }

  it('asks with Event, Accept, Expires and the GRUU as Contact', async () => {
    const request = await core.request('SUBSCRIBE');
    expect(request.uri).toBe('sip:bob@push.test');
    expect([request.header('Event'), request.header('Accept'), request.header('Expires')]).toEqual([
      'reg',
      'application/reginfo+xml',
      '600',
    ]);
    expect(request.header('Contact')).toBe('<sip:bob@push.test;gr=x>');
    expect(request.header('P-Preferred-Identity')).toBe('<sip:bob@push.test>');
  });

  it('takes a NOTIFY that comes before the 200, and every one after it', async () => {
    const request = await core.request('SUBSCRIBE');
    expect(await notify(request, { body: 'first' })).toBe(200);
    core.answer(request, 200, ['Expires: 600', 'Contact: <sip:core.push.test>'], 'core');
    expect(await notify(request, { body: 'second', cseq: 2 })).toBe(200);
    expect(bodies).toEqual(['first', 'second']);
    expect((active.at(-1) ?? 0) - Date.now()).toBeGreaterThan(590_000);
  });

  it.each([
    ['another package', { event: 'presence' }, 489],
    ['an id that is not ours', { event: 'reg;id=1' }, 489],
    ['no Subscription-State', { headers: ['Contact: <sip:c>', 'Event: reg'] }, 400],
    ['no Contact', { headers: ['Event: reg', 'Subscription-State: active'] }, 400],
  ])('answers a NOTIFY with %s by its code', async (_name, options, code) => {
    const request = await core.request('SUBSCRIBE');
    expect(await notify(request, options)).toBe(code);
    expect(bodies).toEqual([]);
  });

  it('takes one notifier of a fork, and no NOTIFY out of order (§4.1.4, RFC 3261 §12.2.2)', async () => {
    const request = await core.request('SUBSCRIBE');
    expect(await notify(request, { cseq: 5 })).toBe(200);
    expect(await notify(request, { notifier: 'other' })).toBe(481);
    expect(await notify(request, { cseq: 4 })).toBe(500);
  });

  it('refreshes in its dialog, and asks for longer when told (§4.1.2.2)', async () => {
    const request = await core.request('SUBSCRIBE');
    core.answer(request, 200, ['Expires: 600'], 'core');
    await notify(request);
    subscription.refresh();
    const refresh = await core.request('SUBSCRIBE');
    expect([refresh.callId, refresh.uri, refresh.toTag]).toEqual([
      request.callId,
      'sip:core.push.test',
      'core',
    ]);
    expect(refresh.cseq.number).toBe(request.cseq.number + 1);
    core.answer(refresh, 423, ['Min-Expires: 900']);
    expect((await core.request('SUBSCRIBE')).header('Expires')).toBe('900');
  });

  it('refreshes once at a time, and minds no ACK', async () => {
    const request = await core.request('SUBSCRIBE');
    await notify(request);
    for (let count = 0; count < 10; count += 1) subscription.refresh();
    const refresh = await core.request('SUBSCRIBE');
    const toTag = /tag=(\w+)/.exec(request.header('From') ?? '')?.[1] ?? '';
    core.send(pushRequest('ACK', { callId: request.callId, fromTag: 'core', toTag, cseq: 1 }));
    core.answer(refresh, 200, ['Expires: 600']);
    await expect.poll(() => active.length).toBe(2);
    subscription.refresh();
    expect((await core.request('SUBSCRIBE')).cseq.number).toBe(refresh.cseq.number + 1);
  });

  it.each([
    ['a refusal', 489, { kind: 'refused', code: 489, reason: 'Test', retryAfter: null }],
    ['a 423 that does not say more', 423, { kind: 'refused', code: 423, reason: 'Test', retryAfter: null }],
  ])('ends on %s', async (_name, code, end) => {
    core.answer(await core.request('SUBSCRIBE'), code);
    expect(await ended).toEqual(end);
  });

  it("ends by the notifier's word, and then knows no NOTIFY more", async () => {
    const request = await core.request('SUBSCRIBE');
    expect(await notify(request, { state: 'terminated;reason=probation;retry-after=7' })).toBe(200);
    expect(await ended).toEqual({ kind: 'terminated', reason: 'probation', retryAfter: 7 });
    expect(await notify(request, { cseq: 2 })).toBe(481);
  });

  it('ends when a refresh finds no dialog', async () => {
    const request = await core.request('SUBSCRIBE');
    await notify(request);
    subscription.refresh();
    core.answer(await core.request('SUBSCRIBE'), 481);
    expect(await ended).toEqual({ kind: 'lapsed' });
  });

  it('leaves with Expires: 0 and takes the last NOTIFY (§4.1.2.3)', async () => {
    const request = await core.request('SUBSCRIBE');
    await notify(request);
    const left = subscription.unsubscribe();
    const farewell = await core.request('SUBSCRIBE');
    expect(farewell.header('Expires')).toBe('0');
    core.answer(farewell, 200, ['Expires: 0']);
    expect(await notify(request, { state: 'terminated;reason=timeout', cseq: 2 })).toBe(200);
    await left;
    expect(await ended).toEqual({ kind: 'unsubscribed' });
  });
});
