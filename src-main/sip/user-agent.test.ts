import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendReply } from './reply.ts';
import { StreamSocket } from './socket.ts';
import { pushRequest, TestCore } from './test-core.ts';
import { type IncomingRequest, SipUserAgent } from './user-agent.ts';

describe('SipUserAgent', () => {
  let core: TestCore;
  let ua: SipUserAgent;
  let requests: IncomingRequest[];
  let cancelled: IncomingRequest[];
  let faults: unknown[];
  let waits: number[];

  beforeEach(async () => {
    core = await TestCore.open();
    requests = [];
    cancelled = [];
    faults = [];
    waits = [];
    await new Promise<void>((resolve) => {
      ua = new SipUserAgent({
        socket: new StreamSocket({ host: '127.0.0.1', port: core.port, tls: null }),
        aor: 'sip:bob@push.test',
        credentials: { kind: 'password', username: 'bob', password: 'secret', realm: null },
        handlers: {
          connected: resolve,
          disconnected: (_reason, retryAt) => waits.push(retryAt - Date.now()),
          ownsUri: () => false,
          request: (request) => {
            requests.push(request);
            if (request.method !== 'INVITE') sendReply(request, { code: 200 });
          },
          cancelled: (invite) => cancelled.push(invite),
          fault: (error) => faults.push(error),
        },
      });
      ua.start();
    });
  });

  afterEach(async () => {
    ua.close();
    await core.close();
    expect(faults).toEqual([]);
  });

  it('waits longer each time for a core that takes connections but keeps none', async () => {
    for (const [least, most] of [
      [490, 1_000],
      [990, 2_000],
    ] as const) {
      await expect.poll(() => ua.isConnected(), { timeout: 5_000 }).toBe(true);
      core.drop();
      await expect.poll(() => ua.isConnected()).toBe(false);
      expect(waits.at(-1)).toBeGreaterThan(least);
      expect(waits.at(-1)).toBeLessThanOrEqual(most);
    }
  });

  it('answers by the request: Via, From, To with tag, Call-ID, CSeq; no body, no Contact (PRA-PAG-11)', async () => {
    core.send(
      pushRequest('MESSAGE', {
        branch: 'b1',
        callId: 'c1',
        body: 'hi',
        headers: ['Content-Type: text/plain'],
      }),
    );
    const answer = await core.response();
    expect(answer.code).toBe(200);
    expect(answer.header('Via')).toBe('SIP/2.0/TCP core.push.test;branch=z9hG4bKb1');
    expect(answer.header('From')).toBe('<sip:psa@push.test>;tag=sender');
    expect(answer.toTag).toMatch(/^[0-9a-f]{16}$/);
    expect([answer.callId, answer.header('CSeq')]).toEqual(['c1', '1 MESSAGE']);
    expect([answer.header('Contact'), answer.body.length]).toEqual([undefined, 0]);
  });

  it('answers a retransmission again with the same bytes and delivers once', async () => {
    const text = pushRequest('MESSAGE', { branch: 'same' });
    core.send(text);
    const first = await core.response();
    core.send(text);
    const second = await core.response();
    expect(second.toBytes()).toEqual(first.toBytes());
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['a merged request', 482, ['one', 'two'], {}],
    ['another user', 404, ['one'], { to: 'sip:carol@push.test' }],
    ['a GRUU that is not ours', 404, ['one'], { to: 'sip:bob@push.test;gr=urn:uuid:0' }],
    ['a scheme it does not know', 416, ['one'], { to: 'news:bob' }],
    ['sips over TCP', 416, ['one'], { to: 'sips:bob@push.test' }],
    ['an unknown Require', 420, ['one'], { headers: ['Require: gruu, telepathy'] }],
    ['a To tag of no dialog', 481, ['one'], { toTag: 'gone' }],
  ])('answers %s with %i', async (_name, code, branches, options) => {
    for (const branch of branches) core.send(pushRequest('MESSAGE', { callId: 'same', ...options, branch }));
    const answers = [];
    for (const _branch of branches) answers.push(await core.response());
    expect(answers.at(-1)?.code).toBe(code);
    expect(answers.at(-1)?.header('Unsupported')).toBe(code === 420 ? 'telepathy' : undefined);
  });

  it('answers CANCEL with 200 and hands over the INVITE it is for', async () => {
    const headers = ['Contact: <sip:psa@127.0.0.1>'];
    core.send(pushRequest('INVITE', { branch: 'i1', callId: 'c', headers }));
    expect((await core.response({ provisional: true })).code).toBe(100);
    core.send(pushRequest('CANCEL', { branch: 'i1', callId: 'c' }));
    const answer = await core.response();
    expect([answer.code, answer.header('CSeq')]).toEqual([200, '1 CANCEL']);
    expect(cancelled).toEqual(requests);
  });

  it('sends requests with its own Via and answers a SHA-256 challenge (RFC 8760)', async () => {
    const outcome = ua.request({ method: 'OPTIONS', to: 'sip:push.test', headers: ['Accept: text/plain'] });
    const first = await core.request('OPTIONS');
    expect(first.header('Via')).toMatch(/^SIP\/2\.0\/TCP 127\.0\.0\.1:\d+;branch=z9hG4bK[0-9a-f]{24};rport$/);
    core.answer(first, 401, [
      'WWW-Authenticate: Digest realm="push.test", nonce="n1", algorithm=SHA-256, qop="auth"',
      'WWW-Authenticate: Digest realm="push.test", nonce="n1", algorithm=MD5, qop="auth"',
    ]);
    const second = await core.request('OPTIONS');
    expect(second.header('Authorization')).toMatch(/algorithm=SHA-256/);
    expect(second.cseq.number).toBe(first.cseq.number + 1);
    core.answer(second, 200);
    expect(await outcome).toMatchObject({ kind: 'response', response: { status_code: 200 } });
  });

  it('takes the top-most challenge it knows, answers 407 and then 401, and a stale nonce (RFC 3261 §22.3)', async () => {
    const outcome = ua.request({ method: 'MESSAGE', to: 'sip:carol@push.test', body: 'hi' });
    core.answer(await core.request('MESSAGE'), 407, [
      'Proxy-Authenticate: Digest realm="one", nonce="n1", algorithm=AKAv1-MD5',
      'Proxy-Authenticate: Digest realm="one", nonce="n1", algorithm=SHA-256, qop="auth"',
    ]);
    const second = await core.request('MESSAGE');
    expect(second.header('Proxy-Authorization')).toMatch(/realm="one".*algorithm=SHA-256/);
    core.answer(second, 401, ['WWW-Authenticate: Digest realm="two", nonce="n2"']);
    const third = await core.request('MESSAGE');
    expect([third.header('Proxy-Authorization'), third.header('Authorization')]).toEqual([
      expect.stringMatching(/realm="one"/),
      expect.stringMatching(/realm="two", nonce="n2"/),
    ]);
    core.answer(third, 401, ['WWW-Authenticate: Digest realm="two", nonce="n3", stale=true']);
    const fourth = await core.request('MESSAGE');
    expect(fourth.header('Authorization')).toMatch(/nonce="n3"/);
    expect(fourth.cseq.number).toBe(third.cseq.number + 1);
    core.answer(fourth, 401, ['WWW-Authenticate: Digest realm="two", nonce="n4"']);
    expect(await outcome).toMatchObject({ kind: 'response', response: { status_code: 401 } });
  });

  it('stops where every nonce is stale', async () => {
    const outcome = ua.request({ method: 'OPTIONS', to: 'sip:push.test' });
    for (let round = 0; round < 7; round += 1) {
      core.answer(await core.request('OPTIONS'), 401, [
        `WWW-Authenticate: Digest realm="r", nonce="${round}", stale=true`,
      ]);
    }
    expect(await outcome).toMatchObject({ kind: 'response', response: { status_code: 401 } });
  });

  it('ends open requests when the flow is lost', async () => {
    const outcome = ua.request({ method: 'OPTIONS', to: 'sip:push.test' });
    await core.request('OPTIONS');
    core.drop();
    expect(await outcome).toEqual({ kind: 'unreachable' });
  });

  it('survives bytes that are no SIP', async () => {
    core.send('this is no SIP\r\n\r\n');
    await new Promise<void>((resolve) => ua.once('disconnected', resolve));
    expect(ua.isConnected()).toBe(false);
  });
});
