import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SipRequest } from './message.ts';
import { OutgoingInvite } from './outgoing-invite.ts';
import type { Agreement } from './session-interval.ts';
import { StreamSocket } from './socket.ts';
import { pushRequest, TestCore } from './test-core.ts';
import { SipUserAgent } from './user-agent.ts';

const SDP = 'v=0\r\no=psa 1 1 IN IP4 10.0.0.1\r\n';
const ANSWER = 'v=0\r\n';
const BOB = ['Contact: <sip:bob@10.0.0.9>', 'Content-Type: application/sdp'];
const WITH_UPDATE = 'Allow: INVITE, ACK, BYE, UPDATE';

describe('OutgoingInvite', () => {
  let core: TestCore;
  let ua: SipUserAgent;
  let log: string[];
  let invite: OutgoingInvite;

  beforeEach(async () => {
    core = await TestCore.open();
    log = [];
    await new Promise<void>((resolve) => {
      ua = new SipUserAgent({
        socket: new StreamSocket({ host: '127.0.0.1', port: core.port, tls: null }),
        aor: 'sip:psa@push.test',
        handlers: {
          connected: resolve,
          disconnected: () => {},
          ownsUri: () => false,
          cancelled: () => {},
          request: () => {},
          fault: (error) => {
            throw error;
          },
        },
      });
      ua.start();
    });
  });

  afterEach(async () => {
    vi.useRealTimers();
    ua.close();
    await core.close();
  });

  /** Sends the INVITE and answers it as it came. */
  async function send(timer: Agreement = { seconds: 90, refresher: 'us' }): Promise<SipRequest> {
    invite = new OutgoingInvite(ua, {
      to: 'sip:bob@push.test',
      contactLine: 'Contact: <sip:psa@10.0.0.1>',
      headers: ['Allow: INVITE, ACK, BYE, UPDATE'],
      sdp: SDP,
      timer,
      handlers: {
        ringing: (code) => log.push(`ringing ${code}`),
        accepted: (_response, sdp) => log.push(`accepted ${sdp}`),
        refused: (code) => log.push(`refused ${code}`),
        ended: () => log.push('ended'),
        reoffer: (sdp) => (sdp === 'good' ? 'v=0 new' : null),
      },
    });
    return core.request('INVITE');
  }

  /** A session, agreed on by these headers of the 200; its clock is the test's. */
  async function establish(...headers: readonly string[]): Promise<SipRequest> {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const request = await send();
    core.answer(request, 200, [...BOB, ...headers], 'bob', ANSWER);
    await core.request('ACK');
    return request;
  }

  function inDialog(request: SipRequest, method: string, cseq: number, body = ''): void {
    const lines = [
      `${method} sip:psa@10.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/TCP core.push.test;branch=z9hG4bK${method}${cseq}`,
      `From: ${request.header('To')};tag=bob`,
      `To: ${request.header('From')}`,
      `Call-ID: ${request.callId}`,
      `CSeq: ${cseq} ${method}`,
      'Contact: <sip:bob@10.0.0.10>',
      'Supported: timer',
      'Session-Expires: 90',
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    core.send(...lines, '', body);
  }

  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

  it('asks for a session timer and refreshes itself (PSA-SES-06, -07, -15)', async () => {
    const request = await establish('Session-Expires: 90;refresher=uac', 'Require: timer', WITH_UPDATE);
    expect([request.header('Session-Expires'), request.headers('Supported')]).toEqual([
      '90;refresher=uac',
      ['timer'],
    ]);
    expect(log).toEqual([`accepted ${ANSWER}`]);
    await pass(46);
    const update = await core.request('UPDATE');
    expect(update.header('Session-Expires')).toBe('90;refresher=uac');
    core.answer(update, 200, ['Session-Expires: 90;refresher=uac']);
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
  });

  it('ends the session when the terminal, who is to refresh, does not', async () => {
    await establish('Session-Expires: 90;refresher=uas');
    await pass(61);
    await core.request('BYE');
    expect(log).toContain('ended');
  });

  it('repeats the INVITE with the interval that a 422 asks for (RFC 4028 §7.4), once', async () => {
    const first = await send();
    core.answer(first, 422, ['Min-SE: 600'], 'proxy');
    const second = await core.request('INVITE');
    expect([second.header('Session-Expires'), second.header('Min-SE')]).toEqual(['600;refresher=uac', '600']);
    expect([second.callId, second.fromTag]).toEqual([first.callId, first.fromTag]);
    expect(second.cseq.number).toBe(first.cseq.number + 1);
    expect(second.headers('Supported')).toEqual(['timer']);
    core.answer(second, 422, ['Min-SE: 900'], 'proxy');
    await expect.poll(() => log).toEqual(['refused 422']);
  });

  it('answers refreshes and changes of the terminal, and sends them until the ACK', async () => {
    const request = await establish('Session-Expires: 90;refresher=uas');
    inDialog(request, 'UPDATE', 1);
    const updated = await core.response();
    expect([updated.code, updated.header('Session-Expires'), updated.header('Contact')]).toEqual([
      200,
      '90;refresher=uac',
      '<sip:psa@10.0.0.1>',
    ]);
    inDialog(request, 'INVITE', 2, 'good');
    const changed = await core.response();
    expect([changed.code, changed.body.toString()]).toEqual([200, 'v=0 new']);
    await pass(1);
    expect((await core.response()).toBytes()).toEqual(changed.toBytes());
    inDialog(request, 'ACK', 2);
    inDialog(request, 'INVITE', 3, 'bad');
    await vi.waitFor(async () => expect((await core.response()).code).toBe(488));
    inDialog(request, 'PRACK', 4);
    expect((await core.response()).code).toBe(405);
    void invite.bye();
    expect((await core.request('BYE')).uri).toBe('sip:bob@10.0.0.10');
  });

  it('acknowledges a repeated 200 under the CSeq of its INVITE, whatever came since', async () => {
    const request = await establish();
    const offered = invite.reinvite(() => 'v=0 more');
    const reinvite = await core.request('INVITE');
    core.answer(request, 200, BOB, 'bob', ANSWER);
    expect((await core.request('ACK')).cseq.number).toBe(request.cseq.number);
    core.answer(reinvite, 200, BOB, 'bob', ANSWER);
    expect((await core.request('ACK')).cseq.number).toBe(reinvite.cseq.number);
    expect((await offered).kind).toBe('accepted');
  });

  it('answers 491 to a re-INVITE that meets its own', async () => {
    const request = await establish();
    void invite.reinvite(() => 'v=0 more');
    await core.request('INVITE');
    inDialog(request, 'INVITE', 1, 'good');
    expect((await core.response()).code).toBe(491);
  });

  it('has no dialog for others', async () => {
    core.send(pushRequest('UPDATE', { to: 'sip:psa@push.test', toTag: 'unknown' }));
    expect((await core.response()).code).toBe(481);
  });
});
