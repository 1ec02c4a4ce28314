import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileRecord, PushRecord } from '../history/records.ts';
import { parseAnswer } from '../sdp/answer.ts';
import { parseOffer } from '../sdp/offer.ts';
import type { SipResponse } from '../sip/message.ts';
import { pushRequest } from '../sip/test-core.ts';
import type { ProfileInput } from './profile.ts';
import { connectTo, offerOf, TestTerminal } from './test-terminal.ts';

const PICTURE = { name: 'picture.jpg', content: Buffer.alloc(70_000, 'ffd8ffe0', 'hex'), type: 'image/jpeg' };
const NOTES = { name: 'notes.txt', content: Buffer.from('hello'), type: 'text/plain' };
const MORE = { name: 'more.txt', content: Buffer.from('more'), type: 'text/plain' };

describe('a session that changes (RFC 5547 §8)', () => {
  let test: TestTerminal;
  let sdp: string;
  let answer: SipResponse;
  let cseq: number;

  beforeEach(() => begin({}));

  afterEach(() => test.close());

  /** A session with one picture and one text, both taken. */
  async function begin(files: NonNullable<ProfileInput['files']>): Promise<void> {
    test = await TestTerminal.open({ files: { answerWithin: 30, maxBytes: 100_000, ...files } });
    sdp = offerOf([PICTURE, NOTES]);
    cseq = 1;
    test.invite([], { sdp });
    if (files.decide === undefined) test.terminal.accept((await test.event('offer')).offer, [0, 1]);
    answer = await test.core.response();
  }

  function reinvite(offered: string, method = 'INVITE'): void {
    cseq += 1;
    test.inDialog(method, answer, cseq, { sdp: offered });
  }

  /** The answer to the re-INVITE or UPDATE, acknowledged. */
  async function answered(method = 'INVITE'): Promise<SipResponse> {
    const response = await test.core.response();
    if (method === 'INVITE') test.inDialog('ACK', answer, cseq);
    return response;
  }

  /** The session's SDP with one more m-line. */
  const withMore = (file = MORE) => sdp + mediaOf(offerOf([file]));

  async function files(fits: (all: readonly FileRecord[]) => boolean): Promise<readonly FileRecord[]> {
    const { record } = await test.event('push-changed', (event) => fits(filesOf(event.record)));
    return filesOf(record);
  }

  const state = (index: number, wanted: FileRecord['state']) =>
    files((all) => all.some((file) => file.index === index && file.state === wanted));

  it('answers a refresh as before: nothing begins anew, nobody is asked (RFC 5547 §8.1)', async () => {
    const [picture] = test.acknowledge(answer, 2);
    const sender = await connectTo(picture);
    reinvite(sdp.replace(/^(o=\S+ \d+) 1/m, '$1 2'));
    expect((await answered()).body).toEqual(answer.body);
    reinvite('');
    expect((await answered()).body).toEqual(answer.body);
    reinvite(sdp, 'UPDATE');
    expect((await answered('UPDATE')).body).toEqual(answer.body);
    const sent = sender.send({
      contentType: 'image/jpeg',
      total: 70_000,
      source: Readable.from([PICTURE.content]),
    });
    expect((await sent).kind).toBe('delivered');
    expect(test.events.filter(({ event }) => event === 'offer')).toHaveLength(1);
    sender.close();
  });

  it('keeps the Session Identity as a refresh changes it (X-18)', async () => {
    test.acknowledge(answer, 2);
    cseq += 1;
    test.inDialog('INVITE', answer, cseq, { sdp, headers: ['Contact: <sip:psa@127.0.0.2>'] });
    await answered();
    const isNew = ({ body }: PushRecord) =>
      body.kind === 'files' && body.sessionIdentity === 'sip:psa@127.0.0.2';
    const { record } = await test.event('push-changed', (event) => isNew(event.record));
    expect(record.delivery.filter(({ title }) => title === 'ACK received')).toHaveLength(1);
  });

  it('asks for a file that is added, while the others go on, and takes it', async () => {
    const [picture] = test.acknowledge(answer, 2);
    const sender = await connectTo(picture);
    reinvite(withMore());
    const offer = await test.event('offer', (event) => event.files[0]?.name === 'more.txt');
    expect(offer.files).toMatchObject([{ index: 2, name: 'more.txt', bytes: 4 }]);
    expect(test.terminal.deadlines()).toHaveLength(1);
    await test.reached('waiting');
    const sent = sender.send({
      contentType: 'image/jpeg',
      total: 70_000,
      source: Readable.from([PICTURE.content]),
    });
    expect((await sent).kind).toBe('delivered');
    expect(() => test.terminal.accept(offer.offer, [0])).toThrow(/no file 0/);
    test.terminal.accept(offer.offer, [2]);
    const response = await answered();
    const [first, , third] = parseAnswer(response.body.toString(), 3) ?? [];
    expect(first).toEqual(picture);
    expect(versionOf(response)).toBe(versionOf(answer) + 1n);
    const other = await connectTo(third);
    const more = other.send({ contentType: 'text/plain', total: 4, source: Readable.from([MORE.content]) });
    expect((await more).kind).toBe('delivered');
    const { path } = await test.event('file', ({ index }) => index === 2);
    expect(await readFile(path, 'utf8')).toBe('more');
    expect(test.terminal.deadlines()).toEqual([]);
    sender.close();
    other.close();
  });

  it('declines an added file with port 0, and the session goes on', async () => {
    test.acknowledge(answer, 2);
    reinvite(withMore());
    const offer = await test.event('offer', (event) => event.files[0]?.name === 'more.txt');
    test.terminal.decline(offer.offer);
    const response = await answered();
    expect(kindsOf(response, 3)).toEqual(['accepted', 'accepted', 'declined']);
    expect(response.body.toString()).toMatch(/m=message 0 TCP\/MSRP \*\r\na=file-selector:name:"more.txt"/);
    await state(2, 'declined');
    expect(() => test.terminal.accept(offer.offer, [2])).toThrow(/no longer waits/);
  });

  it.each([
    ['accept', 'accepted'],
    ['decline', 'declined'],
  ] as const)('does by itself what the rule says: %s', async (decide, kind) => {
    await test.close();
    await begin({ decide });
    if (decide === 'decline') return expect(answer.code).toBe(603);
    test.acknowledge(answer, 2);
    reinvite(withMore(), 'UPDATE');
    return expect(kindsOf(await answered('UPDATE'), 3)[2]).toBe(kind);
  });

  it('answers 504 to an UPDATE with new files, which only a user can answer (RFC 3311 §5.2)', async () => {
    test.acknowledge(answer, 2);
    reinvite(withMore(), 'UPDATE');
    expect((await answered('UPDATE')).code).toBe(504);
    expect(
      filesOf(test.events.flatMap((event) => (event.event === 'push-changed' ? event.record : [])).at(-1)),
    ).toHaveLength(2);
  });

  it('forgets an added file whose re-INVITE is cancelled', async () => {
    test.acknowledge(answer, 2);
    reinvite(withMore());
    const offer = await test.event('offer', (event) => event.files[0]?.name === 'more.txt');
    test.core.send(pushRequest('CANCEL', { branch: 'INVITE2', callId: 'call', cseq: 2 }));
    expect([(await test.core.response()).code, (await test.core.response()).code]).toEqual([200, 487]);
    await state(2, 'declined');
    expect(() => test.terminal.accept(offer.offer, [2])).toThrow(/no longer waits/);
    reinvite(sdp);
    expect((await answered()).body).toEqual(answer.body);
  });

  it('ends a waiting file with the session', async () => {
    test.acknowledge(answer, 2);
    reinvite(withMore());
    await test.event('offer', (event) => event.files[0]?.name === 'more.txt');
    cseq += 1;
    test.inDialog('BYE', answer, cseq);
    const codes = [await test.core.response(), await test.core.response()].map(
      ({ code, cseq: { method } }) => `${code} ${method}`,
    );
    expect(codes).toEqual(['200 BYE', '487 INVITE']);
    await state(2, 'declined');
    await test.event('ended');
  });

  it('ends a file whose m-line gets port 0: stopped by the sender; a whole one stays (RFC 5547 §8.4)', async () => {
    const [picture, notes] = test.acknowledge(answer, 2);
    const sender = await connectTo(notes);
    await sender.send({ contentType: 'text/plain', total: 5, source: Readable.from([NOTES.content]) });
    await state(1, 'verified');
    reinvite(closed(sdp, 1));
    expect(kindsOf(await answered(), 2)).toEqual(['accepted', 'declined']);
    const first = await connectTo(picture);
    reinvite(closed(closed(sdp, 1), 0));
    const response = await answered();
    expect(response.body.toString().match(/^m=message 0 /gm)).toHaveLength(2);
    expect(response.body.toString().match(/^a=file-transfer-id:/gm)).toHaveLength(2);
    const [aborted, whole] = await state(0, 'aborted');
    expect([aborted?.reason, whole?.state]).toEqual(['Stopped by the sender.', 'verified']);
    // A closed m-line cannot come back under its old id (RFC 5547 §8.6).
    reinvite(sdp);
    expect(kindsOf(await answered(), 2)).toEqual(['declined', 'declined']);
    first.close();
    sender.close();
  });

  it('takes `#` and then port 0 as one file that the sender stopped (RFC 5547 §8.4)', async () => {
    const [picture] = test.acknowledge(answer, 2);
    const sender = await connectTo(picture);
    async function* source() {
      yield PICTURE.content.subarray(0, 30_000);
      await state(0, 'receiving');
      sender.abort();
      yield Buffer.alloc(1);
    }
    const outcome = await sender.send({ contentType: 'image/jpeg', total: 70_000, source: source() });
    expect(outcome.kind).toBe('aborted');
    const [aborted] = await state(0, 'aborted');
    expect(aborted?.reason).toBe('Stopped by the sender.');
    reinvite(closed(sdp, 0));
    expect(kindsOf(await answered(), 2)).toEqual(['declined', 'accepted']);
    expect(test.events.filter(({ event }) => event === 'file-failed')).toHaveLength(1);
    sender.close();
  });

  it('refuses a known id for another file with port 0 (RFC 5547 §8.1)', async () => {
    test.acknowledge(answer, 2);
    reinvite(sdp.replace('name:"notes.txt"', 'name:"other.txt"'));
    expect(kindsOf(await answered(), 2)).toEqual(['accepted', 'declined']);
    const [, notes] = await state(1, 'failed');
    expect(notes?.reason).toMatch(/names another file/);
  });

  it('gives up the old file for a new one on its m-line, with a number of its own', async () => {
    test.acknowledge(answer, 2);
    reinvite(mediaOf(sdp, 1, mediaOf(offerOf([MORE]))));
    const offer = await test.event('offer', (event) => event.files[0]?.name === 'more.txt');
    expect(offer.files[0]?.index).toBe(2);
    test.terminal.accept(offer.offer, [2]);
    expect(kindsOf(await answered(), 2)).toEqual(['accepted', 'accepted']);
    const all = await state(1, 'failed');
    expect(all[1]?.reason).toMatch(/another file in its place/);
  });

  it('takes another path for the same file, and goes on (RFC 4975 §8.4)', async () => {
    const [picture] = test.acknowledge(answer, 2);
    reinvite(sdp.replace('sender0', 'elsewhere'));
    expect((await answered()).body).toEqual(answer.body);
    const sender = await connectTo(picture);
    const sent = sender.send({
      contentType: 'image/jpeg',
      total: 70_000,
      source: Readable.from([PICTURE.content]),
    });
    expect((await sent).kind).toBe('delivered');
    sender.close();
  });

  it.each([
    ['an m-line less', () => sdp.slice(0, sdp.lastIndexOf('m='))],
    ['audio where a file was', () => sdp.replace('m=message', 'm=audio')],
  ])('answers 488 to %s and goes on', async (_name, offered) => {
    test.acknowledge(answer, 2);
    reinvite(offered());
    expect((await answered()).code).toBe(488);
    reinvite(sdp);
    expect((await answered()).body).toEqual(answer.body);
  });

  it('declines an added file of a type that a rule of trust denies its sender', async () => {
    await test.close();
    const rules = [{ sender: '*', type: 'text/plain', decide: 'deny' as const }];
    test = await TestTerminal.open({ files: { decide: 'accept', maxBytes: 100_000 }, trust: { rules } });
    sdp = offerOf([PICTURE]);
    cseq = 1;
    test.invite([], { sdp });
    answer = await test.core.response();
    expect(answer.code).toBe(200);
    test.acknowledge(answer, 1);
    reinvite(withMore());
    expect((await answered()).body.toString()).toMatch(/m=message [1-9]\d* .*m=message 0 /s);
    expect(await state(1, 'declined')).toMatchObject([{}, { reason: expect.stringMatching(/by a rule/) }]);
  });

  it('refuses an added file that is of no type it takes, or too large', async () => {
    await test.close();
    await begin({ accept: ['image/*', 'text/*'] });
    test.acknowledge(answer, 2);
    reinvite(withMore({ ...MORE, type: 'video/mp4' }));
    expect(kindsOf(await answered(), 3)[2]).toBe('declined');
    reinvite(withMore({ ...MORE, content: Buffer.alloc(100_001) }));
    expect(kindsOf(await answered(), 3)[2]).toBe('declined');
    const [, , large] = await state(2, 'declined');
    expect(large?.reason).toMatch(/Larger than/);
  });

  it('closes the m-line of a file that the user stops by a re-INVITE of its own (RFC 5547 §8.4)', async () => {
    test.acknowledge(answer, 2);
    await state(0, 'accepted');
    test.terminal.abort((await test.event('offer')).offer, 0);
    const own = await test.core.request('INVITE');
    const offered = own.body.toString();
    expect(versionOf(own)).toBe(versionOf(answer) + 1n);
    const media = offered.split(/^(?=m=)/m).slice(1);
    const before = answer.body
      .toString()
      .split(/^(?=m=)/m)
      .slice(1);
    expect(media[0]).toMatch(/^m=message 0 TCP\/MSRP \*\r\n/);
    expect(lineOf(media[0], 'a=file-transfer-id')).toBe(lineOf(before[0], 'a=file-transfer-id'));
    expect(media[1]).toBe(before[1]);
    test.core.answer(
      own,
      200,
      ['Contact: <sip:psa@127.0.0.1:7777>', 'Content-Type: application/sdp'],
      '',
      closed(sdp, 0),
    );
    await test.core.request('ACK');
    reinvite(closed(sdp, 0));
    expect((await answered()).body.toString()).toBe(offered);
  });

  it('sends no re-INVITE for a stopped file when the sender closes its m-line first', async () => {
    test.acknowledge(answer, 2);
    await state(0, 'accepted');
    test.terminal.abort((await test.event('offer')).offer, 0);
    reinvite(closed(sdp, 0));
    expect(kindsOf(await answered(), 2)).toEqual(['declined', 'accepted']);
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    cseq += 1;
    test.inDialog('BYE', answer, cseq);
    expect((await test.core.response()).cseq.method).toBe('BYE');
    const own = await Promise.race([test.core.request('INVITE'), Promise.resolve('none')]);
    expect(own).toBe('none');
  });
});

