import { mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type History, openHistory } from './history.ts';
import { exampleMessage, exampleOffer } from './test-records.ts';

const PUSHES = 300;
const PAGE = 4096;
const MAX_BYTES = 1024 * 1024;

describe('a damaged history', () => {
  let folder: string;
  let path: string;
  let history: History;
  const kept = new Map<string, string>();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rebuild-'));
    path = join(folder, 'history.db');
    history = await openHistory(folder);
    kept.clear();
    const writes: Promise<void>[] = [];
    for (let count = 0; count < PUSHES; count += 1) {
      const text = count % 100 === 7 ? `${count}`.padEnd(70_000, 'x') : `text ${count}`;
      const { record, content } = exampleMessage(text);
      kept.set(record.id, text);
      writes.push(history.add({ ...record, headers: 'x'.repeat(900), pinned: count === 3 }, content));
    }
    await Promise.all(writes);
    const at = '2026-11-21T12:00:00.000Z';
    const [first = ''] = kept.keys();
    await history.appendDelivery(first, [
      { at, side: 'out', ok: true, title: '200 OK', detail: '', file: null },
    ]);
    await history.add(exampleOffer({ state: 'declined' }));
    await history.close();
    // Everything is in the file itself, so that damage to it is damage.
    const database = new Database(path);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    for (const end of ['-wal', '-shm']) await rm(path + end, { force: true });
  });

  afterEach(async () => {
    await history.close();
    await rm(folder, { recursive: true });
  });

  async function texts(): Promise<readonly string[]> {
    const { records } = await history.list({ limit: 500 });
    const contents = await Promise.all(records.map((record) => history.content(record, MAX_BYTES)));
    return contents.flatMap((content) => (content === null ? [] : [content.toString()]));
  }

  async function zero(from: number, pages: number): Promise<void> {
    const file = await open(path, 'r+');
    await file.write(Buffer.alloc(pages * PAGE), 0, pages * PAGE, from * PAGE);
    await file.close();
  }

  /** Uses it until SQLite finds the damage, and opens it anew. */
  async function meet(): Promise<void> {
    history = await openHistory(folder);
    if (history.damage !== null) return;
    await expect(history.list({ limit: 500 })).rejects.toThrow(/History is damaged\. The next start/);
    await history.close();
    history = await openHistory(folder);
  }

  it('that lost a page in the middle keeps all rows of the others, with content, pin and timeline', async () => {
    const pages = (await stat(path)).size / PAGE;
    await zero(Math.floor(pages / 2), 3);
    await meet();
    const { copy, recovery } = history.damage ?? {};
    expect(copy).toContain('history.db.damaged-');
    expect(recovery?.pushes).toBeGreaterThan(PUSHES * 0.9);
    const found = new Set(await texts());
    expect([...kept.values()].filter((text) => found.has(text)).length).toBeGreaterThan(PUSHES * 0.9);
    const counts = await history.counts();
    expect(counts.total).toBe((recovery?.pushes ?? 0) + (recovery?.contents ?? 0));
    // It is sound now: nothing is put aside a second time, and it takes and finds pushes.
    const { record, content } = exampleMessage('after the damage');
    await history.add(record, content);
    await history.close();
    history = await openHistory(folder);
    expect(history.damage).toBeNull();
    expect((await history.list({ limit: 5, search: 'damage' })).records).toHaveLength(1);
    expect((await history.list({ limit: 5, search: 'is:pinned' })).records).toHaveLength(1);
    const [first = ''] = kept.keys();
    expect((await history.get(first))?.delivery.at(-1)?.title).toBe('200 OK');
  });

  it.each([0.9, 0.5])('that was cut to %d of its length keeps what is left', async (share) => {
    const { size } = await stat(path);
    await truncate(path, Math.floor((size * share) / PAGE) * PAGE);
    await meet();
    const { recovery } = history.damage ?? {};
    expect(recovery?.pushes).toBeGreaterThan(PUSHES * (share - 0.4));
    const whole = new Set(kept.values());
    expect((await texts()).filter((text) => !whole.has(text))).toEqual([]);
    // Long contents are files of the vault: all of them are there, with their push or without.
    const long = [...kept.values()].filter((text) => text.length > 60_000);
    const found = await texts();
    expect(long.filter((text) => !found.includes(text))).toEqual([]);
  });

  it('of which nothing is left has the contents of the vault, as pushes of their own', async () => {
    await writeFile(path, Buffer.alloc((await stat(path)).size, 'garbage'));
    history = await openHistory(folder);
    expect(history.damage?.recovery).toEqual({ pushes: 0, lost: null, contents: 3 });
    const { records } = await history.list({ limit: 500 });
    expect(records.map(({ terminal, preview }) => [terminal, preview])).toEqual(
      Array.from({ length: 3 }, () => ['recovered', 'Recovered content']),
    );
    expect([...new Set((await texts()).map((text) => text.length))]).toEqual([70_000]);
    expect((await readFile(history.damage?.copy ?? '')).toString('latin1', 0, 7)).toBe('garbage');
    await history.remove(records.map(({ id }) => id));
    expect((await history.counts()).total).toBe(0);
  });
});
