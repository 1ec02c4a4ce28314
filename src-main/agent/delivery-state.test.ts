import { describe, expect, it } from 'vitest';
import type { ByteRange } from '../msrp/message.ts';
import type { MsrpReceiverEvent } from '../msrp/receiver.ts';
import { DeliveryState, MAX_REPORTS } from './delivery-state.ts';

const RANGE: ByteRange = { start: 1, end: 8, total: 8 };

function chunk(received: number, chunks: number, successReport = true): MsrpReceiverEvent {
  return {
    kind: 'chunk',
    messageId: 'm',
    received,
    total: 8,
    chunks,
    successReport,
    failureReport: 'partial',
  };
}

function report(kind: 'reportSent' | 'reportOwed', messageId = 'm', status = 200): MsrpReceiverEvent {
  return { kind, messageId, range: RANGE, status };
}

function stateAfter(...events: readonly MsrpReceiverEvent[]) {
  const state = new DeliveryState();
  for (const event of events) state.follow(event);
  return state.report;
}

describe('the delivery report state of a file', () => {
  it('begins with nothing', () => {
    expect(stateAfter()).toEqual({
      messageId: null,
      chunks: 0,
      answered: 0,
      refused: 0,
      bytes: 0,
      total: null,
      firstAt: null,
      lastAt: null,
      asked: null,
      check: null,
      reports: [],
    });
  });

  it('counts chunks, bytes and answers, and says what was asked for', () => {
    const state = stateAfter(chunk(4, 1), { kind: 'answered', count: 1 }, chunk(8, 2), {
      kind: 'answered',
      count: 2,
    });
    expect(state).toMatchObject({
      messageId: 'm',
      chunks: 2,
      answered: 2,
      bytes: 8,
      total: 8,
      asked: { success: true, failure: 'partial' },
    });
    expect(Date.parse(state.lastAt ?? '')).toBeGreaterThanOrEqual(Date.parse(state.firstAt ?? ''));
  });

  it('counts errors', () => {
    const refused = { kind: 'refused', messageId: 'm', code: 413, reason: 'stopped' } as const;
    expect(stateAfter(chunk(4, 1), refused, refused).refused).toBe(2);
  });

  it('remembers each REPORT with range, status and time', () => {
    const [one] = stateAfter(report('reportSent')).reports;
    expect(one).toMatchObject({ state: 'sent', messageId: 'm', range: '1-8/8', status: '000 200' });
    expect(Date.parse(one?.at ?? '')).not.toBeNaN();
  });

  it('owes one until it is sent', () => {
    expect(stateAfter(report('reportOwed')).reports.map(({ state }) => state)).toEqual(['owed']);
    expect(stateAfter(report('reportOwed'), report('reportSent')).reports.map(({ state }) => state)).toEqual([
      'sent',
    ]);
    const others = stateAfter(
      report('reportOwed'),
      report('reportSent', 'other'),
      report('reportSent', 'm', 413),
    );
    expect(others.reports.map(({ state }) => state)).toEqual(['owed', 'sent', 'sent']);
  });

  it('keeps the latest of many', () => {
    const many = Array.from({ length: 100 }, (_unused, at) => report('reportSent', `m${at}`));
    const { reports } = stateAfter(...many);
    expect(reports).toHaveLength(MAX_REPORTS);
    expect(reports.at(-1)?.messageId).toBe('m99');
  });

  it.each(['matches', 'no-hash', 'failed'] as const)('says when the file was checked: %s', (result) => {
    const state = new DeliveryState();
    state.checked(result);
    expect(state.report.check).toMatchObject({ result });
  });
});
