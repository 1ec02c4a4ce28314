import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import Database from 'libsql';
import { build } from 'vite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type History, HistoryBusyError, openHistory } from './history.ts';
import type { ReferenceRecord } from './records.ts';
import { exampleMessage, exampleOffer, exampleRecord } from './test-records.ts';
import { writeVersion1 } from './test-version-1.ts';

const MAX_BYTES = 1024 * 1024;

/** Content of 7 bytes that was fetched. */
const FETCHED = {
  url: 'https://lab.test/a',
  contentType: null,
  bytes: 7,
  hash: null,
  expires: null,
  received: 7,
  sha256: 'f'.repeat(64),
  fetchedType: null,
  warnings: [],
} as const;

function pending(reference: Partial<ReferenceRecord>, place: number): ReferenceRecord {
  const known = { ...FETCHED, optional: false, problem: null, ...reference };
  return { ...known, place, received: 0, sha256: null };
}

describe('History', () => {
  let folder: string;
  let history: History;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'history-'));
    history = await openHistory(folder);
  });

  afterEach(async () => {
    await history.close();
    await rm(folder, { recursive: true });
  });

  async function reopen(): Promise<void> {
    await history.close();
    history = await openHistory(folder);
  }

  it('counts the messages of a terminal that wait, and lists them with the offers that do', async () => {
    const [held, other] = [
      exampleRecord({ state: 'waiting' }),
      exampleRecord({ terminal: 'b', state: 'waiting' }),
    ];
    const offer = exampleOffer();
    for (const record of [held, other, offer, exampleRecord()]) await history.add(record);
    expect(history.waitingMessages('bob-desk')).toBe(1);
    const needed = await history.list({ terminal: 'bob-desk', filter: 'needs-you', limit: 9 });
    expect(needed.records.map(({ id }) => id)).toEqual([offer.id, held.id]);
    expect((await history.counts()).waiting).toBe(3);
    await history.update(held.id, { state: 'received' });
    expect(history.waitingMessages('bob-desk')).toBe(0);
  });

  it('keeps a push with its content and timeline over a restart', async () => {
    const { record, content } = exampleMessage('hello');
    const entry = { at: record.at, side: 'out', ok: true, title: '200 OK', detail: '', file: null } as const;
    await history.add(record, content);
    await history.appendDelivery(record.id, [entry]);
    await history.update(record.id, { read: true });
    await reopen();
    expect(await history.get(record.id)).toEqual({ ...record, read: true, delivery: [entry] });
    expect((await history.content(record, 5))?.toString()).toBe('hello');
    expect(await history.content(record, 4)).toBeNull();
    expect(await readFile((await history.contentPath(record, content)) ?? '', 'utf8')).toBe('hello');
  });

  it('gets a push with the writes that were taken before, though nobody awaited them', async () => {
    const { record, content } = exampleMessage('hello');
    const line = {
      at: record.at,
      side: 'in',
      ok: true,
      title: 'BYE received',
      detail: '',
      file: null,
    } as const;
    const added = history.add(record, content);
    expect(await history.get(record.id)).toEqual(record);
    const writes = [
      history.appendDelivery(record.id, [line]),
      history.update(record.id, { state: 'failed' }),
    ];
    expect(await history.get(record.id)).toMatchObject({ state: 'failed', delivery: [line] });
    const again = expect(history.add(record, content)).rejects.toThrow(/UNIQUE/);
    expect(await history.get(record.id)).toMatchObject({ state: 'failed' });
    await Promise.all([added, ...writes, again]);
  });

  it('commits a burst in groups, and fails only the row that is wrong', async () => {
    const records = Array.from({ length: 500 }, () => exampleRecord());
    const twice = records[7] ?? exampleRecord();
    const results = await Promise.allSettled([...records, twice].map((record) => history.add(record)));
    expect(results.filter((result) => result.status === 'rejected')).toHaveLength(1);
    expect((await history.counts()).total).toBe(500);
  });

  it('lists newest first in stable pages, by terminal, filter and words', async () => {
    const records = [];
    for (let i = 0; i < 25; i += 1) {
      const record = exampleRecord({
        id: `id-${String(i).padStart(2, '0')}`,
        terminal: i % 2 === 0 ? 'a' : 'b',
      });
      records.push(record);
      await history.add(record);
    }
    const first = await history.list({ limit: 10 });
    expect(first.records.map(({ id }) => id)).toEqual(
      records
        .slice(15)
        .reverse()
        .map(({ id }) => id),
    );
    expect(first.more).toBe(true);
    const rest = await history.list({ limit: 50, before: first.records.at(-1)?.id ?? null });
    expect([rest.records.length, rest.more]).toEqual([15, false]);
    expect((await history.list({ limit: 50, terminal: 'a' })).records).toHaveLength(13);
    await history.add(exampleOffer({ id: 'offer', from: 'sip:100%_real@push.test' }));
    await history.add(exampleRecord({ id: 'refused', state: 'refused', code: 403 }));
    const ids = async (query: object) =>
      (await history.list({ limit: 50, ...query })).records.map(({ id }) => id);
    expect(await ids({ filter: 'needs-you' })).toEqual(['offer']);
    expect(await ids({ filter: 'files' })).toEqual(['offer']);
    expect(await ids({ filter: 'refused' })).toEqual(['refused']);
    expect(await ids({ filter: 'messages' })).toHaveLength(25);
    await history.mark(
      records.slice(2).map(({ id }) => id),
      { read: true },
    );
    expect(await ids({ filter: 'unread' })).toEqual(['refused', 'offer', 'id-01', 'id-00']);
    expect(await ids({ filter: 'unread', terminal: 'a' })).toEqual(['id-00']);
    expect(await ids({ search: 'PICTURE 100%_' })).toEqual(['offer']);
    expect(await ids({ search: 'icture' })).toEqual([]);
  });

  it('finds text of messages, counts, marks and removes', async () => {
    const { record, content } = exampleMessage('Your parcel arrives today');
    await history.add(record, content);
    expect((await history.list({ limit: 5, search: 'parcel today' })).records).toHaveLength(1);
    expect(await history.counts()).toEqual({ total: 1, unread: 1, waiting: 0, bytes: 25 });
    await history.mark([record.id], { read: true });
    expect((await history.counts()).unread).toBe(0);
    await history.remove([record.id]);
    expect((await history.counts()).total).toBe(0);
    await expect(history.update(record.id, { read: true })).resolves.toBeUndefined();
  });

  it('fails offers that a crash left open, and says why', async () => {
    await history.add(exampleOffer({ id: 'o' }));
    await reopen();
    const offer = await history.get('o');
    expect(offer).toMatchObject({ state: 'failed', reason: expect.stringMatching(/closed during/) });
    expect(offer?.delivery.at(-1)?.title).toBe('Interrupted');
    expect(offer?.body.kind === 'files' && offer.body.files[0]?.state).toBe('failed');
  });

  it('fails only files that were still open when the app was closed', async () => {
    const offer = exampleOffer({ id: 'o', state: 'receiving' });
    const states = ['offered', 'accepted', 'receiving', 'verified', 'declined', 'failed', 'aborted'] as const;
    if (offer.body.kind !== 'files') throw new Error('An offer has files.');
    const [file] = offer.body.files;
    if (file === undefined) throw new Error('An offer has a file.');
    const files = states.map((state, index) => ({ ...file, index, state }));
    await history.add({ ...offer, body: { ...offer.body, files } });
    await reopen();
    const body = (await history.get('o'))?.body;
    expect(body?.kind === 'files' && body.files.map(({ state }) => state)).toEqual([
      'failed',
      'failed',
      'failed',
      'verified',
      'declined',
      'failed',
      'aborted',
    ]);
  });

  it('keeps delivery report states, MSRP sessions and session timers over a restart; older rows have none', async () => {
    const offer = exampleOffer({ id: 'new' });
    if (offer.body.kind !== 'files') throw new Error('An offer has files.');
    const at = '2026-11-21T12:00:00.000Z';
    const report = {
      messageId: 'm',
      chunks: 2,
      answered: 3,
      refused: 0,
      bytes: 4,
      total: 4,
      firstAt: at,
      lastAt: at,
      asked: { success: true, failure: 'partial' },
      check: { at, result: 'matches' },
      reports: [{ at, state: 'owed', messageId: 'm', range: '1-4/4', status: '000 200' }],
    } as const;
    const session = {
      localPath: 'msrps://127.0.0.1:2855/a;tcp',
      remotePath: 'msrps://127.0.0.1:9/b;tcp',
      setup: 'passive',
      peer: '127.0.0.1:40000',
      fingerprint: 'sha-256 AA',
      peerFingerprints: ['sha-256 BB'],
    } as const;
    const timer = { seconds: 600, refresher: 'us', at } as const;
    const files = offer.body.files.map((file) => ({ ...file, state: 'verified' as const, report, session }));
    const body = { ...offer.body, timer, files };
    await history.add({ ...offer, state: 'completed', body });
    const [old = files[0]] = offer.body.files;
    const { report: _report, session: _session, ...older } = old ?? {};
    const { timer: _timer, ...olderBody } = { ...offer.body, files: [older] };
    await history.add({ ...offer, id: 'old', state: 'completed', body: olderBody as typeof body });
    await reopen();
    expect((await history.get('new'))?.body).toEqual(body);
    expect((await history.get('old'))?.body).toMatchObject({
      timer: null,
      files: [{ report: null, session: null }],
    });
  });

  it('keeps large content in the vault until the last push that has it is removed', async () => {
    const { record, content } = exampleMessage('x'.repeat(64 * 1024 + 1));
    const twin = { ...record, id: 'twin' };
    const small = exampleMessage('small');
    await Promise.all([history.add(record, content), history.add(twin, content)]);
    await history.add(small.record, small.content);
    const path = (await history.contentPath(record, content)) ?? '';
    const copy = (await history.contentPath(small.record, small.content)) ?? '';
    await history.remove([record.id, small.record.id]);
    expect(await readFile(path)).toEqual(content);
    expect(await history.content(twin, MAX_BYTES)).toEqual(content);
    await expect(readFile(copy)).rejects.toThrow('ENOENT');
    expect(await history.content(small.record, MAX_BYTES)).toBeNull();
    await history.remove(['twin']);
    await expect(readFile(path)).rejects.toThrow('ENOENT');
    await history.add(record, content);
    expect(await history.content(record, MAX_BYTES)).toEqual(content);
  });

  it('keeps no file for a push that was removed before it could be adopted', async () => {
    const record = exampleRecord();
    await history.add(record);
    await history.remove([record.id]);
    const file = join(folder, 'fetched');
    await writeFile(file, 'too late');
    const sha256 = createHash('sha256').update('too late').digest('hex');
    await history.adopt(record.id, file, { sha256, bytes: 8 }, { state: 'received' });
    await expect(readFile(join(folder, 'vault', sha256.slice(0, 2), sha256))).rejects.toThrow(/ENOENT/);
  });

  it('keeps several contents of one push, the same one twice, until it is removed', async () => {
    const record = exampleRecord({ references: [FETCHED, FETCHED, FETCHED].map(pending) });
    await history.add(record);
    let { references } = record;
    for (const [index, text] of ['one', 'two', 'one'].entries()) {
      const file = join(folder, `fetched-${index}`);
      await writeFile(file, text);
      const sha256 = createHash('sha256').update(text).digest('hex');
      references = references.map((one, at) => (at === index ? { ...one, sha256, received: 3 } : one));
      await history.adopt(record.id, file, { sha256, bytes: 3 }, { references });
    }
    const texts = await Promise.all(references.map(async (one) => String(await history.fetched(one, 9))));
    expect(texts).toEqual(['one', 'two', 'one']);
    expect(history.fetchedBytes(record.terminal)).toBe(6);
    await history.remove([record.id]);
    expect(history.fetchedBytes(record.terminal)).toBe(0);
    expect(references.map((one) => existsSync(history.fetchedPath(one) ?? ''))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('leaves no file of what is adopted while its push is removed', async () => {
    for (let round = 0; round < 40; round += 1) {
      const record = exampleRecord({ references: [pending({}, 0)] });
      await history.add(record);
      const sha256 = createHash('sha256').update(`round ${round}`).digest('hex');
      const file = join(folder, `fetched-${round}`);
      await writeFile(file, `round ${round}`);
      const references = record.references.map((one) => ({ ...one, sha256 }));
      const adopting = history.adopt(record.id, file, { sha256, bytes: 8 }, { references });
      // What is fetched at the same time writes of the same push.
      await history.update(record.id, { read: true });
      for (let turn = 0; turn < round % 20; turn += 1) await nextTurn();
      await Promise.all([history.remove([record.id]), adopting]);
      expect(references.map((one) => existsSync(history.fetchedPath(one) ?? ''))).toEqual([false]);
    }
  });

  it('counts without a scan what is added, changed and removed', async () => {
    await history.add(exampleOffer({ id: 'a' }));
    await history.add(exampleRecord({ id: 'b', body: { kind: 'none' } }));
    expect(await history.counts()).toEqual({ total: 2, unread: 2, waiting: 1, bytes: 0 });
    await history.update('a', { state: 'declined', read: true });
    expect(await history.counts()).toEqual({ total: 2, unread: 1, waiting: 0, bytes: 0 });
    await history.remove(['b', 'b', 'never was']);
    expect(await history.counts()).toEqual({ total: 1, unread: 0, waiting: 0, bytes: 0 });
  });

  it('takes over the data of version 1', async () => {
    const other = await mkdtemp(join(tmpdir(), 'history-'));
    const { record, content } = exampleMessage('kept by version 1');
    const sha256 = record.body.kind === 'content' ? record.body.sha256 : '';
    const shelf = join(other, 'vault', sha256.slice(0, 2));
    await mkdir(shelf, { recursive: true });
    await writeFile(join(shelf, sha256), content);
    await writeFile(join(other, 'lock'), String(process.pid));
    writeVersion1(join(other, 'history.db'), [
      record,
      // Versions before 9 kept one reference at most, under another name.
      Object.assign({ ...record, id: 'twin' }, { reference: FETCHED, references: undefined }),
      exampleOffer({ id: 'offer' }),
    ]);
    await history.close();
    history = await openHistory(other);
    expect(await history.get(record.id)).toEqual(record);
    expect(await history.content(record, MAX_BYTES)).toEqual(content);
    expect(await history.get('offer')).toMatchObject({ state: 'failed' });
    expect(await history.counts()).toEqual({ total: 3, unread: 3, waiting: 0, bytes: 2 * content.length });
    expect((await history.list({ limit: 5, search: 'psa', filter: 'files' })).records).toHaveLength(1);
    expect(await history.applicationCounts('bob-desk')).toEqual([
      { application: 'mms.ua', total: 3, unread: 3 },
    ]);
    expect(history.fetchedBytes('bob-desk')).toBe(7);
    expect((await history.get('twin'))?.references).toEqual([
      { ...FETCHED, place: 0, optional: false, problem: null },
    ]);
    await history.remove([record.id]);
    expect(await readdir(shelf)).toEqual([sha256]);
    await history.remove(['twin']);
    expect(history.fetchedBytes('bob-desk')).toBe(0);
    expect(await readdir(shelf)).toEqual([]);
    await rm(folder, { recursive: true });
    folder = other;
  });

  it('writes nothing of a push for which it is too busy', async () => {
    const taken = Array.from({ length: 10_000 }, () => history.update('nobody', { read: true }));
    const { record, content } = exampleMessage('x'.repeat(64 * 1024 + 1));
    await expect(history.add(record, content)).rejects.toThrow(HistoryBusyError);
    await Promise.all(taken);
    const path = (await history.contentPath(record, content)) ?? '';
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });

  it('keeps no files of small content where nobody reads by path', async () => {
    await history.close();
    history = await openHistory(folder, { contentFiles: false });
    const { record, content } = exampleMessage('hello');
    await history.add(record, content);
    expect(await history.contentPath(record, content)).toBeNull();
    expect((await history.content(record, MAX_BYTES))?.toString()).toBe('hello');
  });

  it('refuses a second instance on the same folder until the first is closed', async () => {
    await expect(openHistory(folder)).rejects.toThrow(/in use by another instance/);
    await reopen();
  });

  it('counts and lists by application, whose spellings are one', async () => {
    const spellings = ['mms.ua', 'urn:x-wap-application:MMS.ua', 'wml.ua', null];
    for (const application of spellings) await history.add(exampleRecord({ application }));
    const [read] = (await history.list({ application: 'wml.ua', limit: 9 })).records;
    await history.mark([read?.id ?? ''], { read: true });
    await history.add(exampleRecord({ terminal: 'other' }));
    expect(await history.applicationCounts('bob-desk')).toEqual([
      { application: '', total: 1, unread: 1 },
      { application: 'mms.ua', total: 2, unread: 2 },
      { application: 'wml.ua', total: 1, unread: 0 },
    ]);
    const listed = await history.list({ terminal: 'bob-desk', application: 'MMS.ua', limit: 9 });
    expect(listed.records.map(({ application }) => application)).toEqual([spellings[1], spellings[0]]);
  });

  it('refuses the data of a newer version', async () => {
    await history.close();
    const database = new Database(join(folder, 'history.db'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(openHistory(folder)).rejects.toThrow(/newer version/);
    const other = await mkdtemp(join(tmpdir(), 'history-'));
    history = await openHistory(other);
    await rm(folder, { recursive: true });
    folder = other;
  });

  it('puts a damaged database aside and begins a new one', async () => {
    await history.close();
    await writeFile(join(folder, 'history.db'), Buffer.alloc(8192, 7));
    await Promise.all(['-wal', '-shm'].map((end) => rm(join(folder, `history.db${end}`), { force: true })));
    history = await openHistory(folder);
    expect(history.damage?.copy).toMatch(/history\.db\.damaged-\d+$/);
    expect((await readdir(folder)).some((name) => name.includes('damaged'))).toBe(true);
    await history.add(exampleRecord());
  });

  it.each<[problem: string, spoil: (path: string) => Promise<() => void>]>([
    [
      'locked',
      async (path) => {
        const database = new Database(path);
        database.exec('CREATE TABLE other (x); BEGIN EXCLUSIVE');
        return () => database.close();
      },
    ],
    [
      'not a file',
      async (path) => {
        await mkdir(path);
        return () => {};
      },
    ],
  ])('does not take a database for damaged that is %s', async (_problem, spoil) => {
    const other = await mkdtemp(join(tmpdir(), 'history-'));
    const release = await spoil(join(other, 'history.db'));
    await expect(openHistory(other)).rejects.toThrow();
    expect((await readdir(other)).filter((name) => name.includes('damaged'))).toEqual([]);
    release();
    await rm(other, { recursive: true });
  });

  it('skips and counts rows that do not parse, and fills the page with others', async () => {
    for (let i = 0; i < 10; i += 1) await history.add(exampleRecord({ id: `id-${i}` }));
    await history.close();
    const database = new Database(join(folder, 'history.db'));
    database.exec(`UPDATE push SET record = '{' WHERE id >= 'id-4'`);
    database.close();
    history = await openHistory(folder);
    const page = await history.list({ limit: 3 });
    expect([page.records.map(({ id }) => id), page.more]).toEqual([['id-3', 'id-2', 'id-1'], true]);
    const last = await history.list({ limit: 3, before: 'id-1' });
    expect([last.records.map(({ id }) => id), last.more]).toEqual([['id-0'], false]);
    expect(await history.get('id-9')).toBeNull();
    expect(history.unreadable).toBe(6);
  });

  it('keeps every push it resolved when the process is killed in a burst', async () => {
    await history.close();
    // Inside the project, so that the bundle finds libsql.
    const outDir = join(import.meta.dirname, '../../node_modules/.cache/history-test');
    await build({
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: true,
        outDir,
        rolldownOptions: {
          input: join(import.meta.dirname, 'history.ts'),
          external: [/^node:/, /^libsql/],
          output: { entryFileNames: 'history.mjs' },
        },
      },
      ssr: { noExternal: ['zod'] },
    });
    const script = join(import.meta.dirname, 'burst.fixture.mjs');
    const child = spawn(process.execPath, [script, join(outDir, 'history.mjs'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ids: string[] = [];
    let tail = '';
    child.stdout.on('data', (bytes: Buffer) => {
      const lines = (tail + bytes.toString()).split('\n');
      tail = lines.pop() ?? '';
      ids.push(...lines);
    });
    const ended = once(child, 'close');
    try {
      await once(child.stdout, 'data');
      await expect(openHistory(folder)).rejects.toThrow(/in use by another instance/);
      while (ids.length <= 300) await once(child.stdout, 'data');
    } finally {
      child.kill('SIGKILL');
    }
    await ended;
    history = await openHistory(folder);
    const kept = await Promise.all(ids.map((id) => history.get(id)));
    expect(ids.length).toBeGreaterThan(300);
    expect(kept.filter((record) => record === null)).toEqual([]);
    const contents = await Promise.all(
      kept.map((record) => (record === null ? null : history.content(record, MAX_BYTES))),
    );
    expect(contents.filter((content) => content === null)).toEqual([]);
  });

  it('finds verified files by their hash, until their push is removed', async () => {
    const sha1 = Array.from({ length: 20 }, () => 'AB').join(':');
    const offer = exampleOffer({ id: 'known' });
    await history.add(offer);
    expect(history.verifiedFiles(sha1)).toEqual([]);
    const { body } = offer;
    if (body.kind !== 'files') throw new Error('no files');
    const done = { state: 'verified', sha1, path: '/files/picture.jpg', received: 4 } as const;
    const files = body.files.map((file) => ({ ...file, ...done }));
    await history.update('known', { state: 'completed', body: { ...body, files } });
    const found = { terminal: offer.terminal, at: offer.at, path: '/files/picture.jpg', bytes: 4 };
    expect(history.verifiedFiles(sha1)).toEqual([found]);
    await reopen();
    expect(history.verifiedFiles(sha1)).toEqual([found]);
    await history.remove(['known']);
    expect(history.verifiedFiles(sha1)).toEqual([]);
  });
});
