import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { FileRecord, PushRecord } from '../history/records.ts';
import { RawPeer, sendText } from '../msrp/test-peer.ts';
import type { SipResponse } from '../sip/message.ts';
import { connectTo, offerOf, TestTerminal } from './test-terminal.ts';

/** Takes longer to hash than a connection takes to be noticed as gone. */
const BIG = { name: 'big.jpg', content: Buffer.alloc(30_000_000, 'ffd8ffe0', 'hex'), type: 'image/jpeg' };
const PICTURE = { name: 'picture.jpg', content: Buffer.alloc(20_000, 'ffd8ffe0', 'hex'), type: 'image/jpeg' };

describe('the delivery report state of a transfer', () => {
  let test: TestTerminal;
  let answer: SipResponse;
  let sdp: string;

  async function begin(offered: typeof PICTURE): Promise<void> {
    sdp = offerOf([offered]);
    test = await TestTerminal.open({ files: { decide: 'accept' } });
    test.invite([], {
      sdp,
      headers: [
        'Accept-Contact: *;+g.oma.pusheventapp="mms.ua"',
        'P-Asserted-Identity: <sip:psa@push.test>',
        'Supported: timer',
        'Session-Expires: 600;refresher=uac',
      ],
    });
    answer = await test.core.response();
  }

  afterEach(() => test.close());

  const fileOf = ({ body }: PushRecord): FileRecord | undefined =>
    body.kind === 'files' ? body.files[0] : undefined;

  /** The file's record, once it is as wanted. */
  async function file(fits: (file: FileRecord) => boolean): Promise<FileRecord> {
    const { record } = await test.event('push-changed', (event) => {
      const found = fileOf(event.record);
      return found !== undefined && fits(found);
    });
    const found = fileOf(record);
    if (found === undefined) throw new Error('no file');
    return found;
  }

  function accepted() {
    return test.acknowledge(answer, 1)[0];
  }

  it('tells chunks, bytes, what was asked, the check and the REPORT, with their times, and is kept', async () => {
    await begin(PICTURE);
    const sender = await connectTo(accepted(), { chunkSize: 2000 });
    const { content } = PICTURE;
    const outcome = await sender.send({
      contentType: 'image/jpeg',
      total: content.length,
      source: Readable.from([content]),
      messageId: 'message',
    });
    expect(outcome.kind).toBe('delivered');
    const { report, session } = await file(({ report: state }) => state?.reports.length === 1);
    expect(report).toMatchObject({
      chunks: 10,
      refused: 0,
      bytes: 20_000,
      total: 20_000,
      asked: { success: true, failure: 'yes' },
      check: { result: 'matches' },
      reports: [{ state: 'sent', messageId: 'message', range: '1-20000/20000', status: '000 200' }],
    });
    expect(report?.answered).toBeGreaterThanOrEqual(10);
    const times = [report?.firstAt, report?.lastAt, report?.check?.at, report?.reports[0]?.at];
    expect(times).toEqual([...times].sort((a, b) => (a ?? '').localeCompare(b ?? '')));
    expect(session).toMatchObject({ setup: 'passive', fingerprint: null, peerFingerprints: [] });
    expect(session?.localPath).toMatch(/^msrp:\/\/127\.0\.0\.1:\d+\/\S+;tcp$/);
    expect(session?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    test.inDialog('BYE', answer, 2);
    const { offer } = await test.event('ended');
    const kept = await test.history.get(offer);
    if (kept === null) throw new Error('nothing was kept');
    expect(fileOf(kept)?.report).toEqual(report);
    expect(kept.body).toMatchObject({ timer: { seconds: 600, refresher: 'peer' } });
    sender.close();
  });

  it('owes the REPORT while there is no connection, and sends it over the next one (RFC 4975 §5.4)', async () => {
    await begin(BIG);
    const path = accepted();
    const to = path?.kind === 'accepted' ? (path.path[0] ?? '') : '';
    const port = Number(/:(\d+)\//.exec(to)?.[1]);
    const { content } = BIG;
    const half = content.length / 2;
    const part = (from: number) => content.subarray(from, from + half).toString('latin1');
    const total = content.length;
    const fields = { to, type: 'image/jpeg', success: 'yes', id: 'bigfile1' };
    const first = await RawPeer.connect(port);
    // The end first: the file is hashed once it is whole, and until then nothing can be reported.
    first.write(
      sendText({ ...fields, tid: 'tid1', range: `${half + 1}-${total}/${total}`, body: part(half) }),
    );
    expect(await first.said()).toBe('200 tid1');
    first.write(sendText({ ...fields, tid: 'tid2', range: `1-${half}/${total}`, body: part(0), flag: '+' }));
    expect(await first.said()).toBe('200 tid2');
    first.socket.resetAndDestroy();
    const owed = await test.event('report-owed');
    expect(owed).toMatchObject({ index: 0, range: `1-${total}/${total}`, status: '000 200' });
    expect((await file(({ state }) => state === 'verified')).report).toMatchObject({
      asked: { success: true },
    });
    const waiting = await file(({ report }) => report?.reports.length === 1);
    expect(waiting.report?.reports).toMatchObject([{ state: 'owed', messageId: 'bigfile1' }]);
    expect(test.events.some(({ event }) => event === 'report')).toBe(false);

    test.inDialog('INVITE', answer, 2, { sdp: sdp.replace(/sender0/g, 'again') });
    const moved = await test.core.response();
    expect(moved.code).toBe(200);
    test.inDialog('ACK', answer, 2);
    const second = await RawPeer.connect(port);
    second.write(sendText({ to, tid: 'tid3', type: null, body: null }));
    expect([await second.said(), await second.said()]).toEqual([
      '200 tid3',
      `REPORT bigfile1 1-${total}/${total} 200`,
    ]);
    expect(await test.event('report')).toMatchObject({ messageId: 'bigfile1', status: '000 200' });
    const told = await file(({ report }) => report?.reports[0]?.state === 'sent');
    expect(told.report?.reports).toHaveLength(1);
    expect(told.state).toBe('verified');
    expect((await test.reached('reported')).delivery.map(({ title }) => title)).toEqual(
      expect.arrayContaining(['REPORT 000 200 owed, not sent', 'REPORT 000 200']),
    );
    second.close();
  });

  it('counts what was refused after the user stopped the file', async () => {
    await begin(BIG);
    const path = accepted();
    const to = path?.kind === 'accepted' ? (path.path[0] ?? '') : '';
    const peer = await RawPeer.connect(Number(/:(\d+)\//.exec(to)?.[1]));
    const chunk = { to, type: 'image/jpeg', id: 'message', flag: '+', failure: 'yes' };
    const { content } = BIG;
    peer.write(sendText({ ...chunk, tid: 'tid1', range: `1-4/${content.length}`, body: 'pppp' }));
    expect(await peer.said()).toBe('200 tid1');
    await file(({ state }) => state === 'receiving');
    test.terminal.abort((await test.event('offer')).offer, 0);
    peer.write(sendText({ ...chunk, tid: 'tid2', range: `5-8/${content.length}`, body: 'pppp' }));
    expect(await peer.said()).toBe('413 tid2');
    const { report } = await file((one) => one.report?.refused === 1);
    expect(report).toMatchObject({
      answered: 1,
      chunks: 1,
      bytes: 4,
      asked: { success: false },
      reports: [],
    });
    peer.close();
  });
});
