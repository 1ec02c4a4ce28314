import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { numberOf } from './push-row.ts';
import type { Row } from './row-pack.ts';
import { ThreadRowWriter } from './row-writer.ts';
import { HistoryBusyError, type Write, WriteQueue } from './write-queue.ts';
import { openWriter, type WriterConnection } from './writer-connection.ts';

const WAITING_WRITES = 10_000;
const WAITING_BYTES = 64 * 1024 * 1024;
const BATCH = 50;

/** Something to wait for until the test lets it go on. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** A write of rows. */
function ofRows(...rows: readonly Row[]): Write {
  return rows;
}

describe('WriteQueue', () => {
  let folder: string;
  let connection: WriterConnection;
  let executed: string[];
  let rows: ThreadRowWriter;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'write-queue-'));
    connection = await openWriter(join(folder, 'test.db'));
    await connection.exec('PRAGMA journal_mode = WAL; CREATE TABLE word (text TEXT PRIMARY KEY)');
    executed = [];
    rows = new ThreadRowWriter(join(folder, 'test.db'), [{ sql: 'INSERT INTO word VALUES (?)' }]);
  });

  afterEach(async () => {
    await rows.close();
    connection.close();
    await rm(folder, { recursive: true });
  });

  /** A queue over the connection; what it executes is written down, and `before` may hold it up or fail it. */
  function openQueue(before: (sql: string) => Promise<void> = async () => {}): Promise<WriteQueue> {
    return WriteQueue.open(
      {
        prepare: (sql) => connection.prepare(sql),
        close: () => {},
        exec: async (sql) => {
          executed.push(sql);
          await before(sql);
          await connection.exec(sql);
        },
      },
      rows,
      (error) => error,
    );
  }

  const commits = () => executed.filter((sql) => sql === 'COMMIT').length;

  function words(): readonly unknown[] {
    const database = new Database(join(folder, 'test.db'));
    const rows: readonly unknown[] = database.prepare('SELECT text FROM word ORDER BY text').pluck().all();
    database.close();
    return rows;
  }

  it('commits the writes of one turn at once, and those that come meanwhile together', async () => {
    const insert = await connection.prepare('INSERT INTO word VALUES (?)');
    const disk = gate();
    const committing = gate();
    const queue = await openQueue(async (sql) => {
      if (sql !== 'COMMIT') return;
      committing.open();
      await disk.opened;
    });
    const first = Array.from({ length: 50 }, (_unused, i) => queue.write(() => insert.run(`first ${i}`)));
    await committing.opened;
    const second = Array.from({ length: 50 }, (_unused, i) => queue.write(() => insert.run(`second ${i}`)));
    expect(words()).toHaveLength(0);
    disk.open();
    await Promise.all([...first, ...second]);
    expect([commits(), words().length]).toEqual([2, 100]);
  });

  it('bounds the writes of one transaction', async () => {
    const insert = await connection.prepare('INSERT INTO word VALUES (?)');
    const queue = await openQueue();
    await Promise.all(Array.from({ length: 1000 }, (_unused, i) => queue.write(() => insert.run(`${i}`))));
    expect([commits(), words().length]).toEqual([1000 / BATCH, 1000]);
  });

  it('writes rows and what reads in the order in which they came', async () => {
    const select = await connection.prepare('SELECT COUNT(*) AS count FROM word');
    const insert = await connection.prepare('INSERT INTO word VALUES (?)');
    const queue = await openQueue();
    const counts: number[] = [];
    const writes: Promise<void>[] = [];
    for (let round = 0; round < 20; round += 1) {
      for (let i = 0; i < 100; i += 1) writes.push(queue.write(ofRows([0, `row ${round} ${i}`])));
      writes.push(queue.write(() => counts.push(numberOf(select.get(), 'count'))));
      writes.push(queue.write(() => insert.run(`read ${round}`)));
    }
    await Promise.all(writes);
    expect(counts).toEqual(Array.from({ length: 20 }, (_unused, i) => i * 101 + 100));
    expect(words()).toHaveLength(20 * 101);
  });

  it('fails alone the rows that are wrong, wholly undone', async () => {
    const queue = await openQueue();
    const results = await Promise.allSettled([
      queue.write(ofRows([0, 'a'])),
      queue.write(ofRows([0, 'half'], [0, 'a'])),
      queue.write(ofRows([0, 'b'])),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { message: expect.stringContaining('UNIQUE') } });
    expect(words()).toEqual(['a', 'b']);
  });

  it('fails every row while the database is locked, and goes on after it', async () => {
    const queue = await openQueue();
    const other = new Database(join(folder, 'test.db'));
    other.exec('BEGIN EXCLUSIVE');
    const lost = await Promise.allSettled([queue.write(ofRows([0, 'a'])), queue.write(ofRows([0, 'b']))]);
    expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    other.close();
    await queue.write(ofRows([0, 'c']));
    expect(words()).toEqual(['c']);
  });

  it('fails the rows of a thread that died, and starts another', async () => {
    const queue = await openQueue();
    await expect(queue.write(ofRows([99, 'no such statement']))).rejects.toThrow();
    await queue.write(ofRows([0, 'a']));
    const lost = [queue.write(ofRows([0, 'b'])), queue.write(ofRows([0, 'c']))];
    await new Promise((resolve) => setImmediate(resolve));
    await rows.terminate();
    for (const result of await Promise.allSettled(lost)) {
      if (result.status === 'rejected') expect(String(result.reason)).toMatch(/History cannot write/);
    }
    await queue.write(ofRows([0, 'd']));
    expect(words()).toContain('d');
  });

  it('fails alone what is wrong, wholly undone', async () => {
    const insert = await connection.prepare('INSERT INTO word VALUES (?)');
    const queue = await openQueue();
    const results = await Promise.allSettled([
      queue.write(() => insert.run('a')),
      queue.write(() => {
        insert.run('half');
        insert.run('a');
      }),
      queue.write(() => insert.run('b')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(words()).toEqual(['a', 'b']);
  });

  it.each(['BEGIN IMMEDIATE', 'COMMIT'])(
    'fails every write when %s fails, and goes on after it',
    async (bad) => {
      const insert = await connection.prepare('INSERT INTO word VALUES (?)');
      let broken = true;
      const queue = await openQueue(async (sql) => {
        if (broken && sql === bad) throw new Error('disk full');
      });
      const lost = [queue.write(() => insert.run('a')), queue.write(() => insert.run('b'))];
      const results = await Promise.allSettled(lost);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      broken = false;
      await queue.write(() => insert.run('c'));
      expect(words()).toEqual(['c']);
    },
  );

  it('refuses what is too much at once, before anything of it is kept, and takes more later', async () => {
    const queue = await openQueue();
    const taken = Array.from({ length: WAITING_WRITES }, () => queue.write(() => {}));
    let kept = false;
    const first = async () => {
      kept = true;
    };
    await expect(queue.write(() => {}, { bytes: 1, first })).rejects.toThrow(HistoryBusyError);
    expect(kept).toBe(false);
    await Promise.all(taken);
    await queue.write(() => {});
  });

  it('counts content that is still on its way to the disk', async () => {
    const queue = await openQueue();
    const disk = gate();
    const taken = queue.write(() => {}, { bytes: WAITING_BYTES, first: () => disk.opened });
    await expect(queue.write(() => {})).rejects.toThrow(HistoryBusyError);
    disk.open();
    await taken;
    await queue.write(() => {});
  });

  it('writes nothing when its content cannot be kept', async () => {
    const insert = await connection.prepare('INSERT INTO word VALUES (?)');
    const queue = await openQueue();
    const first = () => Promise.reject(new Error('disk full'));
    await expect(queue.write(() => insert.run('a'), { bytes: 1, first })).rejects.toThrow('disk full');
    expect(words()).toEqual([]);
  });

  it('closes after what it took, content too, and takes no more', async () => {
    const insert = await connection.prepare('INSERT INTO word VALUES (?)');
    const queue = await openQueue();
    const disk = gate();
    const taken = queue.write(() => insert.run('a'), { bytes: 1, first: () => disk.opened });
    const closed = queue.close();
    await expect(queue.write(() => {})).rejects.toThrow('closed');
    disk.open();
    await Promise.all([taken, closed]);
    expect(words()).toEqual(['a']);
  });
});
