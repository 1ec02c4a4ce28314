import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { build } from 'vite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type History, openHistory } from './history.ts';
import { exampleMessage, exampleOffer, exampleRecord } from './test-records.ts';

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

  it('keeps a push with its content and timeline over a restart', async () => {
    const { record, content } = exampleMessage('hello');
    const entry = { at: record.at, side: 'out', ok: true, title: '200 OK', detail: '', file: null } as const;
    await history.add(record, content);
    await history.appendDelivery(record.id, [entry]);
    await history.update(record.id, { read: true });
    await reopen();
    expect(await history.get(record.id)).toEqual({ ...record, read: true, delivery: [entry] });
    const sha256 = record.body.kind === 'content' ? record.body.sha256 : '';
    expect((await history.content(sha256))?.toString()).toBe('hello');
    expect(await readFile(history.contentPath(sha256), 'utf8')).toBe('hello');
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
    expect(await ids({ search: 'PICTURE 100%_' })).toEqual(['offer']);
    expect(await ids({ search: '100_' })).toEqual([]);
  });

  it('finds text of messages, counts, marks and removes', async () => {
    const { record, content } = exampleMessage('Your parcel arrives today');
    await history.add(record, content);
    expect((await history.list({ limit: 5, search: 'parcel today' })).records).toHaveLength(1);
    expect(await history.counts()).toEqual({ total: 1, unread: 1, waiting: 0, bytes: 25 });
    await history.markRead([record.id]);
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

  it('refuses a second instance on the same folder, but not the lock of a dead one', async () => {
    await expect(openHistory(folder)).rejects.toThrow(/in use by another instance/);
    await history.close();
    await writeFile(join(folder, 'lock'), '999999999');
    history = await openHistory(folder);
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
    expect(history.damagedCopy).toMatch(/history\.db\.damaged-\d+$/);
    expect((await readdir(folder)).some((name) => name.includes('damaged'))).toBe(true);
    await history.add(exampleRecord());
  });

  it('skips a row that does not parse instead of failing', async () => {
    await history.add(exampleRecord({ id: 'good' }));
    await history.add(exampleRecord({ id: 'spoilt' }));
    await history.close();
    const database = new Database(join(folder, 'history.db'));
    database.exec(`UPDATE push SET record = '{' WHERE id = 'spoilt'`);
    database.close();
    history = await openHistory(folder);
    expect((await history.list({ limit: 5 })).records.map(({ id }) => id)).toEqual(['good']);
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
          external: [/^node:/, 'libsql'],
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
      if (ids.length > 300) child.kill('SIGKILL');
    });
    await once(child, 'close');
    history = await openHistory(folder);
    const kept = await Promise.all(ids.map((id) => history.get(id)));
    expect(ids.length).toBeGreaterThan(300);
    expect(kept.filter((record) => record === null)).toEqual([]);
    const contents = await Promise.all(
      kept.map((record) => history.content(record?.body.kind === 'content' ? record.body.sha256 : '')),
    );
    expect(contents.filter((content) => content === null)).toEqual([]);
  });
});
