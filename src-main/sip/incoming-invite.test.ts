import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DialogEnd, IncomingInvite } from './incoming-invite.ts';
import type { SipResponse } from './message.ts';
import { StreamSocket } from './socket.ts';
import { pushRequest, TestCore } from './test-core.ts';
import { SipUserAgent } from './user-agent.ts';

const SDP = { type: 'application/sdp', content: 'v=0\r\n' };
const CONTACT = 'Contact: <sip:bob@push.test;gr=urn:uuid:1>';

describe('IncomingInvite', () => {
  let core: TestCore;
  let ua: SipUserAgent;
  let invite: IncomingInvite;
  const log: string[] = [];

  beforeEach(async () => {
    core = await TestCore.open();
    log.length = 0;
    await new Promise<void>((resolve) => {
      ua = new SipUserAgent({
        socket: new StreamSocket({ host: '127.0.0.1', port: core.port, tls: null }),
        aor: 'sip:bob@push.test',
        handlers: {
          connected: resolve,
          disconnected: () => {},
          ownsUri: () => false,
          cancelled: () => invite.cancel(),
          fault: (error) => {
            throw error;
          },
          request: (request) => {
            const opened = IncomingInvite.open(ua, request, {
              confirmed: () => log.push('confirmed'),
              withdrawn: () => log.push('withdrawn'),
              ended: (end: DialogEnd) => log.push(end.kind),
              reoffer: () => ({ code: 200, headers: [CONTACT], body: SDP }),
            });
            if (opened === null) throw new Error('no Contact');
            invite = opened;
            invite.ring({ code: 180, headers: [CONTACT] });
          },
        },
      });
      ua.start();
    });
  });

  afterEach(async () => {
    ua.close();
    await core.close();
  });

  /** Sends the INVITE, waits for 180 and answers the tag of our side. */
  async function ring(): Promise<string> {
    const headers = ['Contact: <sip:psa@10.0.0.1:7777>', 'Record-Route: <sip:core.push.test;lr>'];
    core.send(pushRequest('INVITE', { branch: 'inv', callId: 'call', headers }));
    for (;;) {
      const answer = await core.response({ provisional: true });
      if (answer.code === 180) return answer.toTag ?? '';
    }
  }

  function inDialog(method: string, tag: string, cseq: number, branch: string): void {
    const headers = ['Contact: <sip:psa@10.0.0.1:7777>'];
    core.send(
      pushRequest(method, { to: 'sip:bob@push.test', branch, callId: 'call', toTag: tag, cseq, headers }),
    );
  }

  async function accept(): Promise<SipResponse> {
    invite.accept({ code: 200, headers: [CONTACT], body: SDP });
    return core.response();
  }

  it('keeps the Contact as Session Identity and answers 200 with Record-Route, Contact, Allow and SDP', async () => {
    const tag = await ring();
    expect(invite.remoteTarget).toBe('sip:psa@10.0.0.1:7777');
    const answer = await accept();
    expect([answer.code, answer.toTag]).toEqual([200, tag]);
    expect(answer.header('Record-Route')).toBe('<sip:core.push.test;lr>');
    expect(answer.header('Contact')).toBe('<sip:bob@push.test;gr=urn:uuid:1>');
    expect(answer.headers('Allow')).toContain('MESSAGE');
    expect(answer.body.toString()).toBe('v=0\r\n');
  });

  it('repeats the 200 until the ACK comes (RFC 3261 §13.3.1.4), then answers BYE', async () => {
    const tag = await ring();
    const first = await accept();
    const repeated = await core.response();
    expect(repeated.toBytes()).toEqual(first.toBytes());
    inDialog('ACK', tag, 1, 'ack');
    inDialog('BYE', tag, 2, 'bye');
    const bye = await core.response();
    expect([bye.code, bye.header('CSeq')]).toEqual([200, '2 BYE']);
    expect(log).toEqual(['confirmed', 'bye-received']);
  });

  it('answers 487 on CANCEL and ends; a CANCEL after the 200 changes nothing (RFC 3261 §9.2)', async () => {
    await ring();
    core.send(pushRequest('CANCEL', { branch: 'inv', callId: 'call' }));
    const answers = [await core.response(), await core.response()];
    expect(
      answers.map((answer) => `${answer.code} ${answer.cseq.method}`).sort((a, b) => a.localeCompare(b)),
    ).toEqual(['200 CANCEL', '487 INVITE']);
    expect(log).toEqual(['withdrawn']);
    invite.accept({ code: 200, body: SDP });
    invite.cancel();
    expect(log).toEqual(['withdrawn']);
  });

  it('ends a pending INVITE on an early BYE (RFC 3261 §15.1.2)', async () => {
    const tag = await ring();
    inDialog('BYE', tag, 2, 'early');
    const answers = [await core.response(), await core.response()];
    expect(
      answers.map((answer) => `${answer.code} ${answer.cseq.method}`).sort((a, b) => a.localeCompare(b)),
    ).toEqual(['200 BYE', '487 INVITE']);
  });

  it('sends BYE to the remote target along the route set', async () => {
    const tag = await ring();
    await accept();
    inDialog('ACK', tag, 1, 'ack');
    inDialog('OPTIONS', tag, 2, 'o');
    await core.response();
    invite.bye('done "here"');
    const bye = await core.request('BYE');
    expect(bye.uri).toBe('sip:psa@10.0.0.1:7777');
    expect(bye.header('Route')).toBe('<sip:core.push.test;lr>');
    expect(bye.header('Reason')).toBe(`SIP;text="done 'here'"`);
    expect([bye.fromTag, bye.toTag]).toEqual([tag, 'sender']);
    expect(log).toEqual(['confirmed', 'bye-sent']);
  });

  it('is not confirmed by an ACK of another CSeq, which moves nothing', async () => {
    const tag = await ring();
    await accept();
    inDialog('ACK', tag, 999, 'wrong');
    inDialog('OPTIONS', tag, 2, 'o');
    expect((await core.response()).cseq.method).toMatch(/OPTIONS|INVITE/);
    expect(log).toEqual([]);
    inDialog('ACK', tag, 1, 'ack');
    inDialog('BYE', tag, 3, 'bye');
    await expect.poll(() => log).toEqual(['confirmed', 'bye-received']);
  });

  it('answers 500 to a second INVITE before the first has its answer (RFC 3261 §14.2)', async () => {
    const tag = await ring();
    inDialog('INVITE', tag, 2, 'second');
    const answer = await core.response();
    expect([answer.code, answer.header('Retry-After')]).toEqual([500, '5']);
    invite.accept({ code: 200, headers: [CONTACT], body: SDP });
    expect((await core.response()).cseq.number).toBe(1);
  });

  it('answers a re-INVITE in the dialog, 500 to an old CSeq, 405 to what it does not do', async () => {
    const tag = await ring();
    await accept();
    inDialog('ACK', tag, 1, 'ack');
    inDialog('INVITE', tag, 5, 're');
    expect((await core.response()).header('CSeq')).toBe('5 INVITE');
    inDialog('ACK', tag, 5, 'ack2');
    inDialog('INFO', tag, 6, 'info');
    expect((await core.response()).code).toBe(405);
    inDialog('OPTIONS', tag, 3, 'old');
    expect((await core.response()).code).toBe(500);
  });
});
