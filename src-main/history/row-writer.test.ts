import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Row, RowPack } from './row-pack.ts';
import { ThreadRowWriter } from './row-writer.ts';

let folder: string;
let database: Database.Database;
let writer: ThreadRowWriter;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'row-writer-'));
  const path = join(folder, 'test.db');
  database = new Database(path);
  database.exec(`PRAGMA journal_mode = WAL; CREATE TABLE word (text TEXT PRIMARY KEY, value);
    CREATE TABLE total (kind TEXT PRIMARY KEY, count INTEGER, bytes INTEGER);`);
  writer = new ThreadRowWriter(path, [
    { sql: 'INSERT INTO word VALUES (?, ?)' },
    {
      sql: `INSERT INTO total VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET count = count + excluded.count, bytes = bytes + excluded.bytes`,
      sums: true,
    },
  ]);
});

afterEach(async () => {
  await writer.close();
  database.close();
  await rm(folder, { recursive: true });
});

function write(...writes: readonly (readonly Row[])[]): Promise<readonly (Error | null)[]> {
  const pack = new RowPack();
  const bytes = writes.reduce((sum, rows) => sum + pack.add(rows), 0);
  return writer.write(pack, writes.length, bytes);
}

const words = () => database.prepare('SELECT text, value FROM word ORDER BY rowid').all();
const totals = () => database.prepare('SELECT kind, count, bytes FROM total ORDER BY kind').all();

describe('ThreadRowWriter', () => {
  it('writes values as they are', async () => {
    const values = ['', 'a'.repeat(200_000), 'grüße 🎉', 0, -1.5, 2 ** 53 - 1, null, Buffer.alloc(0)];
    const blob = Buffer.from([0, 255, 128, 10]);
    await write(...[...values, blob].map((value, index): readonly Row[] => [[0, `k${index}`, value]]));
    const found = words().map((row) => Object.values(row as object)[1]);
    expect(found.slice(0, 7)).toEqual(values.slice(0, 7));
    expect(found.slice(7).map((bytes) => Buffer.from(bytes as Buffer))).toEqual([Buffer.alloc(0), blob]);
  });

  it('adds up what is summed, once for each first value', async () => {
    await write(
      [
        [0, 'a', 1],
        [1, 'x', 1, 10],
      ],
      [
        [0, 'b', 1],
        [1, 'x', 1, 20],
      ],
      [[1, 'y', 1, 5]],
    );
    await write([[1, 'x', 1, 3]]);
    expect(totals()).toEqual([
      { kind: 'x', count: 3, bytes: 33 },
      { kind: 'y', count: 1, bytes: 5 },
    ]);
  });

  it('sums nothing of a write that fails, which fails alone', async () => {
    const failed = await write(
      [
        [0, 'a', 1],
        [1, 'x', 1, 1],
      ],
      [
        [0, 'c', 1],
        [1, 'x', 1, 1],
      ],
      [
        [1, 'x', 1, 100],
        [0, 'a', 2],
      ],
      [
        [0, 'b', 1],
        [1, 'x', 1, 1],
      ],
    );
    expect(failed.map((error) => error?.message ?? null)).toEqual([
      null,
      null,
      expect.stringContaining('UNIQUE'),
      null,
    ]);
    expect(words()).toHaveLength(3);
    expect(totals()).toEqual([{ kind: 'x', count: 3, bytes: 3 }]);
  });
});

describe('RowPack', () => {
  it('gives back what was put in, however much waits', async () => {
    const pack = new RowPack();
    const texts = Array.from({ length: 3_000 }, (_, index) => `${index} ${'x'.repeat(index % 900)}`);
    const sizes: number[] = [];
    let taken = 0;
    for (const [index, text] of texts.entries()) {
      sizes.push(pack.add([[0, text, index]]));
      // Some are taken while others wait.
      if (index % 7 !== 0) continue;
      const first = sizes.slice(taken, taken + 3);
      await writer.write(
        pack,
        first.length,
        first.reduce((sum, size) => sum + size, 0),
      );
      taken += first.length;
    }
    const rest = sizes.slice(taken);
    await writer.write(
      pack,
      rest.length,
      rest.reduce((sum, size) => sum + size, 0),
    );
    expect(words()).toEqual(texts.map((text, value) => ({ text, value })));
  });
});
