import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type History, openHistory } from '../history/history.ts';
import type { PushRecord } from '../history/records.ts';
import { exampleRecord } from '../history/test-records.ts';
import type { ProcedureEvent } from './events.ts';
import { RefusedRows } from './refused-rows.ts';

const LIMITS = { repeatMs: 60_000, rowMs: 600_000, rowsAMinute: 5, rows: 1_000, writeMs: 1 };

describe('rows of refused pushes', () => {
  let folder: string;
  let history: History;
  const events: ProcedureEvent[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'refused-'));
    history = await openHistory(folder);
    events.length = 0;
  });

  afterEach(async () => {
    await history.close();
    await rm(folder, { recursive: true });
  });

  const open = (change: Partial<typeof LIMITS> = {}) =>
    new RefusedRows(history, (event) => events.push(event), { ...LIMITS, ...change });

  const refused = (change: Partial<PushRecord> = {}) =>
    exampleRecord({ state: 'refused', code: 403, reason: 'No application.', ...change });

  async function kept(): Promise<readonly PushRecord[]> {
    return (await history.list({ limit: 100 })).records;
  }

  it('count the same refusal again, and say when for the first of them', async () => {
    const rows = open();
    for (let index = 0; index < 120; index += 1) rows.keep(refused({ callId: `call-${index}` }));
    await expect.poll(async () => (await kept())[0]?.times).toBe(120);
    const [row, ...others] = await kept();
    expect(others).toEqual([]);
    const lines = (row?.delivery ?? []).filter(({ title }) => title === 'MESSAGE received again');
    expect(lines).toHaveLength(20);
    expect(lines[0]?.detail).toBe('403 sent, Call-ID call-1');
  });

  it('are written with their count at the latest when they are closed', async () => {
    const rows = open({ writeMs: 1_000_000 });
    rows.keep(refused());
    rows.keep(refused());
    rows.close();
    await expect.poll(async () => (await kept())[0]?.times).toBe(2);
  });

  it('are of one sender, application and cause each', async () => {
    const rows = open();
    rows.keep(refused());
    rows.keep(refused({ from: 'sip:eve@push.test' }));
    rows.keep(refused({ application: 'wml.ua' }));
    rows.keep(refused({ code: 415, reason: 'No type.' }));
    await expect.poll(async () => (await kept()).length).toBe(4);
  });

  it('begin anew some time after the last, after their own time, and once they were removed', async () => {
    for (const change of [{ repeatMs: -1 }, { rowMs: -1 }]) {
      const rows = open(change);
      rows.keep(refused());
      rows.keep(refused());
    }
    await expect.poll(async () => (await kept()).length).toBe(4);
    const rows = open();
    const first = refused();
    rows.keep(first);
    await expect.poll(async () => (await kept()).length).toBe(5);
    await history.remove([first.id]);
    rows.removed([first.id]);
    rows.keep(refused());
    await expect.poll(async () => (await kept()).length).toBe(5);
  });

  it('are one for all beyond so many a minute', async () => {
    const rows = open();
    for (let index = 0; index < 50; index += 1) rows.keep(refused({ from: `sip:eve${index}@push.test` }));
    await expect.poll(async () => (await kept())[0]?.times).toBe(45);
    const [rest, ...others] = await kept();
    expect(others).toHaveLength(5);
    expect(rest?.reason).toMatch(/^More pushes were refused than .* No application\.$/);
  });

  it('hold little of what their sender wrote', async () => {
    const long = 'x'.repeat(65_000);
    const delivery = [
      { at: '', side: 'in', ok: true, title: 'MESSAGE received', detail: long, file: null },
    ] as const;
    const [application, from, callId, contentType, reason] = [long, long, long, long, long];
    open().keep(
      refused({ headers: long, application, from, callId, contentType, reason, delivery: [...delivery] }),
    );
    await expect.poll(async () => (await kept()).length).toBe(1);
    const [row] = await kept();
    expect(row?.headers).toMatch(/x\n… 60904 more characters, not kept$/);
    expect(JSON.stringify(row).length).toBeLessThan(7_000);
  });

  it('go when there are too many, the oldest first', async () => {
    const times = { rowsAMinute: 1_000, rows: 3 };
    const rows = open(times);
    for (let index = 0; index < 100; index += 1) rows.keep(refused({ from: `sip:eve${index}@push.test` }));
    await expect.poll(async () => (await kept()).length).toBe(100);
    rows.keep(refused({ from: 'sip:last@push.test' }));
    await expect.poll(async () => (await kept()).length).toBeLessThanOrEqual(4);
    expect((await kept()).map(({ from }) => from)).toContain('sip:last@push.test');
    expect(events.filter(({ event }) => event === 'error')).toEqual([]);
  });
});
