import { describe, expect, it } from 'vitest';
import type { CoreBindingView, PushRecord, PushResult } from '../../src-main/ipc/contract.ts';
import { exampleOffer, exampleRecord } from '../testing/fake-bridge.ts';
import { type GuideFacts, gruuOf, progressOf, type StepId } from './gruu-guide-steps.ts';

const AT = '2026-11-21T12:00:00.000Z';
const LATER = '2026-11-21T12:00:01.000Z';
const binding = (instance: string): CoreBindingView => ({
  aor: 'sip:bob@push.test',
  contact: `sip:bob@127.0.0.1:5060;${instance}`,
  instance,
  pubGruu: `sip:bob@push.test;gr=${instance}`,
  applications: ['mms.ua'],
});
const BOTH = [binding('urn:uuid:1'), binding('urn:uuid:2')];

function result(change: Partial<PushResult>): PushResult {
  return {
    id: 'r',
    at: AT,
    method: 'MESSAGE',
    to: 'sip:bob@push.test',
    application: 'mms.ua',
    label: 'hello',
    state: 'delivered',
    code: 200,
    status: 'accepted',
    reason: 'OK',
    files: [],
    milliseconds: 12,
    ...change,
  };
}

const arrived = (terminal: string, change: Partial<PushRecord> = {}): PushRecord =>
  exampleRecord({ terminal, preview: 'hello', at: LATER, body: { kind: 'none' }, ...change });

function facts(step: StepId, change: Partial<GuideFacts> = {}): GuideFacts {
  const sent = { [step]: { result: 'r', at: AT, label: 'hello' } };
  return { bindings: BOTH, results: [result({})], records: [], sent, ...change };
}

describe('progressOf', () => {
  it.each([
    [[], 'running'],
    [[BOTH[0]], 'running'],
    [BOTH, 'held'],
  ])('register: %j', (bindings, state) => {
    const known = bindings.flatMap((one) => one ?? []);
    expect(progressOf('register', { bindings: known, results: [], records: [], sent: {} }).state).toBe(state);
  });

  it('register holds on after a terminal has left', () => {
    expect(progressOf('register', facts('aor', { bindings: [] })).state).toBe('held');
  });

  it('is ahead until something was sent', () => {
    expect(progressOf('aor', facts('gruu'))).toEqual({ state: 'ahead', arrivals: [], answer: null });
  });

  it.each<[string, StepId, Partial<GuideFacts>, string, readonly string[]]>([
    ['no answer yet', 'aor', { results: [result({ code: null, milliseconds: null })] }, 'running', []],
    ['answered, one window to come', 'aor', { records: [arrived('bob-desk')] }, 'running', ['bob-desk']],
    [
      'both',
      'aor',
      { records: [arrived('bob-desk'), arrived('bob-phone')] },
      'held',
      ['bob-desk', 'bob-phone'],
    ],
    ['the desk alone', 'gruu', { records: [arrived('bob-desk')] }, 'held', ['bob-desk']],
    [
      'the phone, too',
      'gruu',
      { records: [arrived('bob-desk'), arrived('bob-phone')] },
      'failed',
      ['bob-desk', 'bob-phone'],
    ],
    [
      'an older push',
      'gruu',
      { records: [arrived('bob-desk', { at: '2026-11-21T11:00:00.000Z' })] },
      'running',
      [],
    ],
    ['another text', 'gruu', { records: [arrived('bob-phone', { preview: 'else' })] }, 'running', []],
    ['480 and nobody', 'gone', { results: [result({ code: 480, state: 'rejected' })] }, 'held', []],
    ['200 instead', 'gone', {}, 'failed', []],
    [
      '480 for one who is there',
      'gruu',
      { results: [result({ code: 480, state: 'rejected' })] },
      'running',
      [],
    ],
  ])('%s', (_what, step, change, state, arrivals) => {
    expect(progressOf(step, facts(step, change))).toMatchObject({ state, arrivals });
  });

  it('knows a file by its name', () => {
    const label = 'push-terminal.png';
    const record = { ...exampleOffer([label]), terminal: 'bob-phone', at: LATER };
    const sent = { file: { result: 'r', at: AT, label } };
    expect(progressOf('file', facts('file', { records: [record], sent })).state).toBe('held');
  });
});

describe('gruuOf', () => {
  it.each([
    ['URN:UUID:2', 'sip:bob@push.test;gr=urn:uuid:2'],
    ['urn:uuid:3', null],
    [undefined, null],
  ])('%s', (instance, gruu) => {
    expect(gruuOf(BOTH, instance)).toBe(gruu);
  });
});
