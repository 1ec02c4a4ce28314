import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findText } from './find.ts';
import { SEGMENT_BYTES } from './segment.ts';
import { MAX_SIP_BYTES } from './sip-tap.ts';
import { Summaries } from './summaries.ts';
import { CALL, INVITE, MESSAGE_403, SIP_FLOW, traceOfFilePush, UDP_FLOW } from './test-trace.ts';
import { Trace } from './trace.ts';

const textsOf = (trace: Trace) => [...trace.from(1)].map(({ kept }) => kept.toString('latin1'));

function summariesOf(trace: Trace) {
  const summaries = new Summaries();
  return [...trace.from(1)].map((record) => summaries.of(record));
}

describe('Trace', () => {
  it('tells of a file push in words, all of it linked to its call', () => {
    const told = summariesOf(traceOfFilePush());
    expect(told.map(({ direction, title, note }) => `${direction} ${title} | ${note}`)).toEqual([
      'out Ping | ',
      'in INVITE sip:bob@push.test | 1 file · mms.ua',
      'out 200 OK (SDP) | INVITE · recvonly · port 34567',
      'in ACK sip:bob@10.0.0.7 | ',
      'in SEND 1-30/60 | Success-Report: yes',
      'out 200 OK | ',
      'in SEND 31-60/60 $ | Success-Report: yes',
      'out 200 OK | ',
      'out REPORT 1-60/60 | Status: 000 200 OK',
      'in BYE sip:bob@10.0.0.7 | ',
      'out 200 OK | BYE',
    ]);
    expect(new Set(told.slice(1).map(({ callId }) => callId))).toEqual(new Set([CALL]));
    expect(told.filter(({ error }) => error)).toEqual([]);
    expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).sort((a, b) => a - b));
    expect(told[4]).toMatchObject({ messageId: 'm1', local: '10.0.0.7:34567', remote: '10.0.0.9:7654' });
  });

  it('marks failures, and over UDP repetitions', () => {
    const trace = new Trace();
    const flow = trace.sip('bob-desk')(UDP_FLOW);
    flow.message('in', INVITE);
    flow.message('in', INVITE);
    flow.message('out', MESSAGE_403);
    const told = summariesOf(trace);
    expect(told.map(({ note }) => note.startsWith('repeated'))).toEqual([false, true, false]);
    expect(told.map(({ error }) => error)).toEqual([false, false, true]);
  });

  it('masks credentials before it keeps anything, and keeps no more than the limit', () => {
    const trace = new Trace();
    const flow = trace.sip('bob-desk')(SIP_FLOW);
    flow.message('out', 'REGISTER sip:a SIP/2.0\r\nAuthorization: Digest response="SECRET"\r\n\r\n');
    flow.message('in', `MESSAGE sip:a SIP/2.0\r\n\r\n${'x'.repeat(100_000)}`);
    const [register, message] = [...trace.from(1)];
    expect(register?.kept.toString()).toContain('response="***"');
    expect(message?.kept.length).toBe(MAX_SIP_BYTES);
    expect(message).toMatchObject({ bytes: 100_025, elided: 100_025 - MAX_SIP_BYTES });
  });

  it('forgets the oldest beyond its size, and tells what is left', async () => {
    const trace = new Trace(null, { keep: false, megabytes: 16 });
    const flow = trace.sip('bob-desk')(SIP_FLOW);
    const long = `MESSAGE sip:a SIP/2.0\r\n\r\n${'x'.repeat(60_000)}`;
    for (let count = 0; count < 400; count += 1) flow.message('in', long);
    const { first, last, bytes } = trace.state;
    expect(bytes).toBe(16 * SEGMENT_BYTES);
    expect(last).toBe(400);
    expect(trace.get(first)?.id).toBe(first);
    expect(trace.get(first - 1)).toBeNull();
    expect([...trace.from(1)].length).toBe(last - first + 1);
    await trace.clear();
    expect([...trace.from(1)]).toEqual([]);
    flow.message('in', INVITE);
    expect(trace.state).toMatchObject({ first: 401, last: 401 });
  });

  it('records nothing while it is paused', () => {
    const trace = new Trace();
    const flow = trace.sip('bob-desk')(SIP_FLOW);
    trace.setRecording(false);
    flow.message('in', INVITE);
    expect(trace.state.last).toBe(0);
    trace.setRecording(true);
    flow.message('in', INVITE);
    expect(trace.state.last).toBe(1);
  });

  it('finds text in any case of letters', async () => {
    const trace = traceOfFilePush();
    expect(await findText(trace.from(1), 'MESSAGE-id: M1')).toEqual([5, 7, 9]);
    expect(await findText(trace.from(6), 'message-id: m1')).toEqual([7, 9]);
  });
});

describe('Trace of a data folder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trace-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is there again after a restart only where the user says so', async () => {
    const first = await Trace.open(folder);
    first.sip('bob-desk')(SIP_FLOW).message('in', INVITE);
    await first.close();
    expect(await readdir(folder)).toEqual([]);
    const second = await Trace.open(folder);
    await second.change({ keep: true, megabytes: 16 });
    second.sip('bob-desk')(SIP_FLOW).message('in', INVITE);
    await second.close();
    const third = await Trace.open(folder);
    expect(third.state).toMatchObject({ keep: true, megabytes: 16, first: 1, last: 1 });
    third.sip('bob-desk')(SIP_FLOW).message('out', MESSAGE_403);
    expect(textsOf(third)).toEqual([INVITE, MESSAGE_403]);
    await third.close();
    const fourth = await Trace.open(folder);
    expect(textsOf(fourth)).toEqual([INVITE, MESSAGE_403]);
    await fourth.change({ keep: false, megabytes: 16 });
    expect(await readdir(join(folder, 'trace'))).toEqual([]);
    await fourth.close();
    expect((await Trace.open(folder)).state.last).toBe(0);
  });
});
