import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { placeFile } from './place-file.ts';

// A disk that knows no links cannot be had in a test; what it answers can.
vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  link: () => Promise.reject(Object.assign(new Error('no links here'), { code: 'EPERM' })),
}));

describe('placeFile on a disk without links', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'place-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('never overwrites, also when several come at once', async () => {
    await writeFile(join(folder, 'a.txt'), 'mine');
    const parts = ['1', '2', '3', '4'].map((name) => join(folder, `${name}.part`));
    for (const part of parts) await writeFile(part, part);
    const paths = await Promise.all(parts.map((part) => placeFile(part, folder, 'a.txt')));
    expect(await Promise.all(paths.map((path) => readFile(path, 'utf8')))).toEqual(parts);
    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('mine');
    expect(await readdir(folder)).toHaveLength(5);
  });

  it('leaves no empty file behind when the move fails', async () => {
    await expect(placeFile(join(folder, 'nothing.part'), folder, 'a.txt')).rejects.toThrow(/ENOENT/);
    expect(await readdir(folder)).toEqual([]);
  });
});
