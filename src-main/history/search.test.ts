import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type History, openHistory } from './history.ts';
import { newPushId } from './push-id.ts';
import type { DeliveryReport, PushRecord } from './records.ts';
import { exampleMessage, exampleOffer, exampleRecord } from './test-records.ts';
import { mangledTexts } from './test-search.ts';

let folder: string;
let history: History;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'search-'));
  history = await openHistory(folder);
});
afterEach(async () => {
  await history.close();
  await rm(folder, { recursive: true });
});

describe('a search', () => {
  beforeEach(async () => {
    const hours = (count: number) => Date.now() - count * 3_600_000;
    const message = async (name: string, text: string, change: Partial<PushRecord>, age = 0) => {
      const { record, content } = exampleMessage(text);
      await history.add({ ...record, callId: name, id: newPushId(hours(age)), ...change }, content);
    };
    await message('old', 'Your parcel arrives today', { from: 'sip:shop@push.test' }, 100);
    await message(
      'wml',
      'Käse & "more"',
      { application: 'urn:x-wap-application:wml.ua', terminal: 'bob-phone' },
      3,
    );
    await message('read', 'parcel parcel', { read: true, code: 200 }, 2);
    await history.add(exampleRecord({ callId: 'no', state: 'refused', code: 403, contentType: 'image/png' }));
    await history.add(exampleOffer({ callId: 'Offer@host', from: 'sip:shop@push.test' }));
  });

  it.each([
    ['parcel', ['read', 'old']],
    ['PARC', ['read', 'old']],
    ['parcel arrives', ['old']],
    ['"arrives today"', ['old']],
    ['"today arrives"', []],
    ['kase', ['wml']],
    ['"more" käse', ['wml']],
    ['-parcel', ['Offer@host', 'no', 'wml']],
    ['parcel -arrives', ['read']],
    ['from:shop', ['Offer@host', 'old']],
    ['from:shop@push', ['Offer@host', 'old']],
    ['shop@push.test -method:invite', ['old']],
    ['app:wml', ['wml']],
    ['app:wml.ua', ['wml']],
    ['file:picture', ['Offer@host']],
    ['picture.jpg', ['Offer@host']],
    ['type:image/png', ['no']],
    ['id:offer@host', ['Offer@host']],
    ['offer@ho', ['Offer@host']],
    ['method:MESSAGE state:refused', ['no']],
    ['state:waiting', ['Offer@host']],
    ['-state:received', ['Offer@host', 'no']],
    ['code:403', ['no']],
    ['is:read', ['read']],
    ['is:unread parcel', ['old']],
    ['terminal:bob-phone', ['wml']],
    ['-terminal:bob-phone parcel', ['read', 'old']],
    ['after:2d', ['Offer@host', 'no', 'read', 'wml']],
    ['before:2d', ['old']],
    ['after:4h before:1h', ['read', 'wml']],
    ['after:soon', ['Offer@host', 'no', 'read', 'wml', 'old']],
    ['picture method:invite', ['Offer@host']],
    ['shop state:waiting', ['Offer@host']],
    ['parcel before:2d', ['old']],
    ['parcel after:2d', ['read']],
    ['code:403 psa', ['no']],
    ['nothing has this', []],
  ])('%s', async (search, expected) => {
    const { records } = await history.list({ limit: 10, search });
    expect(records.map(({ callId }) => callId)).toEqual(expected);
  });

  it('finds a message by its text and a file by a name that came later', async () => {
    const offer = exampleOffer({ callId: 'two' });
    await history.add(offer);
    await history.list({ limit: 1, search: 'anything' });
    if (offer.body.kind !== 'files') throw new Error('no files');
    const files = offer.body.files.flatMap((file) => [file, { ...file, index: 1, name: 'added.pdf' }]);
    await history.update(offer.id, { body: { ...offer.body, files } });
    const found = await history.list({ limit: 5, search: 'added' });
    expect(found.records.map(({ callId }) => callId)).toEqual(['two']);
  });

  it('finds a file by its Message-ID, and by that of a REPORT that came later', async () => {
    const offer = exampleOffer({ callId: 'sent' });
    await history.add(offer);
    await history.list({ limit: 1, search: 'anything' });
    const { body } = offer;
    if (body.kind !== 'files') throw new Error('no files');
    const report = {
      messageId: 'Dq3k9.first@psa',
      chunks: 1,
      answered: 1,
      refused: 0,
      bytes: 4,
      total: 4,
      firstAt: null,
      lastAt: null,
      asked: null,
      check: null,
      reports: [],
    };
    const say = (change: Partial<DeliveryReport>) =>
      history.update(offer.id, {
        body: { ...body, files: body.files.map((file) => ({ ...file, report: { ...report, ...change } })) },
      });
    const find = async (search: string) =>
      (await history.list({ limit: 5, search })).records.map(({ callId }) => callId);
    await say({});
    expect(await find('id:dq3k9.first@psa')).toEqual(['sent']);
    expect(await find('Dq3k9')).toEqual(['sent']);
    expect(await find('id:again77')).toEqual([]);
    const at = offer.at;
    await say({ reports: [{ at, state: 'sent', messageId: 'again77', range: '1-4/4', status: '000 200' }] });
    expect(await find('id:again77')).toEqual(['sent']);
    expect(await find('id:sent')).toEqual(['sent']);
  });

  it('finds nothing of what was removed, and what came after it', async () => {
    const found = (await history.list({ limit: 5, search: 'parcel' })).records;
    await history.remove(found.map(({ id }) => id));
    expect((await history.list({ limit: 5, search: 'parcel' })).records).toEqual([]);
    const all = (await history.list({ limit: 50 })).records;
    await history.remove(all.map(({ id }) => id));
    const { record, content } = exampleMessage('a parcel again');
    await history.add(record, content);
    expect((await history.list({ limit: 5, search: 'parcel' })).records).toHaveLength(1);
  });

  it('goes on in pages, also after the last of a page was removed', async () => {
    for (let count = 0; count < 30; count++) {
      const { record, content } = exampleMessage(`page number ${count}`);
      await history.add(record, content);
    }
    const first = await history.list({ limit: 10, search: 'page' });
    expect([first.records.length, first.more]).toEqual([10, true]);
    const last = first.records.at(-1)?.id ?? '';
    await history.remove([last]);
    const second = await history.list({ limit: 30, search: 'page', before: last });
    expect([second.records.length, second.more]).toEqual([20, false]);
    expect(second.records.every(({ id }) => id < last)).toBe(true);
  });

  it('takes any text', async () => {
    for (const search of mangledTexts(
      'from:"a b" -state:refused -word after:2026-11-20 "phrase x',
      1000,
      5,
    )) {
      await history.list({ limit: 3, search });
    }
  });

  it('tells what it did not understand', async () => {
    expect((await history.list({ limit: 1, search: 'state:odd' })).problems).toEqual([
      expect.stringMatching(/^state: takes received, /),
    ]);
  });
});
