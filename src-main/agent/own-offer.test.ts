import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MsrpListener } from '../msrp/listener.ts';
import { MsrpSender } from '../msrp/sender.ts';
import { parsePath, parseUri } from '../msrp/uri.ts';
import type { SipResponse } from '../sip/message.ts';
import { pushRequest } from '../sip/test-core.ts';
import type { ProfileInput } from './profile.ts';
import { connectTo, FOR_MMS, FROM_PSA, offerOf, TestTerminal } from './test-terminal.ts';

const NOTES = { name: 'notes.txt', content: Buffer.from('hello'), type: 'text/plain' };
const active = (sdp: string) =>
  sdp.replaceAll(/a=setup:\w+\r\n/g, '').replaceAll(/(m=message[^\r]*\r\n)/g, '$1a=setup:active\r\n');

describe('an INVITE without offer (RFC 3261 §13.2.1)', () => {
  let test: TestTerminal;

  beforeEach(async () => {
    test = await TestTerminal.open({ files: { answerWithin: 30, maxBytes: 1000 } });
  });

  afterEach(() => test.close());

  function invite(headers: readonly string[] = [FOR_MMS, FROM_PSA]): void {
    const known = ['Contact: <sip:psa@127.0.0.1:7777>', ...headers];
    test.core.send(pushRequest('INVITE', { branch: 'invite', callId: 'call', headers: known }));
  }

  /** The 200 with our offer. */
  async function offered(): Promise<SipResponse> {
    invite();
    const { offer } = await test.event('offer');
    test.terminal.accept(offer, [0]);
    const answer = await test.core.response();
    expect(answer.code).toBe(200);
    return answer;
  }

  const pathOf = (answer: SipResponse) => /^a=path:(\S+)/m.exec(answer.body.toString())?.[1] ?? '';

  const fileAt = (answer: SipResponse) =>
    ({
      kind: 'accepted',
      path: [pathOf(answer)],
      setup: 'passive',
      fingerprints: [],
      maxSize: null,
      acceptTypes: ['*'],
      acceptWrappedTypes: [],
    }) as const;

  const send = (sender: MsrpSender) =>
    sender.send({ contentType: 'text/plain', total: 5, source: [NOTES.content] });

  it('rings, offers to receive in the 200, and takes the file that the ACK names', async () => {
    const answer = await offered();
    const sdp = answer.body.toString();
    expect(answer.header('Content-Type')).toBe('application/sdp');
    for (const line of ['a=recvonly', 'a=setup:actpass', 'a=file-selector', `a=max-size:${1000 + 16 * 1024}`])
      expect(sdp.split('\r\n')).toContain(line);
    expect(sdp.match(/^m=message [1-9]\d* TCP\/MSRP \*/gm)).toHaveLength(1);
    test.inDialog('ACK', answer, 1, { sdp: active(offerOf([NOTES])) });
    await test.event('delivery', ({ entry }) => entry.title === 'ACK received');
    const sender = await connectTo(fileAt(answer));
    expect((await send(sender)).kind).toBe('delivered');
    const file = await test.event('file');
    expect(file).toMatchObject({ name: 'notes.txt', verified: true, bytes: 5 });
    expect(file.path).toMatch(/notes\.txt$/);
    expect(await readFile(file.path, 'utf8')).toBe('hello');
    const { body } = await test.reached('reported');
    expect(body).toMatchObject({
      files: [{ name: 'notes.txt', type: 'text/plain', bytes: 5, session: { setup: 'passive' } }],
    });
    sender.close();
  });

  it('takes a file of no description under a plain name', async () => {
    const answer = await offered();
    const sdp = active(offerOf([NOTES])).replace(/a=file-[^\r]*\r\n/g, '');
    test.inDialog('ACK', answer, 1, { sdp });
    await test.event('delivery', ({ entry }) => entry.title === 'ACK received');
    const sender = await connectTo(fileAt(answer));
    expect((await send(sender)).kind).toBe('delivered');
    expect(await test.event('file')).toMatchObject({ verified: false, bytes: 5 });
    sender.close();
  });

  it('connects where the answer is passive', async () => {
    const listener = await MsrpListener.open({ host: '127.0.0.1', port: 0 });
    const localPath = parseUri(`msrp://127.0.0.1:${listener.port}/sender0;tcp`);
    if (localPath === null) throw new Error('no URI');
    const answer = await offered();
    const sender = new MsrpSender({
      localPath,
      remotePath: parsePath(pathOf(answer)) ?? [],
      peerFingerprints: [],
      successReport: true,
    });
    listener.register('sender0', sender);
    const sdp = active(offerOf([NOTES], { port: listener.port })).replace('setup:active', 'setup:passive');
    test.inDialog('ACK', answer, 1, { sdp });
    await sender.bound(5000);
    expect((await send(sender)).kind).toBe('delivered');
    expect(await test.event('file')).toMatchObject({ name: 'notes.txt', verified: true });
    sender.close();
    await listener.close();
  });

  it.each([
    ['no answer', '', /brings no answer/],
    ['port 0', active(offerOf([NOTES])).replace(/m=message \d+/, 'm=message 0'), /took nothing/],
    ['another number of m-lines', active(offerOf([NOTES, NOTES])), /to another offer/],
    ['audio', active(offerOf([NOTES])).replace('m=message', 'm=audio'), /to another offer/],
    ['something that is no SDP', 'hello', /malformed/],
    ['a file that is too large', active(offerOf([{ ...NOTES, content: Buffer.alloc(1001) }])), /Larger than/],
    ['MSRP over TLS', active(offerOf([NOTES])).replace('TCP/MSRP', 'TCP/TLS/MSRP'), /took nothing/],
  ])('ends with BYE when the ACK brings %s', async (_name, sdp, reason) => {
    const answer = await offered();
    test.inDialog('ACK', answer, 1, { sdp });
    const bye = await test.core.request('BYE');
    expect(bye.header('Reason')).toMatch(reason);
    test.core.answer(bye, 200);
    expect((await test.reached('failed')).reason).toMatch(reason);
  });

  it('stands a refresh with the same SDP, and answers it in its own role', async () => {
    const answer = await offered();
    const sdp = active(offerOf([NOTES]));
    test.inDialog('ACK', answer, 1, { sdp });
    test.inDialog('INVITE', answer, 2, { sdp });
    const again = await test.core.response();
    expect(again.code).toBe(200);
    expect(again.body.toString()).toContain('a=setup:passive');
    expect(pathOf(again)).toBe(pathOf(answer));
    test.inDialog('ACK', answer, 2);
  });

  it.each<readonly [string, Pick<ProfileInput, 'files' | 'trust'>, RegExp]>([
    [
      'a rule of files declines',
      { files: { rules: [{ type: 'text/plain', decide: 'decline' }] } },
      /by a rule/,
    ],
    ['a rule of files asks about', { files: { rules: [{ type: 'text/plain', decide: 'ask' }] } }, /the user/],
    ['a rule of trust denies', { trust: { rules: [{ type: 'text/plain', decide: 'deny' }] } }, /by a rule/],
  ])('does not take unseen what %s', async (_name, settings, reason) => {
    await test.close();
    test = await TestTerminal.open({ ...settings, files: { ...settings.files, decide: 'accept' } });
    invite();
    const answer = await test.core.response();
    expect(answer.code).toBe(200);
    test.inDialog('ACK', answer, 1, { sdp: active(offerOf([NOTES])) });
    const bye = await test.core.request('BYE');
    expect(bye.header('Reason')).toMatch(reason);
    test.core.answer(bye, 200);
    expect((await test.reached('failed')).reason).toMatch(reason);
  });

  it('is refused like any other to who may not push', async () => {
    invite([FOR_MMS]);
    expect((await test.core.response()).code).toBe(403);
  });
});
