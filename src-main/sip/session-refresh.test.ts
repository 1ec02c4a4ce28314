import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Reoffer } from './incoming-invite.ts';
import type { SipRequest } from './message.ts';
import type { TestCore } from './test-core.ts';
import { CONTACT, SDP, TestDialog } from './test-dialog.ts';

const TIMER = 'Supported: timer';
const WITH_UPDATE = 'Allow: INVITE, ACK, BYE, UPDATE';
/** We refresh after 45 s and give up after 60 s. */
const US = 'Session-Expires: 90;refresher=uas';
/** The peer has to refresh within 60 s. */
const PEER = 'Session-Expires: 90;refresher=uac';

describe('SessionRefresh in an incoming dialog (RFC 4028, RFC 3311)', () => {
  let test: TestDialog;
  let core: TestCore;

  beforeEach(async () => {
    test = await TestDialog.open();
    core = test.core;
  });

  afterEach(async () => {
    vi.useRealTimers();
    await test.close();
  });

  /** Establishes a session whose clock the test moves. */
  async function establish(...headers: readonly string[]) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const answer = await test.establish(headers);
    await vi.waitFor(() => expect(test.log).toEqual(['confirmed']));
    return answer;
  }

  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

  it('says Session-Expires and Require: timer in the 200 (X-14)', async () => {
    const answer = await test.establish([TIMER, PEER]);
    expect(answer.header('Session-Expires')).toBe('90;refresher=uac');
    expect(answer.headers('Require')).toEqual(['timer']);
    expect(answer.headers('Supported')).toContain('timer');
    expect(answer.headers('Allow')).toContain('UPDATE');
    expect(test.invite.timer).toEqual({ seconds: 90, refresher: 'peer' });
  });

  it('reads the compact form, and says nothing to a peer that knows no timer', async () => {
    const answer = await test.establish(['k: timer', 'x: 200;refresher=uac']);
    expect(answer.header('Session-Expires')).toBe('200;refresher=uac');
    test.inDialog('UPDATE', 2, 'off');
    const off = await core.response();
    expect([off.header('Session-Expires'), off.header('Require')]).toEqual([undefined, undefined]);
    expect(test.invite.timer).toBeNull();
  });

  it('ends with BYE when the peer does not refresh in time', async () => {
    await establish(TIMER, PEER);
    await pass(59);
    expect(test.log).toEqual(['confirmed']);
    await pass(2);
    const bye = await core.request('BYE');
    expect(bye.header('Reason')).toMatch(/not refreshed in time/);
    expect(test.log).toEqual(['confirmed', 'bye-sent']);
  });

  it.each([
    ['INVITE', SDP.content],
    ['UPDATE', ''],
    ['UPDATE', SDP.content],
  ])('is renewed by the %s of the peer with SDP %j', async (method, body) => {
    await establish(TIMER, PEER);
    await pass(50);
    const headers = [TIMER, PEER, 'Content-Type: application/sdp'];
    test.inDialog(method, 2, 're', headers, body);
    const answer = await core.response();
    expect([answer.code, answer.header('Session-Expires')]).toEqual([200, '90;refresher=uac']);
    expect(answer.body.toString()).toBe(body);
    if (method === 'INVITE') test.inDialog('ACK', 2, 'ack2');
    await vi.waitFor(() => expect(test.log).toHaveLength(method === 'INVITE' ? 2 : 1));
    await pass(50);
    expect(test.log).not.toContain('bye-sent');
    await pass(11);
    expect(test.log).toContain('bye-sent');
  });

  it('answers 422 to a refresh that asks for too little, and changes nothing', async () => {
    const changes: Reoffer[] = [];
    test.reoffer = (reoffer) => changes.push(reoffer);
    await test.establish([TIMER, PEER]);
    test.inDialog('INVITE', 2, 're', [TIMER, 'Session-Expires: 30'], SDP.content);
    const answer = await core.response();
    expect([answer.code, answer.header('Min-SE')]).toEqual([422, '90']);
    expect([changes, test.invite.timer]).toEqual([[], { seconds: 90, refresher: 'peer' }]);
  });

  it('refreshes by UPDATE without SDP at half of the interval, where the peer allows it', async () => {
    await establish(TIMER, US, WITH_UPDATE, 'Min-SE: 80');
    await pass(46);
    const update = await core.request('UPDATE');
    expect([update.body.length, update.header('Session-Expires')]).toEqual([0, '90;refresher=uac']);
    expect([update.header('Contact'), update.headers('Supported')]).toEqual([CONTACT.slice(9), ['timer']]);
    core.answer(update, 200, ['Session-Expires: 90;refresher=uac', 'Contact: <sip:psa@10.0.0.2>']);
    await vi.waitFor(() => expect(test.invite.remoteTarget).toBe('sip:psa@10.0.0.2'));
    await pass(46);
    core.answer(await core.request('UPDATE'), 200);
    // No Session-Expires in the answer: the timer is off.
    await vi.waitFor(() => expect(test.invite.timer).toBeNull());
    await pass(1000);
    expect(test.log).toEqual(['confirmed']);
  });

  it('refreshes by re-INVITE with its SDP unchanged where the peer has no UPDATE, and acknowledges', async () => {
    await establish(TIMER, US);
    await pass(46);
    const reinvite = await core.request('INVITE');
    expect(reinvite.body.toString()).toBe(SDP.content);
    core.answer(reinvite, 200, ['Session-Expires: 90;refresher=uac', 'Contact: <sip:psa@10.0.0.2>']);
    const ack = await core.request('ACK');
    expect([ack.uri, ack.cseq.number]).toEqual(['sip:psa@10.0.0.2', reinvite.cseq.number]);
    core.answer(reinvite, 200, ['Session-Expires: 90;refresher=uac', 'Contact: <sip:psa@10.0.0.2>']);
    expect((await core.request('ACK')).cseq.number).toBe(reinvite.cseq.number);
  });

  it('falls back to re-INVITE when UPDATE gets 405 all the same', async () => {
    await establish(TIMER, US, WITH_UPDATE);
    await pass(46);
    core.answer(await core.request('UPDATE'), 405);
    expect((await core.request('INVITE')).header('Session-Expires')).toBe('90;refresher=uac');
  });

  it('asks again with the larger interval after 422', async () => {
    await establish(TIMER, US, WITH_UPDATE);
    await pass(46);
    core.answer(await core.request('UPDATE'), 422, ['Min-SE: 300']);
    const second = await core.request('UPDATE');
    expect([second.header('Session-Expires'), second.header('Min-SE')]).toEqual(['300;refresher=uac', '300']);
  });

  it.each([408, 481])('ends the session when a refresh gets %i', async (code) => {
    await establish(TIMER, US, WITH_UPDATE);
    await pass(46);
    core.answer(await core.request('UPDATE'), code);
    await core.request('BYE');
    expect(test.log).toEqual(['confirmed', 'bye-sent']);
  });

  it('tries again after another error, and ends the session when its time is over', async () => {
    await establish(TIMER, US, WITH_UPDATE);
    await pass(46);
    const answered: SipRequest[] = [await core.request('UPDATE')];
    core.answer(answered[0] as SipRequest, 500);
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(1));
    await new Promise((resolve) => setImmediate(resolve));
    await pass(8);
    answered.push(await core.request('UPDATE'));
    expect(test.log).toEqual(['confirmed']);
    await pass(10);
    await core.request('BYE');
    expect(test.log).toEqual(['confirmed', 'bye-sent']);
  });

  it('moves the remote target with an UPDATE that is accepted (RFC 3311 §5.2)', async () => {
    await test.ring();
    test.inDialog('UPDATE', 2, 'early', ['Contact: <sip:psa@10.0.0.3>']);
    expect((await core.response()).code).toBe(200);
    expect(test.invite.remoteTarget).toBe('sip:psa@10.0.0.3');
    test.inDialog(
      'UPDATE',
      3,
      'offer',
      ['Contact: <sip:psa@10.0.0.4>', 'Content-Type: application/sdp'],
      'v=0',
    );
    const refused = await core.response();
    expect([refused.code, refused.header('Retry-After')]).toEqual([500, '5']);
    expect(test.invite.remoteTarget).toBe('sip:psa@10.0.0.3');
  });

  it('answers 500 to a second offer while the first waits, 487 when it is cancelled', async () => {
    let first: Reoffer | null = null;
    test.reoffer = (reoffer) => {
      first = reoffer;
    };
    await test.establish();
    test.inDialog('INVITE', 2, 're', ['Content-Type: application/sdp'], SDP.content);
    test.inDialog('UPDATE', 3, 'up', ['Content-Type: application/sdp'], SDP.content);
    const busy = await core.response();
    expect([busy.code, busy.cseq.method, busy.header('Retry-After') !== undefined]).toEqual([
      500,
      'UPDATE',
      true,
    ]);
    core.send(cancelOf('re'));
    const answers = [await core.response(), await core.response()];
    expect(answers.map(({ code, cseq }) => `${code} ${cseq.method}`)).toEqual(['200 CANCEL', '487 INVITE']);
    expect(test.log).toContain('re-offer withdrawn');
    (first as Reoffer | null)?.answer({ code: 200, body: SDP });
    test.inDialog('BYE', 4, 'bye');
    expect((await core.response()).cseq.method).toBe('BYE');
  });

  it('answers 491 to an offer that meets its own, and repeats its own after 491', async () => {
    await establish();
    void test.invite.reinvite(() => 'v=0\r\no=1');
    const own = await core.request('INVITE');
    test.inDialog('INVITE', 2, 're', ['Content-Type: application/sdp'], SDP.content);
    expect((await core.response()).code).toBe(491);
    core.answer(own, 491);
    await core.request('ACK');
    await pass(2.5);
    const again = await core.request('INVITE');
    expect(again.cseq.number).toBeGreaterThan(own.cseq.number);
    core.answer(again, 200);
    expect((await core.request('ACK')).cseq.number).toBe(again.cseq.number);
  });

  it('answers 491 to an offer while its own, in the 200 to an INVITE without one, has no answer (RFC 3311 §5.2)', async () => {
    await test.establish();
    test.inDialog('INVITE', 2, 're');
    expect((await core.response()).body.toString()).toBe(SDP.content);
    test.inDialog('UPDATE', 3, 'up', ['Content-Type: application/sdp'], SDP.content);
    await vi.waitFor(async () => expect((await core.response()).code).toBe(491));
    test.inDialog('ACK', 2, 'ack2');
    test.inDialog('UPDATE', 4, 'up2', ['Content-Type: application/sdp'], SDP.content);
    await vi.waitFor(async () => expect((await core.response()).header('CSeq')).toBe('4 UPDATE'));
  });

  it('does not end a session whose peer waits for the answer to a re-INVITE', async () => {
    await establish(TIMER, PEER);
    test.reoffer = () => {};
    await pass(50);
    test.inDialog('INVITE', 2, 're', ['Content-Type: application/sdp'], SDP.content);
    await vi.waitFor(async () => expect((await core.response({ provisional: true })).cseq.number).toBe(2));
    await pass(50);
    expect(test.log).toEqual(['confirmed']);
  });

  it('ends with BYE when no ACK comes for 64·T1 (RFC 3261 §13.3.1.4)', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    await test.ring();
    await test.accept();
    await pass(40);
    await core.request('BYE');
    expect(test.log).toEqual(['no-ack']);
  });

  it('takes the late ACK of the first 200 after a re-INVITE, and ignores a repeated one', async () => {
    await test.ring();
    await test.accept();
    test.inDialog('INVITE', 2, 're', ['Content-Type: application/sdp'], SDP.content);
    await vi.waitFor(async () => expect((await core.response()).cseq.number).toBe(2));
    test.inDialog('ACK', 1, 'late');
    test.inDialog('ACK', 1, 'later');
    test.inDialog('ACK', 2, 'ack2');
    await vi.waitFor(() => expect(test.log).toEqual(['confirmed', 'confirmed']));
  });
});

function cancelOf(branch: string): string {
  const lines = [
    'CANCEL sip:bob@push.test SIP/2.0',
    `Via: SIP/2.0/TCP core.push.test;branch=z9hG4bK${branch}`,
    'From: <sip:psa@push.test>;tag=sender',
    'To: <sip:bob@push.test>',
    'Call-ID: call',
    'CSeq: 2 CANCEL',
    'Max-Forwards: 70',
    'Content-Length: 0',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