function filesOf(record: PushRecord | undefined): readonly FileRecord[] {
  return record?.body.kind === 'files' ? record.body.files : [];
}

function kindsOf(response: SipResponse, count: number): readonly string[] {
  return (parseAnswer(response.body.toString(), count) ?? []).map(({ kind }) => kind);
}

function versionOf({ body }: { readonly body: Buffer }): bigint {
  const parsed = parseOffer(body.toString());
  if (parsed.kind === 'bad') throw new Error(parsed.reason);
  return BigInt(parsed.offer.origin.version);
}

function lineOf(text: string | undefined, start: string): string | undefined {
  return text?.split('\r\n').find((line) => line.startsWith(start));
}

/** The m-lines of an SDP, or the SDP with another one in the place of an m-line. */
function mediaOf(sdp: string): string;
function mediaOf(sdp: string, at: number, other: string): string;
function mediaOf(sdp: string, at?: number, other?: string): string {
  const [session = '', ...media] = sdp.split(/^(?=m=)/m);
  if (at === undefined || other === undefined) return media.join('');
  return session + media.map((one, index) => (index === at ? other : one)).join('');
}

/** The SDP with port 0 on one m-line. */
function closed(sdp: string, at: number): string {
  const media = sdp.split(/^(?=m=)/m)[at + 1] ?? '';
  return mediaOf(sdp, at, media.replace(/^m=message \d+/, 'm=message 0'));
}
