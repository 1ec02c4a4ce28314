import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { withLock } from './lock.mjs';

const folder = mkdtempSync(join(tmpdir(), 'push-terminal-lock-'));
const file = join(folder, 'lock');
const patienceMs = 10_000;
afterAll(() => rmSync(folder, { recursive: true }));

test('one runs after the other', async () => {
  let inside = 0;
  const work = async () => {
    inside++;
    await new Promise(setImmediate);
    const together = inside;
    inside--;
    return together;
  };
  expect(await Promise.all([withLock(file, patienceMs, work), withLock(file, patienceMs, work)])).toEqual([
    1, 1,
  ]);
  expect(existsSync(file)).toBe(false);
});

test('the lock is given back when the work fails', async () => {
  const work = () => Promise.reject(new Error('no'));
  await expect(withLock(file, patienceMs, work)).rejects.toThrow('no');
  expect(existsSync(file)).toBe(false);
});

test('the lock of a process that has ended is taken over', async () => {
  const ended = spawnSync(process.execPath, ['--version']);
  writeFileSync(file, String(ended.pid));
  expect(await withLock(file, patienceMs, async () => 'done')).toBe('done');
});

test('waiting has an end', async () => {
  writeFileSync(file, String(process.pid));
  await expect(withLock(file, 0, async () => 'done')).rejects.toThrow('too long');
});
