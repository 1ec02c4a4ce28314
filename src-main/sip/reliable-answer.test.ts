import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pushRequest, type TestCore } from './test-core.ts';
import { TestDialog } from './test-dialog.ts';

const RELIABLE = ['Supported: 100rel'];

describe('a reliable 180 (RFC 3262)', () => {
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

  const codes = (answers: readonly { readonly code: number; readonly cseq: { readonly method: string } }[]) =>
    answers.map(({ code, cseq }) => `${code} ${cseq.method}`).sort((a, b) => a.localeCompare(b));

  it.each([
    ['supports', 'Supported: timer, 100rel'],
    ['requires', 'Require: 100rel'],
  ])('is sent when the INVITE %s it, again until its PRACK, which gets 200 once', async (_name, header) => {
    const ringing = await test.ring([header]);
    const rseq = ringing.header('RSeq') ?? '';
    expect([ringing.header('Require'), ringing.headers('Allow').includes('PRACK')]).toEqual(['100rel', true]);
    expect(Number(rseq)).toBeGreaterThan(0);
    const again = await core.response({ provisional: true });
    expect(again.toBytes()).toEqual(ringing.toBytes());
    test.inDialog('PRACK', 2, 'wrong', [`RAck: ${Number(rseq) + 1} 1 INVITE`]);
    expect((await core.response()).code).toBe(481);
    test.inDialog('PRACK', 3, 'prack', [`RAck: ${rseq} 1 INVITE`]);
    expect((await core.response()).code).toBe(200);
    test.inDialog('PRACK', 4, 'again', [`RAck: ${rseq} 1 INVITE`]);
    expect((await core.response()).code).toBe(481);
    expect((await test.accept()).code).toBe(200);
  });

  it('is an ordinary one for an INVITE that does not know 100rel; a PRACK then gets 481', async () => {
    const ringing = await test.ring();
    expect([ringing.header('Require'), ringing.header('RSeq')]).toEqual([undefined, undefined]);
    test.inDialog('PRACK', 2, 'prack', ['RAck: 1 1 INVITE']);
    expect((await core.response()).code).toBe(481);
  });

  it.each(['before', 'after'])('leaves CANCEL as it is %s the PRACK', async (when) => {
    const rack = `RAck: ${(await test.ring(RELIABLE)).header('RSeq')} 1 INVITE`;
    if (when === 'after') {
      test.inDialog('PRACK', 2, 'prack', [rack]);
      await core.response();
    }
    core.send(pushRequest('CANCEL', { branch: 'inv', callId: 'call' }));
    expect(codes([await core.response(), await core.response()])).toEqual(['200 CANCEL', '487 INVITE']);
    expect(test.log).toEqual(['withdrawn: cancelled']);
    if (when === 'after') return;
    // RFC 3262 §3: a PRACK that crossed the final answer.
    test.inDialog('PRACK', 2, 'prack', [rack]);
    expect((await core.response()).code).toBe(200);
  });

  it('does not hold up the 200, after which it is repeated no more and its PRACK is still taken', async () => {
    const ringing = await test.ring(RELIABLE);
    expect((await test.accept()).code).toBe(200);
    test.inDialog('ACK', 1, 'ack');
    await expect.poll(() => test.log).toEqual(['confirmed']);
    test.inDialog('PRACK', 2, 'prack', [`RAck: ${ringing.header('RSeq')} 1 INVITE`]);
    expect((await core.response({ provisional: true })).cseq.method).toBe('PRACK');
  });

  it('gives up with 504 when no PRACK comes for 64·T1', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    await test.ring(RELIABLE);
    await vi.advanceTimersByTimeAsync(64_000);
    expect((await core.response()).code).toBe(504);
    expect(test.log).toEqual(['withdrawn: no-prack']);
  });
});
