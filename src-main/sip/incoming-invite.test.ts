import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pushRequest, type TestCore } from './test-core.ts';
import { CONTACT, SDP, TestDialog } from './test-dialog.ts';

describe('IncomingInvite', () => {
  let test: TestDialog;
  let core: TestCore;
  let log: string[];

  beforeEach(async () => {
    test = await TestDialog.open();
    ({ core, log } = test);
  });

  afterEach(() => test.close());

  async function ring(): Promise<string> {
    return (await test.ring()).toTag ?? '';
  }

  const accept = () => test.accept();

  it('keeps the Contact as Session Identity and answers 200 with Record-Route, Contact, Allow and SDP', async () => {
    const tag = await ring();
    expect(test.invite.remoteTarget).toBe('sip:psa@10.0.0.1:7777');
    const answer = await accept();
    expect([answer.code, answer.toTag]).toEqual([200, tag]);
    expect(answer.header('Record-Route')).toBe('<sip:core.push.test;lr>');
    expect(answer.header('Contact')).toBe('<sip:bob@push.test;gr=urn:uuid:1>');
    expect(answer.headers('Allow')).toContain('MESSAGE');
    expect(answer.body.toString()).toBe('v=0\r\n');
  });

  it('repeats the 200 until the ACK comes (RFC 3261 §13.3.1.4), then answers BYE', async () => {
    await ring();
    const first = await accept();
    const repeated = await core.response();
    expect(repeated.toBytes()).toEqual(first.toBytes());
    test.inDialog('ACK', 1, 'ack');
    test.inDialog('BYE', 2, 'bye');
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
    expect(log).toEqual(['withdrawn: cancelled']);
    test.invite.accept({ code: 200, body: SDP });
    test.invite.cancel();
    expect(log).toEqual(['withdrawn: cancelled']);
  });

  it('ends a pending INVITE on an early BYE (RFC 3261 §15.1.2)', async () => {
    await ring();
    test.inDialog('BYE', 2, 'early');
    const answers = [await core.response(), await core.response()];
    expect(
      answers.map((answer) => `${answer.code} ${answer.cseq.method}`).sort((a, b) => a.localeCompare(b)),
    ).toEqual(['200 BYE', '487 INVITE']);
  });

  it('sends BYE to the remote target along the route set', async () => {
    const tag = await ring();
    await accept();
    test.inDialog('ACK', 1, 'ack');
    test.inDialog('OPTIONS', 2, 'o');
    await core.response();
    test.invite.bye('done "here"');
    const bye = await core.request('BYE');
    expect(bye.uri).toBe('sip:psa@10.0.0.1:7777');
    expect(bye.header('Route')).toBe('<sip:core.push.test;lr>');
    expect(bye.header('Reason')).toBe(`SIP;text="done 'here'"`);
    expect([bye.fromTag, bye.toTag]).toEqual([tag, 'sender']);
    expect(log).toEqual(['confirmed', 'bye-sent']);
  });

  it('is not confirmed by an ACK of another CSeq, which moves nothing', async () => {
    await ring();
    await accept();
    test.inDialog('ACK', 999, 'wrong');
    test.inDialog('OPTIONS', 2, 'o');
    expect((await core.response()).cseq.method).toMatch(/OPTIONS|INVITE/);
    expect(log).toEqual([]);
    test.inDialog('ACK', 1, 'ack');
    test.inDialog('BYE', 3, 'bye');
    await expect.poll(() => log).toEqual(['confirmed', 'bye-received']);
  });

  it('answers 500 to a second INVITE before the first has its answer (RFC 3261 §14.2)', async () => {
    await ring();
    test.inDialog('INVITE', 2, 'second');
    const answer = await core.response();
    expect([answer.code, answer.header('Retry-After')]).toEqual([500, '5']);
    test.invite.accept({ code: 200, headers: [CONTACT], body: SDP });
    expect((await core.response()).cseq.number).toBe(1);
  });

  it('answers a re-INVITE in the dialog, 500 to an old CSeq, 405 to what it does not do', async () => {
    await ring();
    await accept();
    test.inDialog('ACK', 1, 'ack');
    test.inDialog('INVITE', 5, 're');
    expect((await core.response()).header('CSeq')).toBe('5 INVITE');
    test.inDialog('ACK', 5, 'ack2');
    test.inDialog('INFO', 6, 'info');
    expect((await core.response()).code).toBe(405);
    test.inDialog('OPTIONS', 3, 'old');
    expect((await core.response()).code).toBe(500);
  });
});
