import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistory } from '../history/history.ts';
import { newPushId } from '../history/push-id.ts';
import { exampleRecord } from '../history/test-records.ts';
import { pushRequest } from '../sip/test-core.ts';
import { RawCore } from '../sip/test-raw-core.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import { AlreadyAnswered, messageKey } from './already-answered.ts';
import { senderOf } from './checks.ts';
import type { TerminalEvent } from './events.ts';
import { readProfile } from './profile.ts';
import { Terminals } from './terminals.ts';
import { FOR_MMS, FROM_PSA } from './test-terminal.ts';

const NOW = Date.parse('2026-11-21T12:00:00.000Z');

function asked(
  fromTag = 'sender',
  callId = 'call-1',
  cseq = 7,
  sender = exampleRecord().from,
): IncomingRequest {
  const getHeaders = (name: string) => (name === 'p-asserted-identity' ? [`<${sender}>`] : []);
  return { from_tag: fromTag, call_id: callId, cseq, getHeaders } as IncomingRequest;
}

function keyAt(terminal: string, request: IncomingRequest): string {
  return messageKey(terminal, senderOf(request), request);
}

describe('AlreadyAnswered', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'answered-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** What is known after a start on a history with one push of that age. */
  async function readAfter(ageMs: number, change: object = {}, headers?: string): Promise<AlreadyAnswered> {
    const history = await openHistory(folder);
    const text =
      headers ?? pushRequest('MESSAGE', { callId: 'call-1', cseq: 7, body: 'hello' }).split('\r\n\r\n')[0];
    const at = new Date(NOW - ageMs).toISOString();
    const id = newPushId(NOW - ageMs);
    await history.add(exampleRecord({ id, at, headers: text ?? '', ...change }));
    const answered = await AlreadyAnswered.read(history, NOW);
    await history.close();
    return answered;
  }

  it('knows the pushes of the last 64 s by terminal, sender, From tag, Call-ID and CSeq', async () => {
    const answered = await readAfter(63_000);
    expect(await answered.find(keyAt('bob-desk', asked()), NOW)).toBe(true);
    expect(answered.find(keyAt('phone', asked()), NOW)).toBeUndefined();
    expect(answered.find(keyAt('bob-desk', asked('other')), NOW)).toBeUndefined();
    expect(
      answered.find(keyAt('bob-desk', asked('sender', 'call-1', 7, 'sip:mallory@push.test')), NOW),
    ).toBeUndefined();
    expect(answered.find(keyAt('bob-desk', asked('sender', 'other')), NOW)).toBeUndefined();
    expect(answered.find(keyAt('bob-desk', asked('sender', 'call-1', 8)), NOW)).toBeUndefined();
    expect(answered.find(keyAt('bob-desk', asked()), NOW + 1_001)).toBeUndefined();
  });

  it.each([
    ['older', 64_000, {}],
    ['refused', 1_000, { code: 403, state: 'refused' }],
    ['an offer', 1_000, { method: 'INVITE' }],
    ['spoilt on the disk', 1_000, { headers: 'MESSAGE' }],
  ])('knows no push that is %s', async (_name, age, change) => {
    expect((await readAfter(age, change)).find(keyAt('bob-desk', asked()), NOW)).toBeUndefined();
  });

  it('reads compact and folded header fields', async () => {
    const headers = [
      'MESSAGE sip:bob@push.test SIP/2.0',
      'v: SIP/2.0/TCP core.push.test;branch=z9hG4bK1',
      'f:',
      ' "Zoë" <sip:psa@push.test>;',
      ' tag=sender',
      't: <sip:bob@push.test>',
      'i: call-1',
      'CSeq: 7',
      ' MESSAGE',
      'l: 5',
    ];
    const answered = await readAfter(0, {}, headers.join('\r\n'));
    expect(await answered.find(keyAt('bob-desk', asked()), NOW)).toBe(true);
  });

  it('takes a time in the future, of a clock that was set back, for now', async () => {
    const answered = await readAfter(-3_600_000);
    expect(await answered.find(keyAt('bob-desk', asked()), NOW + 63_000)).toBe(true);
    expect(answered.find(keyAt('bob-desk', asked()), NOW + 64_000)).toBeUndefined();
  });

  it('knows a push that is being kept, and one that could not be kept until it is kept', async () => {
    const answered = new AlreadyAnswered();
    const key = keyAt('bob-desk', asked());
    answered.remember(key, Promise.reject(new Error('disk full')), NOW);
    expect(await Promise.all([answered.find(key, NOW), answered.find(key, NOW)])).toEqual([false, false]);
    expect(answered.find(key, NOW)).toBeUndefined();
    answered.remember(key, Promise.resolve(), NOW);
    expect(await answered.find(key, NOW)).toBe(true);
  });
});

describe('a push that comes again', () => {
  let folder: string;
  let core: RawCore;
  let terminals: Terminals;
  let events: TerminalEvent[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'again-'));
    core = await RawCore.open('tcp');
    events = [];
    await start(1);
  });

  afterEach(async () => {
    await terminals.close();
    await core.close();
    await rm(folder, { recursive: true });
  });

  async function start(registrations: number): Promise<void> {
    terminals = await Terminals.open({ dataFolder: folder, emit: (event) => events.push(event) });
    const profile = { name: 'bob-desk', aor: 'sip:bob@push.test', core: core.uri, regEvent: false };
    const read = readProfile(profile);
    if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
    (await terminals.add(read.profile)).start();
    await core.registered(registrations);
  }

  async function push(branch: string, cseq = 1, sender = FROM_PSA): Promise<number> {
    const headers = [FOR_MMS, sender, 'Content-Type: text/plain'];
    core.answers.length = 0;
    core.send(pushRequest('MESSAGE', { branch, callId: 'again', cseq, headers, body: 'once' }));
    return core.code('again');
  }

  async function keptAndShown(): Promise<readonly number[]> {
    const { total } = await terminals.history.counts();
    return [total, events.filter(({ event }) => event === 'push').length];
  }

  it.each([
    ['the same branch', 'a'],
    ['another branch', 'b'],
  ])(
    'by %s after a restart is answered 200 again, and neither kept nor shown twice',
    async (_name, branch) => {
      expect(await push('a')).toBe(200);
      await terminals.close();
      // Leaving registers once more.
      await start(3);
      expect(await push(branch)).toBe(200);
      await expect.poll(keptAndShown).toEqual([1, 1]);
      expect(await push('c', 2)).toBe(200);
      await expect.poll(keptAndShown).toEqual([2, 2]);
    },
  );

  it('with the same identifiers from another sender is a push of its own', async () => {
    expect(await push('a')).toBe(200);
    core.cut();
    await core.registered(2);
    expect(await push('b', 1, 'P-Asserted-Identity: <sip:mallory@push.test>')).toBe(200);
    await expect.poll(keptAndShown).toEqual([2, 2]);
  });

  it('on a new flow, when the first broke, is answered 200 again, and neither kept nor shown twice', async () => {
    expect(await push('a')).toBe(200);
    core.cut();
    await core.registered(2);
    expect(await push('a')).toBe(200);
    await expect.poll(keptAndShown).toEqual([1, 1]);
  });
});
