import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openHistory } from '../../history/history.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { pushRequest } from '../../sip/test-core.ts';
import type { ProfileInput } from '../profile.ts';
import { MAX_REFERRED } from '../subscriptions.ts';
import { FROM_PSA, GRUU, TestTerminal } from '../test-terminal.ts';

const EVENT = 'Event=ua-profile%3Bprofile-type%3Doma-app';
const FOR_MMS = 'Accept-Contact=*%3B%2Bg.oma.pusheventapp%3D%22mms.ua%22';
const CONTACT = 'Contact: <sip:psa@127.0.0.1:7777>';
const referTo = (uri = 'sip:psa@push.test', headers = `${EVENT}&${FOR_MMS}`, method = 'SUBSCRIBE') =>
  `Refer-To: <${uri};method=${method}?${headers}>`;

describe('REFER (PRA-REF-01 to -05)', () => {
  let test: TestTerminal;

  beforeEach(() => begin({}));

  afterEach(async () => {
    if (test.terminal.registration.kind === 'registered') await test.abandon();
  });

  async function begin(settings: Partial<ProfileInput>): Promise<void> {
    test = await TestTerminal.open(settings);
  }

  function refer(headers: readonly string[] = [CONTACT, FROM_PSA, referTo()], callId = 'refer-call'): void {
    test.core.send(pushRequest('REFER', { callId, headers }));
  }

  async function answerTo(headers: readonly string[]): Promise<SipResponse> {
    refer(headers, Math.random().toString(36));
    return test.core.response();
  }

  /** The next NOTIFY about the REFER: `100 Trying, pending`. */
  async function told(): Promise<string> {
    const request = await test.core.request('NOTIFY');
    test.core.answer(request, 200);
    const status = request.body
      .toString()
      .replace(/^SIP\/2\.0 /, '')
      .trim();
    return `${status}, ${request.header('Subscription-State')?.replace(/;expires=\d+$/, '')}`;
  }

  /** A first NOTIFY for the SUBSCRIBE, and its answer. */
  async function notifyPush(subscribe: SipRequest): Promise<SipResponse> {
    test.core.answer(subscribe, 200, ['Expires: 600', 'Contact: <sip:psa@127.0.0.1:7777>'], 'notifier');
    test.core.send(
      pushRequest('NOTIFY', {
        to: GRUU,
        callId: subscribe.callId,
        fromTag: 'notifier',
        toTag: /tag=(\w+)/.exec(subscribe.header('From') ?? '')?.[1] ?? '',
        headers: [
          CONTACT,
          FROM_PSA,
          'Event: ua-profile',
          'Subscription-State: active;expires=600',
          'Content-Type: text/plain',
        ],
        body: 'enrolled',
      }),
    );
    return test.core.response();
  }

  it('waits for the user, subscribes in a dialog of its own, and tells what came of it', async () => {
    refer();
    const accepted = await test.core.response();
    expect(accepted.code).toBe(202);
    expect(accepted.header('Contact')).toContain(GRUU);
    expect(await told()).toBe('100 Trying, pending');
    const asked = await test.event('refer');
    expect(asked).toMatchObject({
      from: 'sip:psa@push.test',
      application: 'mms.ua',
      target: 'sip:psa@push.test',
      package: 'ua-profile;profile-type=oma-app',
      callId: 'refer-call',
    });
    expect(test.terminal.deadlines()).toMatchObject([{ offer: asked.refer }]);

    test.terminal.acceptRefer(asked.refer);
    const subscribe = await test.core.request('SUBSCRIBE');
    expect(subscribe.uri).toBe('sip:psa@push.test');
    expect(subscribe.callId).not.toBe('refer-call');
    expect(subscribe.header('Event')).toMatch(/^ua-profile;profile-type=oma-app/);
    expect(subscribe.header('Accept-Contact')).toBe('*;+g.oma.pusheventapp="mms.ua"');
    expect(subscribe.header('Contact')).toContain(GRUU);
    expect(await told()).toBe('100 Trying, active');
    expect((await notifyPush(subscribe)).code).toBe(200);
    expect(await told()).toBe('200 OK, terminated;reason=noresource');
    expect(await test.event('refer-ended')).toMatchObject({ refer: asked.refer, code: 200, reason: null });
    expect((await test.event('push')).method).toBe('NOTIFY');

    const record = await test.history.get(asked.refer);
    expect(record).toMatchObject({
      method: 'REFER',
      state: 'completed',
      code: 202,
      body: { kind: 'refer', target: 'sip:psa@push.test', silent: false, result: 200 },
    });
    const titles = record?.delivery.map(({ title }) => title) ?? [];
    expect(titles.filter((title) => title === 'NOTIFY sent')).toHaveLength(3);
    expect(titles.filter((title) => title !== 'NOTIFY sent')).toEqual([
      'REFER received',
      '202 Accepted',
      'The user is asked',
      'Accepted',
      'SUBSCRIBE sent',
    ]);
    expect(() => test.terminal.acceptRefer(asked.refer)).toThrow('This REFER is over.');
  });

  it('is declined by the user: 603, and no SUBSCRIBE', async () => {
    refer();
    await test.core.response();
    await told();
    const { refer: id } = await test.event('refer');
    test.terminal.declineRefer(id);
    expect(await told()).toBe('603 Decline, terminated;reason=noresource');
    expect(await test.event('refer-answered')).toMatchObject({ refer: id, accepted: false });
    expect(await test.history.get(id)).toMatchObject({ state: 'declined', reason: 'Declined by the user.' });
  });

  it('declines itself when nobody answers: 480', async () => {
    await test.abandon();
    await begin({ refer: { answerWithin: 1 } });
    refer();
    await test.core.response();
    expect(await told()).toBe('100 Trying, pending');
    expect(await told()).toBe('480 Temporarily Unavailable, terminated;reason=noresource');
  });

  it.each([
    ['the profile', { refer: { decide: 'allow' } }],
    ['a rule', { trust: { rules: [{ sender: 'sip:psa@push.test', decide: 'allow' }] } }],
  ] as const)('is followed at once where %s allows it', async (_name, settings) => {
    await test.abandon();
    await begin(settings as Partial<ProfileInput>);
    refer();
    expect((await test.core.response()).code).toBe(202);
    expect(await told()).toBe('100 Trying, active');
    await notifyPush(await test.core.request('SUBSCRIBE'));
    expect(await told()).toBe('200 OK, terminated;reason=noresource');
  });

  it.each([[403], [489], [500]])('tells its sender of the %i that the SUBSCRIBE got', async (code) => {
    refer();
    await test.core.response();
    await told();
    test.terminal.acceptRefer((await test.event('refer')).refer);
    await told();
    test.core.answer(await test.core.request('SUBSCRIBE'), code);
    expect(await told()).toMatch(new RegExp(`^${code} .*, terminated;reason=noresource$`));
    expect(await test.reached('failed')).toMatchObject({ body: { kind: 'refer', result: code } });
  });

  it('with Refer-Sub: false makes no subscription, and says so (RFC 4488 §4)', async () => {
    const answer = await answerTo([CONTACT, FROM_PSA, 'Refer-Sub: false', 'Require: norefersub', referTo()]);
    expect(answer.code).toBe(202);
    expect(answer.header('Refer-Sub')).toBe('false');
    const { refer: id } = await test.event('refer');
    test.terminal.acceptRefer(id);
    await notifyPush(await test.core.request('SUBSCRIBE'));
    await test.event('refer-ended', ({ code }) => code === 200);
    const titles = (await test.history.get(id))?.delivery.map(({ title }) => title);
    expect(titles).not.toContain('NOTIFY sent');
  });

  it.each([
    ['its own address', 'sip:bob@push.test'],
    ['its own GRUU, which would lead back to it', GRUU],
  ])('to %s subscribes to the own address (X-50)', async (_name, uri) => {
    refer([CONTACT, FROM_PSA, referTo(uri)]);
    await test.core.response();
    await told();
    test.terminal.acceptRefer((await test.event('refer')).refer);
    expect((await test.core.request('SUBSCRIBE')).uri).toBe('sip:bob@push.test');
  });

  const OTHER_APP = 'Accept-Contact=*%3B%2Bg.oma.pusheventapp%3D%22x.ua%22';
  it.each([
    ['no Refer-To', 400, [CONTACT, FROM_PSA], /no Refer-To/],
    ['two Refer-To', 400, [CONTACT, FROM_PSA, referTo(), referTo()], /several/],
    ['a Refer-To that is none', 400, [CONTACT, FROM_PSA, 'Refer-To: <sip:@>'], /malformed/],
    ['no Contact', 400, [FROM_PSA, referTo()], /no Contact/],
    ['no Event', 400, [CONTACT, FROM_PSA, referTo(undefined, FOR_MMS)], /without Event/],
    ['INVITE', 603, [CONTACT, FROM_PSA, referTo(undefined, undefined, 'INVITE')], /asks for INVITE/],
    ['BYE', 603, [CONTACT, FROM_PSA, referTo(undefined, undefined, 'BYE')], /asks for BYE/],
    ['a web page', 603, [CONTACT, FROM_PSA, 'Refer-To: <https://evil.test/>'], /https URI/],
    ['another package', 603, [CONTACT, FROM_PSA, referTo(undefined, `Event=reg&${FOR_MMS}`)], /asks for reg/],
    [
      'another profile type',
      603,
      [CONTACT, FROM_PSA, referTo(undefined, `Event=ua-profile%3Bprofile-type%3Duser&${FOR_MMS}`)],
      /only ua-profile/,
    ],
    ['no application', 403, [CONTACT, FROM_PSA, referTo(undefined, EVENT)], /names no application/],
    [
      'an application it does not serve',
      403,
      [CONTACT, FROM_PSA, referTo(undefined, `${EVENT}&${OTHER_APP}`)],
      /called x\.ua/,
    ],
    ['a sender whom the core does not assert', 403, [CONTACT, referTo()], /asserts no identity/],
    [
      'a sender who is not trusted',
      403,
      [CONTACT, 'P-Asserted-Identity: <sip:eve@evil.test>', referTo()],
      /not on the list/,
    ],
    [
      'somebody who is not trusted as the target',
      403,
      [CONTACT, FROM_PSA, referTo('sip:victim@evil.test')],
      /leads to sip:victim@evil\.test/,
    ],
    [
      'a trusted name at another host as the target',
      403,
      [CONTACT, FROM_PSA, referTo('sip:psa@push.test;maddr=192.0.2.1')],
      /leads to sip:psa@push\.test;maddr/,
    ],
    ['an extension it does not have', 420, [CONTACT, FROM_PSA, referTo(), 'Require: teleport'], null],
  ])('with %s is refused: %i', async (_name, code, headers, reason) => {
    const answer = await answerTo(headers);
    expect(answer.code).toBe(code);
    if (reason === null) return;
    expect(answer.header('Warning')).toMatch(reason);
    expect((await test.event('refused')).reason).toMatch(reason);
    expect(await test.reached('refused')).toMatchObject({ method: 'REFER', code });
  });

  it('is declined with 603 where the profile says so', async () => {
    await test.abandon();
    await begin({ refer: { decide: 'deny' } });
    expect((await answerTo([CONTACT, FROM_PSA, referTo()])).code).toBe(603);
  });

  it('while 16 wait, one more gets 486; more than 30 in a minute get 503', async () => {
    const codes: number[] = [];
    for (let at = 0; at < 32; at += 1) {
      codes.push((await answerTo([CONTACT, FROM_PSA, 'Refer-Sub: false', referTo()])).code);
    }
    expect(codes.slice(0, 16).every((code) => code === 202)).toBe(true);
    expect(codes.slice(16, 30).every((code) => code === 486)).toBe(true);
    expect(codes.slice(30)).toEqual([503, 503]);
    expect(test.terminal.deadlines()).toHaveLength(16);
  });

  it.each([
    ['refer', 403],
    ['presence', 489],
  ])('a SUBSCRIBE to %s outside of it: %i', async (event, code) => {
    test.core.send(pushRequest('SUBSCRIBE', { headers: [CONTACT, FROM_PSA, `Event: ${event}`] }));
    expect((await test.core.response()).code).toBe(code);
  });

  it('leaves the user and the profile room for subscriptions, however many were referred to', () => {
    const { subscriptions } = test.terminal;
    const start = (origin: 'refer' | 'user') => subscriptions.start({ event: 'reg' }, origin);
    for (let count = 0; count < MAX_REFERRED; count += 1) start('refer');
    expect(() => start('refer')).toThrow(/that REFERs asked for/);
    expect(start('user').id).not.toBe('');
  });

  it('is durable before its 202, and failed after a crash', async () => {
    refer();
    await test.core.response();
    await told();
    const { refer: id } = await test.event('refer');
    const database = await readFile(`${test.folder}/history.db`).catch(() => null);
    expect(database).not.toBeNull();
    await test.history.close();
    const again = await openHistory(test.folder);
    expect(await again.get(id)).toMatchObject({ method: 'REFER', state: 'failed' });
    await again.close();
    await test.core.close();
    await test.terminal.close();
  });

  it('is declined when the terminal closes', async () => {
    refer();
    await test.core.response();
    await told();
    const { refer: id } = await test.event('refer');
    const closed = test.terminal.close();
    expect(await told()).toBe('480 Temporarily Unavailable, terminated;reason=noresource');
    test.core.answer(await test.core.request('REGISTER'), 200);
    await closed;
    await vi.waitFor(async () => expect(await test.history.get(id)).toMatchObject({ state: 'declined' }));
  });

  it('after the flow is lost the user may still decide, though nobody is told', async () => {
    refer();
    await test.core.response();
    await told();
    const { refer: id } = await test.event('refer');
    test.core.drop();
    await test.event('registration-failed');
    test.terminal.declineRefer(id);
    expect(await test.event('refer-ended')).toMatchObject({ refer: id, code: 603 });
  });
});
