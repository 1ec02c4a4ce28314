import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cpimPrefix } from '../content/cpim.ts';
import type { MsrpSender } from '../msrp/sender.ts';
import { parsePath } from '../msrp/uri.ts';
import { writeBodyEnd, writeSendHead } from '../msrp/writer.ts';
import type { SipResponse } from '../sip/message.ts';
import { pushRequest } from '../sip/test-core.ts';
import { connectTo, FOR_MMS, FROM_PSA, GRUU, offerOf, sha1Of, TestTerminal } from './test-terminal.ts';

const PICTURE = {
  name: 'My cool picture.jpg',
  content: Buffer.alloc(70_000, 'ffd8ffe0', 'hex'),
  type: 'image/jpeg',
};
const NOTES = { name: '../notes.txt', content: Buffer.from('hello'), type: 'text/plain' };

function send(sender: MsrpSender, content: Buffer, contentType = 'image/jpeg') {
  return sender.send({ contentType, total: content.length, source: Readable.from([content]) });
}

describe('session mode', () => {
  let test: TestTerminal;

  beforeEach(async () => {
    test = await TestTerminal.open({ files: { answerWithin: 30, maxBytes: 100_000 } });
  });

  afterEach(() => test.close());

  async function accept(files: readonly number[]): Promise<SipResponse> {
    const offer = await test.event('offer');
    test.terminal.accept(offer.offer, files);
    return test.core.response();
  }

  it('offers, accepts some, receives, verifies, reports and ends (PRA-SES-08 to -17, PRA-MSRP-01 to -03)', async () => {
    test.invite([PICTURE, NOTES]);
    const ringing = await test.core.response({ provisional: true });
    expect([100, 180]).toContain(ringing.code);
    const offer = await test.event('offer');
    expect(offer).toMatchObject({ application: 'mms.ua', sessionIdentity: 'sip:psa@127.0.0.1:7777' });
    expect(offer.files.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['My cool picture.jpg', 70_000],
      ['notes.txt', 5],
    ]);
    expect(test.terminal.deadlines()).toHaveLength(1);
    const answer = await accept([0]);
    expect(answer.code).toBe(200);
    expect(answer.header('Contact')).toBe(`<${GRUU}>;+g.oma.pusheventapp="mms.ua,wml.ua"`);
    expect(answer.body.toString()).toMatch(
      /a=recvonly[\s\S]*a=file-selector:name:"My cool picture.jpg" type:image\/jpeg size:70000/,
    );
    const [first, second] = test.acknowledge(answer, 2);
    expect(second?.kind).toBe('declined');
    const sender = await connectTo(first);
    const outcome = await send(sender, PICTURE.content);
    expect(outcome).toMatchObject({ kind: 'delivered' });
    const file = await test.event('file');
    expect(file).toMatchObject({ index: 0, bytes: 70_000, sha1: sha1Of(PICTURE.content), verified: true });
    expect(await readFile(file.path)).toEqual(PICTURE.content);
    expect(await test.event('report')).toMatchObject({ range: '1-70000/70000', status: '000 200' });
    await test.reached('reported');
    test.inDialog('BYE', answer, 2);
    expect((await test.core.response()).cseq.method).toBe('BYE');
    const ended = await test.event('ended');
    const kept = await test.history.get(ended.offer);
    expect(kept?.state).toBe('reported');
    expect(kept?.delivery.map(({ title }) => title)).toEqual([
      'INVITE received',
      '180 Ringing',
      '200 OK',
      'ACK received',
      'MSRP session opened',
      '35 × MSRP 200 OK',
      'SHA-1 verified',
      'REPORT 000 200',
      'BYE received',
    ]);
    expect(await readdir(join(test.folder, 'files'))).toEqual(['My cool picture.jpg']);
    sender.close();
  });

  it('unwraps message/cpim (PRA-MSRP-05)', async () => {
    test.invite([NOTES]);
    const [file] = test.acknowledge(await accept([0]), 1);
    const prefix = cpimPrefix({
      from: 'sip:psa@push.test',
      to: GRUU,
      dateTime: '2026-11-21T12:00:00Z',
      contentType: 'text/plain',
    });
    const sender = await connectTo(file, { chunkSize: 7 });
    const outcome = await send(sender, Buffer.concat([prefix, NOTES.content]), 'message/cpim');
    expect(outcome.kind).toBe('delivered');
    expect(await readFile((await test.event('file')).path, 'utf8')).toBe('hello');
    sender.close();
  });

  it('takes bytes of CPIM headers and content twice without harm (RFC 4975 §7.3.1)', async () => {
    test.invite([NOTES]);
    const [file] = test.acknowledge(await accept([0]), 1);
    const sender = await connectTo(file, { chunkSize: 20 });
    const whole = Buffer.concat([
      cpimPrefix({
        from: 'sip:psa@push.test',
        to: GRUU,
        dateTime: '2026-11-21T12:00:00Z',
        contentType: 'text/plain',
      }),
      NOTES.content,
    ]);
    const total = whole.length;
    const transactionId = 'twice1';
    // All but the end of the message in one chunk that goes on, then all of it again.
    sender.connection?.write(
      Buffer.concat([
        writeSendHead({
          transactionId,
          toPath: parsePath(file?.kind === 'accepted' ? file.path.join(' ') : '') ?? [],
          fromPath: [sender.localUri],
          messageId: 'twice',
          byteRange: { start: 1, end: total - 2, total },
          successReport: true,
          failureReport: 'yes',
          mimeHeaders: [],
          contentType: 'message/cpim',
        }),
        whole.subarray(0, total - 2),
        writeBodyEnd(transactionId, '+'),
      ]),
    );
    const source = Readable.from([whole]);
    const outcome = await sender.send({ messageId: 'twice', contentType: 'message/cpim', total, source });
    expect(outcome.kind).toBe('delivered');
    expect(await readFile((await test.event('file')).path, 'utf8')).toBe('hello');
    sender.close();
  });

  it('answers a refresh as before, refuses a changed session and leaves the first alone (RFC 3261 §14.2)', async () => {
    test.invite([NOTES]);
    const answer = await accept([0]);
    test.acknowledge(answer, 1);
    const reinvite = async (cseq: number, body: string, type = 'application/sdp') => {
      const headers = ['Contact: <sip:psa@127.0.0.1:7777>', `Content-Type: ${type}`];
      const options = {
        to: GRUU,
        branch: `re${cseq}`,
        callId: 'call',
        toTag: answer.toTag ?? '',
        cseq,
        headers,
        body,
      };
      test.core.send(pushRequest('INVITE', options));
      const response = await test.core.response();
      test.inDialog('ACK', answer, cseq);
      return response;
    };
    const [event] = test.events.filter((one) => one.event === 'offer');
    const record = event?.event === 'offer' ? await test.history.get(event.offer) : null;
    const sdp = record?.body.kind === 'files' ? record.body.sdp : '';
    expect((await reinvite(2, sdp)).body).toEqual(answer.body);
    expect((await reinvite(3, sdp.replace('m=message', 'm=audio'))).code).toBe(488);
    expect((await reinvite(4, sdp, 'text/plain')).code).toBe(415);
    expect((await reinvite(5, 'v=0\r\nhello')).code).toBe(400);
    test.inDialog('BYE', answer, 6);
    expect((await test.core.response()).code).toBe(200);
  });

  it.each([
    [
      'a wrong hash',
      { ...NOTES, sha1: sha1Of(Buffer.from('other')) },
      NOTES.content,
      /SHA-1 of what arrived/,
    ],
    [
      'a size that is too small',
      { ...NOTES, content: Buffer.from('hello world') },
      NOTES.content,
      /11 were promised/,
    ],
    [
      'another type than was offered',
      { ...NOTES, type: 'image/png' },
      NOTES.content,
      /^The content is text\/plain, but image\/png was promised\.$/,
    ],
  ])(
    'quarantines a file with %s: failure REPORT, a clear reason, and where it is',
    async (_name, offered, sent, reason) => {
      test.invite([offered]);
      const [file] = test.acknowledge(await accept([0]), 1);
      const sender = await connectTo(file);
      expect((await send(sender, sent, 'text/plain')).kind).toBe('reportedFailure');
      const failed = await test.event('file-failed');
      expect(failed.reason).toMatch(reason);
      const record = await test.reached('failed');
      expect(record.reason).toMatch(reason);
      const leftover = { kind: 'quarantined', path: failed.quarantined };
      expect(record.body).toMatchObject({ files: [{ state: 'failed', path: null, leftover }] });
      expect(await readFile(failed.quarantined ?? '')).toEqual(sent);
      expect(await readdir(join(test.folder, 'files'))).toEqual(['quarantine']);
      sender.close();
    },
  );

  it('fails a file whose connection is lost in the middle, and says how far it came', async () => {
    test.invite([PICTURE]);
    const [file] = test.acknowledge(await accept([0]), 1);
    const sender = await connectTo(file);
    async function* half() {
      yield PICTURE.content.subarray(0, 30_000);
      await test.event(
        'push-changed',
        ({ record }) => record.body.kind === 'files' && record.body.files[0]?.state === 'receiving',
      );
      sender.close();
      yield Buffer.alloc(0);
    }
    await sender.send({ contentType: 'image/jpeg', total: 70_000, source: half() });
    expect((await test.event('file-failed')).reason).toMatch(
      /^The connection was lost after \d+ of 70000 bytes\.$/,
    );
    await test.reached('failed');
    const part = await test.event('part');
    expect(part.bytes).toBeGreaterThan(0);
    expect((await readFile(part.path)).equals(PICTURE.content.subarray(0, part.bytes))).toBe(true);
  });

  it('stops one file when the user says so: 413 (RFC 5547 §8.4)', async () => {
    test.invite([PICTURE]);
    const [file] = test.acknowledge(await accept([0]), 1);
    const sender = await connectTo(file, { window: 1 });
    async function* source() {
      yield PICTURE.content.subarray(0, 30_000);
      const { record } = await test.event(
        'push-changed',
        ({ record: { body } }) => body.kind === 'files' && body.files[0]?.state === 'receiving',
      );
      test.terminal.abort(record.id, 0);
      yield PICTURE.content.subarray(30_000);
    }
    const outcome = await sender.send({ contentType: 'image/jpeg', total: 70_000, source: source() });
    expect(outcome).toMatchObject({ kind: 'refused' });
    expect((await test.event('file-failed')).reason).toBe('Stopped by the user.');
    sender.close();
  });

  it('gives 603 when the user declines, and 480 when nobody answers', async () => {
    test.invite([NOTES]);
    test.terminal.decline((await test.event('offer')).offer);
    expect((await test.core.response()).code).toBe(603);
    expect((await test.reached('declined')).reason).toMatch(/by the user/);
    expect(() =>
      test.terminal.accept(test.events.find((one) => one.event === 'offer')?.offer ?? '', [0]),
    ).toThrow(/over/);
  });

  it('gives 487 on CANCEL and withdraws the offer (PRA-REL-03)', async () => {
    test.invite([NOTES]);
    await test.event('offer');
    test.core.send(pushRequest('CANCEL', { branch: 'invite', callId: 'call' }));
    const codes = [(await test.core.response()).code, (await test.core.response()).code];
    expect(codes.sort((a, b) => a - b)).toEqual([200, 487]);
    await test.reached('cancelled');
    expect(test.terminal.deadlines()).toEqual([]);
  });

  it.each([
    ['malformed SDP', 400, 'v=0\r\nhello', /malformed/],
    ['a malformed file-selector', 400, offerOf([NOTES]).replace('size:5', 'size:x'), /file-selector/],
    ['no file', 488, offerOf([NOTES]).replace(/a=file-selector.*\r\n/, ''), /no m-line with a file/],
  ])('refuses %s with %i and says why', async (_name, code, sdp, reason) => {
    test.invite([], { sdp });
    expect((await test.core.response()).code).toBe(code);
    expect((await test.event('refused')).reason).toMatch(reason);
  });

  it('checks types before application and identity (X-10)', async () => {
    await test.close();
    test = await TestTerminal.open({ files: { accept: ['video/*'] } });
    test.invite([NOTES], { headers: [] });
    expect((await test.core.response()).code).toBe(488);
  });

  it.each([
    ['an unknown application', ['Accept-Contact: *;+g.oma.pusheventapp="x.ua"', FROM_PSA]],
    ['an untrusted sender', [FOR_MMS]],
  ])('refuses %s with 403 before anybody is asked', async (_name, headers) => {
    test.invite([NOTES], { headers });
    expect((await test.core.response()).code).toBe(403);
    expect(test.events.some(({ event }) => event === 'offer')).toBe(false);
  });

  it('lets a file above maxBytes be seen but not accepted', async () => {
    test.invite([{ name: 'big', content: Buffer.alloc(100_001) }, NOTES]);
    const offer = await test.event('offer');
    expect(() => test.terminal.accept(offer.offer, [0])).toThrow(/cannot be|no file 0/);
    test.terminal.accept(offer.offer, [1]);
    const answer = await test.core.response();
    expect(test.acknowledge(answer, 2).map(({ kind }) => kind)).toEqual(['declined', 'accepted']);
  });

  it('keeps a file that was whole when the BYE came, though it was still being verified (X-33)', async () => {
    test.invite([PICTURE]);
    const answer = await accept([0]);
    const [file] = test.acknowledge(answer, 1);
    const sender = await connectTo(file, { successReport: false });
    expect((await send(sender, PICTURE.content)).kind).toBe('sent');
    test.inDialog('BYE', answer, 2);
    sender.close();
    await test.event('ended');
    expect((await test.reached('completed')).body).toMatchObject({ files: [{ state: 'verified' }] });
  });

  it('answers 486 to one offer too many, and takes others once one is over', async () => {
    const invite = (name: string) => {
      const headers = ['Contact: <sip:psa@h>', FOR_MMS, FROM_PSA, 'Content-Type: application/sdp'];
      const options = { branch: name, callId: name, headers, body: offerOf([NOTES]) };
      test.core.send(pushRequest('INVITE', options));
    };
    const offers = () => test.events.filter(({ event }) => event === 'offer').length;
    for (let count = 0; count < 64; count += 1) invite(`i${count}`);
    await expect.poll(offers, { timeout: 10_000 }).toBe(64);
    invite('too-many');
    const answer = await test.core.response();
    expect([answer.code, answer.callId]).toEqual([486, 'too-many']);
    test.core.send(pushRequest('CANCEL', { branch: 'i7', callId: 'i7' }));
    await test.reached('cancelled');
    invite('again');
    await expect.poll(offers).toBe(65);
  });

  it('answers 503 with Retry-After instead, and to fewer offers, where the profile says so', async () => {
    const busy = await TestTerminal.open({ files: { maxOffers: 1, busyCode: 503 } });
    busy.invite([NOTES]);
    await busy.event('offer');
    const headers = ['Contact: <sip:psa@h>', FOR_MMS, FROM_PSA, 'Content-Type: application/sdp'];
    const body = offerOf([NOTES]);
    busy.core.send(pushRequest('INVITE', { branch: 'second', callId: 'second', headers, body }));
    const answer = await busy.core.response();
    expect([answer.code, answer.header('Retry-After'), answer.callId]).toEqual([503, '60', 'second']);
    await busy.close();
  });

  it('keeps several dialogs apart', async () => {
    const answers: SipResponse[] = [];
    for (const name of ['one', 'two']) {
      const headers = ['Contact: <sip:psa@h>', FOR_MMS, FROM_PSA, 'Content-Type: application/sdp'];
      test.core.send(pushRequest('INVITE', { branch: name, callId: name, headers, body: offerOf([NOTES]) }));
      const offers = () => test.events.filter((event) => event.event === 'offer');
      await expect.poll(() => offers().length).toBe(answers.length + 1);
      const offer = offers().at(-1);
      test.terminal.accept(offer?.event === 'offer' ? offer.offer : '', [0]);
      const answer = await test.core.response();
      const toTag = answer.toTag ?? '';
      test.core.send(pushRequest('ACK', { to: GRUU, branch: `ack-${name}`, callId: name, toTag }));
      answers.push(answer);
    }
    const [one, two] = answers;
    test.core.send(pushRequest('BYE', { to: GRUU, callId: 'one', toTag: one?.toTag ?? '', cseq: 2 }));
    expect((await test.core.response()).callId).toBe('one');
    await test.event('ended');
    // The tag of one dialog means nothing in the other.
    test.core.send(pushRequest('UPDATE', { to: GRUU, callId: 'two', toTag: one?.toTag ?? '', cseq: 2 }));
    expect((await test.core.response()).code).toBe(481);
    test.core.send(pushRequest('UPDATE', { to: GRUU, callId: 'two', toTag: two?.toTag ?? '', cseq: 2 }));
    expect((await test.core.response()).code).toBe(200);
    expect(test.events.filter(({ event }) => event === 'ended')).toHaveLength(1);
  });

  it('answers 422 to too short a session interval, before anybody is asked (RFC 4028 §9)', async () => {
    test.invite([NOTES], { headers: [FOR_MMS, FROM_PSA, 'Supported: timer', 'Session-Expires: 60'] });
    const answer = await test.core.response();
    expect([answer.code, answer.header('Min-SE')]).toEqual([422, '90']);
    expect(test.events.some(({ event }) => event === 'offer')).toBe(false);
    expect((await test.event('refused')).reason).toMatch(/interval is too short/);
  });

  it.each(['UPDATE', 'PRACK'])('answers 481 to %s outside any dialog', async (method) => {
    test.core.send(pushRequest(method, {}));
    expect((await test.core.response()).code).toBe(481);
  });

  it('fails a waiting offer when the flow to the core is lost', async () => {
    test.invite([NOTES]);
    await test.event('offer');
    test.core.drop();
    expect((await test.reached('failed')).reason).toMatch(/connection to the core/);
  });

  it('finds the SDP in a multipart body (PRA-SDP-08)', async () => {
    const body = ['--b', 'Content-Type: application/sdp', '', offerOf([NOTES]).trimEnd(), '--b--', ''].join(
      '\r\n',
    );
    const headers = [
      'Contact: <sip:psa@h>',
      FOR_MMS,
      FROM_PSA,
      'Content-Type: multipart/related;type="application/sdp";boundary=b',
    ];
    test.core.send(pushRequest('INVITE', { branch: 'invite', callId: 'call', headers, body }));
    expect((await test.event('offer')).files).toHaveLength(1);
  });
});

describe('session mode by rule', () => {
  it.each([
    ['accept', 200],
    ['decline', 603],
  ] as const)('%s answers %i without asking', async (decide, code) => {
    const test = await TestTerminal.open({ files: { decide } });
    test.invite([NOTES]);
    expect((await test.core.response()).code).toBe(code);
    await test.close();
  });

  it('refuses with 480 when the countdown ends', async () => {
    const test = await TestTerminal.open({ files: { answerWithin: 1 } });
    test.invite([NOTES]);
    expect((await test.core.response()).code).toBe(480);
    expect((await test.reached('declined')).reason).toMatch(/Nobody answered/);
    await test.close();
  });
});
