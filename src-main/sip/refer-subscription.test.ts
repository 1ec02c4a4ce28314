import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SipRequest } from './message.ts';
import { ReferSubscription } from './refer-subscription.ts';
import { sendReply } from './reply.ts';
import { pushRequest, TestCore } from './test-core.ts';
import { connectBob } from './test-user-agent.ts';
import type { IncomingRequest, SipUserAgent } from './user-agent.ts';

const CONTACT = 'Contact: <sip:bob@push.test;gr=urn:uuid:1>';
const ROUTE = '<sip:core.push.test;lr>';

describe('the subscription of a REFER (RFC 3515 §2.4.4)', () => {
  let core: TestCore;
  let ua: SipUserAgent;
  let subscription: ReferSubscription;
  let lost: string[];
  let tag: string;

  beforeEach(async () => {
    core = await TestCore.open();
    lost = [];
    const opened = new Promise<void>((resolve) => {
      void connectBob(core.port, {
        request: (request: IncomingRequest) => {
          const open = ReferSubscription.open(ua, request, {
            contactLine: () => CONTACT,
            expires: 300,
            notified: () => {},
            lost: (reason) => lost.push(reason),
          });
          if (open === null) throw new Error('no Contact');
          subscription = open;
          sendReply(request, { code: 202, headers: [CONTACT] });
          subscription.begin({ kind: 'pending' });
          resolve();
        },
      }).then((connected) => {
        ua = connected;
        core.send(
          pushRequest('REFER', {
            callId: 'refer-call',
            cseq: 7,
            headers: [
              'Contact: <sip:psa@127.0.0.1:7777>',
              `Record-Route: ${ROUTE}`,
              'Refer-To: <sip:x@push.test>',
            ],
          }),
        );
      });
    });
    await opened;
    const accepted = await core.response();
    expect(accepted.headers('Record-Route')).toEqual([ROUTE]);
    tag = accepted.toTag ?? '';
  });

  afterEach(async () => {
    vi.useRealTimers();
    subscription.abandon();
    ua.close();
    await core.close();
  });

  async function notified(code = 200): Promise<SipRequest> {
    const request = await core.request('NOTIFY');
    core.answer(request, code);
    return request;
  }

  /** Sends a request of the referrer inside the dialog. */
  async function send(method: string, headers: readonly string[], cseq = 8): Promise<number> {
    core.send(pushRequest(method, { callId: 'refer-call', toTag: tag, cseq, headers }));
    return (await core.response()).code;
  }

  function stateOf(request: SipRequest): string | undefined {
    return request.header('Subscription-State')?.replace(/expires=\d+/, 'expires=N');
  }

  it('begins with a NOTIFY at once: 100 Trying in the dialog of the REFER, on its route', async () => {
    const request = await notified();
    expect(request.uri).toBe('sip:psa@127.0.0.1:7777');
    expect(request.header('Route')).toBe(ROUTE);
    expect(request.header('To')).toContain('tag=sender');
    expect(request.header('Event')).toBe('refer');
    expect(stateOf(request)).toBe('pending;expires=N');
    expect(request.header('Content-Type')).toBe('message/sipfrag;version=2.0');
    expect(request.body.toString()).toBe('SIP/2.0 100 Trying\r\n');
    expect(`Contact: ${request.header('Contact')}`).toBe(CONTACT);
  });

  it('ends with the result and terminated;reason=noresource (§2.4.7)', async () => {
    await notified();
    subscription.tell({ kind: 'trying' });
    expect(stateOf(await notified())).toBe('active;expires=N');
    subscription.tell({ kind: 'done', code: 200 });
    const last = await notified();
    expect(stateOf(last)).toBe('terminated;reason=noresource');
    expect(last.body.toString()).toBe('SIP/2.0 200 OK\r\n');
    // What comes later is of no dialog.
    await vi.waitFor(async () => expect(await send('SUBSCRIBE', ['Event: refer'])).toBe(481));
  });

  it.each([
    [603, undefined, 'SIP/2.0 603 Decline\r\n'],
    [489, 'Bad\r\nEvent: é', 'SIP/2.0 489 Bad??Event: ?\r\n'],
  ])('tells of %i', async (code, reason, body) => {
    await notified();
    subscription.tell({ kind: 'done', code, ...(reason === undefined ? {} : { reason }) });
    expect((await notified()).body.toString()).toBe(body);
  });

  it('sends one NOTIFY at a time: the next tells the latest', async () => {
    const first = await core.request('NOTIFY');
    subscription.tell({ kind: 'trying' });
    subscription.tell({ kind: 'done', code: 200 });
    subscription.tell({ kind: 'done', code: 500 });
    core.answer(first, 200);
    const next = await notified();
    expect(next.body.toString()).toBe('SIP/2.0 200 OK\r\n');
    expect(next.cseq.number).toBe(first.cseq.number + 1);
  });

  it.each([
    ['Event: refer', 200],
    ['Event: refer;id=7', 200],
    ['Event: refer;id=6', 489],
    ['Event: reg', 489],
    ['X: y', 489],
  ])('a SUBSCRIBE of the referrer with %s: %i', async (header, code) => {
    await notified();
    expect(await send('SUBSCRIBE', [header, 'Expires: 120'])).toBe(code);
    if (code === 200) expect((await notified()).header('Subscription-State')).toBe('pending;expires=120');
  });

  it('a refresh is granted an hour at most', async () => {
    await notified();
    await send('SUBSCRIBE', ['Event: refer', 'Expires: 99999']);
    expect((await notified()).header('Subscription-State')).toBe('pending;expires=3600');
  });

  it('unsubscribing ends it with what is known, and once only', async () => {
    await notified();
    expect(await send('SUBSCRIBE', ['Event: refer', 'Expires: 0'])).toBe(200);
    const last = await core.request('NOTIFY');
    expect(stateOf(last)).toBe('terminated;reason=timeout');
    expect(last.body.toString()).toBe('SIP/2.0 100 Trying\r\n');
    expect(await send('SUBSCRIBE', ['Event: refer'], 9)).toBe(481);
    core.answer(last, 200);
    await vi.waitFor(() => expect(lost).toEqual([]));
  });

  it('runs out when it is not refreshed', async () => {
    await notified();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    expect(await send('SUBSCRIBE', ['Event: refer', 'Expires: 60'])).toBe(200);
    await notified();
    // Once this is answered, so is the 200 to the NOTIFY read.
    await send('MESSAGE', [], 9);
    vi.advanceTimersByTime(60_000);
    expect(stateOf(await notified())).toBe('terminated;reason=timeout');
  });

  it.each([
    [481, /no longer knows/],
    [403, /answers its NOTIFY 403/],
  ])('a NOTIFY that is answered %i ends it', async (code, reason) => {
    await notified(code);
    await vi.waitFor(() => expect(lost).toEqual([expect.stringMatching(reason)]));
    subscription.tell({ kind: 'done', code: 200 });
    expect(await send('SUBSCRIBE', ['Event: refer'])).toBe(481);
  });

  it('goes on after 503', async () => {
    await notified(503);
    subscription.tell({ kind: 'done', code: 200 });
    expect((await notified()).body.toString()).toBe('SIP/2.0 200 OK\r\n');
    expect(lost).toEqual([]);
  });

  it.each([
    ['REFER', 603],
    ['NOTIFY', 481],
    ['MESSAGE', 405],
  ])('%s inside the dialog: %i', async (method, code) => {
    await notified();
    expect(await send(method, ['Event: refer', 'Refer-To: <sip:y@push.test>'])).toBe(code);
  });
});
