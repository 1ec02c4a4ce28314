import { join } from 'node:path';
import Database from 'libsql';
import { openHistory } from '../../src-main/history/history.ts';
import { newPushId } from '../../src-main/history/push-id.ts';
import type { PushRecord } from '../../src-main/history/records.ts';

const ROWS_A_TRANSACTION = 5_000;
const WORDS = 5_000;
const DAY_MS = 86_400_000;
const COUNT = `INSERT INTO tally
  SELECT terminal, COUNT(*), SUM(unread), SUM(state = 'waiting'), SUM(bytes) FROM push GROUP BY terminal`;

/** Writes so many pushes of the last 30 days into a new history: texts, some offers, some refusals. */
export async function fillHistory(folder: string, rows: number): Promise<void> {
  await (await openHistory(folder)).close();
  const database = new Database(join(folder, 'history.db'));
  database.exec('PRAGMA synchronous = OFF');
  const insert = database.prepare(
    `INSERT INTO push (id, terminal, method, state, unread, bytes, record, search, timeline, application)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, '[]', ?)`,
  );
  const start = Date.now() - 30 * DAY_MS;
  for (let row = 0; row < rows; row += 1) {
    if (row % ROWS_A_TRANSACTION === 0) database.exec(row === 0 ? 'BEGIN' : 'COMMIT; BEGIN');
    const record = recordOf(row, start + Math.floor((row / rows) * 30 * DAY_MS));
    const text = `your parcel ${row} arrives ${row % 3 === 0 ? 'today' : 'tomorrow'} ${words(row)}`;
    const search = [record.from, record.application, record.callId, text].join('\n');
    const { id, terminal, method, state } = record;
    const values = [
      id,
      terminal,
      method,
      state,
      row % 4 === 0 ? 1 : 0,
      record.bytes,
      JSON.stringify(record),
      search,
    ];
    insert.run(...values, record.application);
  }
  database.exec(COUNT);
  database.exec('COMMIT');
  database.close();
}

function words(row: number): string {
  return Array.from({ length: 8 }, (_, index) => `word${(row * 7 + index * 613) % WORDS}`).join(' ');
}

function recordOf(row: number, time: number): PushRecord {
  const isOffer = row % 50 === 0;
  const isRefused = row % 97 === 0;
  return {
    id: newPushId(time),
    terminal: row % 2 === 0 ? 'bob-desk' : 'bob-phone',
    method: isOffer ? 'INVITE' : 'MESSAGE',
    at: new Date(time).toISOString(),
    application: row % 5 === 0 ? 'wml.ua' : 'mms.ua',
    from: `sip:shop${row % 100}@push.test`,
    asserted: true,
    callId: `call-${row}@127.0.0.1`,
    headers: 'MESSAGE sip:bob@push.test SIP/2.0\r\n'.padEnd(600, 'x'),
    contentType: 'text/plain',
    bytes: 120,
    preview: 'your parcel',
    state: isRefused ? 'refused' : isOffer ? 'reported' : 'received',
    code: isRefused ? 403 : 200,
    reason: null,
    read: row % 4 !== 0,
    pinned: false,
    times: 1,
    mismatch: false,
    body: isOffer
      ? { kind: 'files', sessionIdentity: 'sip:psa@127.0.0.1', sdp: 'v=0', files: [fileOf(row)], timer: null }
      : { kind: 'none' },
    references: [],
    delivery: [],
  };
}

function fileOf(row: number) {
  return {
    index: 0,
    name: row % 1000 === 0 ? `holiday ${row}.jpg` : `file ${row}.bin`,
    type: 'image/jpeg',
    bytes: 4,
    hash: null,
    disposition: 'render',
    date: null,
    state: 'verified',
    received: 4,
    path: null,
    sha1: null,
    reason: null,
    report: null,
    session: null,
    icon: null,
    known: null,
    from: 1,
    ruled: false,
    leftover: null,
  } as const;
}
