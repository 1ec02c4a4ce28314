import { createHash } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IncomingFile, sweepParts } from './incoming-file.ts';
import type { PartManifest } from './part-manifest.ts';

const CONTENT = Buffer.from('The quick brown fox jumps over the lazy dog');
const SHA1 = (createHash('sha1').update(CONTENT).digest('hex').toUpperCase().match(/../g) ?? []).join(':');

describe('IncomingFile', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'incoming-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const create = (name = 'fox.txt', size: number | null = CONTENT.length) =>
    IncomingFile.create({ folder, name, size });

  it('has a random .part name until it is whole and verified, then its own', async () => {
    const file = await create();
    await file.write(0, CONTENT.subarray(0, 10));
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^\.incoming-[0-9a-f]{24}\.part$/)]);
    await file.write(10, CONTENT.subarray(10));
    const result = await file.finish({ size: CONTENT.length, sha1: SHA1.toLowerCase() });
    expect(result).toEqual({ kind: 'ok', path: join(folder, 'fox.txt'), bytes: CONTENT.length, sha1: SHA1 });
    expect(await readFile(join(folder, 'fox.txt'))).toEqual(CONTENT);
    expect((await stat(join(folder, 'fox.txt'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['fox.txt']);
  });

  it.each([
    ['backwards', [30, 20, 10, 0]],
    ['with a gap filled late', [0, 20, 30, 10]],
    ['with parts twice', [0, 10, 10, 20, 30, 0]],
  ])('hashes what came %s', async (_name, positions) => {
    const file = await create();
    for (const at of positions) await file.write(at, CONTENT.subarray(at, at === 30 ? undefined : at + 10));
    expect(await file.finish({ size: null, sha1: SHA1 })).toMatchObject({ kind: 'ok' });
  });

  it.each([
    ['hash', { size: CONTENT.length, sha1: SHA1.replace(/^../, '00') }, /SHA-1 of what arrived/],
    ['size', { size: 7, sha1: null }, /has 43 bytes, but 7 were promised/],
  ])('keeps nothing when the %s is wrong', async (cause, expected, reason) => {
    const file = await create();
    await file.write(0, CONTENT);
    expect(await file.finish(expected)).toEqual({
      kind: 'failed',
      cause,
      reason: expect.stringMatching(reason),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['hash', { size: null, sha1: SHA1.replace(/^../, '00') }],
    ['size', { size: 7, sha1: null }],
    ['type', { size: null, sha1: SHA1, type: 'image/png' }],
  ])('keeps a file of wrong %s apart when it is asked to', async (cause, expected) => {
    const quarantine = join(folder, 'quarantine');
    const file = await IncomingFile.create({ folder, name: 'fox.txt', size: null, quarantine });
    await file.write(0, CONTENT);
    const result = await file.finish(expected);
    expect(await readdir(folder)).toEqual(['quarantine']);
    const [kept = '', ...others] = await readdir(quarantine);
    expect(kept).toMatch(/^fox\.txt\.quarantined-[0-9a-f]{4}$/);
    expect(others).toEqual([]);
    expect(result).toMatchObject({ kind: 'failed', cause, quarantined: join(quarantine, kept) });
    expect(await readFile(join(quarantine, kept))).toEqual(CONTENT);
    expect((await stat(join(quarantine, kept))).mode & 0o777).toBe(0o600);
    expect((await stat(quarantine)).mode & 0o777).toBe(0o700);
  });

  it('takes the promised hash without colons too (X-22)', async () => {
    const file = await create();
    await file.write(0, CONTENT);
    const sha1 = SHA1.replaceAll(':', '').toLowerCase();
    expect(await file.finish({ size: null, sha1 })).toMatchObject({ kind: 'ok', sha1: SHA1 });
  });

  it('never overwrites: two of one name at once get numbers', async () => {
    await writeFile(join(folder, 'fox.txt'), 'mine');
    const files = await Promise.all([create(), create()]);
    for (const file of files) await file.write(0, CONTENT);
    await Promise.all(files.map((file) => file.finish({ size: null, sha1: null })));
    expect((await readdir(folder)).sort((a, b) => a.localeCompare(b))).toEqual([
      'fox (2).txt',
      'fox (3).txt',
      'fox.txt',
    ]);
    expect(await readFile(join(folder, 'fox.txt'), 'utf8')).toBe('mine');
  });

  it('sweeps the parts of a crash, and nothing that only looks like one', async () => {
    const left = await create();
    await left.write(0, CONTENT);
    const names = ['.incoming-x.part', 'abcdef.part', 'mine.txt'];
    for (const name of names) await writeFile(join(folder, name), 'x');
    await sweepParts(folder, 60_000);
    expect(await readdir(folder)).toHaveLength(4);
    await sweepParts(folder, 0);
    expect((await readdir(folder)).sort((a, b) => a.localeCompare(b))).toEqual(
      names.sort((a, b) => a.localeCompare(b)),
    );
    await sweepParts(join(folder, 'nowhere'), 0);
    await left.discard();
  });

  it('takes an empty file', async () => {
    const file = await create('empty', 0);
    expect(await file.finish({ size: 0, sha1: null })).toMatchObject({ kind: 'ok', bytes: 0 });
  });

  it('leaves nothing behind when it cannot be begun', async () => {
    // What JSON cannot hold stands for a disk that fails.
    const manifest = { version: 1n } as unknown as PartManifest;
    await expect(IncomingFile.create({ folder, name: 'x', size: null, manifest })).rejects.toThrow(/No file/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('says what is wrong with folder and disk before anything is promised', async () => {
    await expect(create('x', Number.MAX_SAFE_INTEGER)).rejects.toThrow(/not enough room/);
  });

  it('promises no two files the same room, and gives it back when one is gone', async () => {
    const { bavail, bsize } = await statfs(folder);
    const most = Math.floor(bavail * bsize * 0.7);
    const first = await create('first', most);
    await expect(create('second', most)).rejects.toThrow(/not enough room/);
    await first.write(0, CONTENT);
    await first.discard();
    await (await create('third', most)).discard();
    await rm(folder, { recursive: true });
    await expect(create()).rejects.toThrow(/folder is gone/);
  });

  it('fails with a reason when the folder goes away meanwhile', async () => {
    const file = await create();
    await file.write(0, CONTENT);
    await rm(folder, { recursive: true });
    expect(await file.finish({ size: null, sha1: null })).toMatchObject({
      kind: 'failed',
      cause: 'disk',
      reason: expect.stringMatching(/folder is gone/),
    });
  });

  it('fails with a reason, and leaves nothing, when the disk fills up meanwhile', async () => {
    const file = await create();
    const any = await open(join(folder, 'any'), 'w');
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const write = vi.spyOn(Object.getPrototypeOf(any), 'writev').mockRejectedValue(full);
    try {
      await file.write(0, CONTENT);
      expect(await file.finish({ size: null, sha1: null })).toEqual({
        kind: 'failed',
        cause: 'disk',
        reason: 'The file could not be kept: the disk is full',
      });
    } finally {
      write.mockRestore();
      await any.close();
    }
    expect(await readdir(folder)).toEqual(['any']);
  });

  it('asks for patience when the disk is behind, and drops its part when discarded', async () => {
    const file = await create('big', null);
    const block = Buffer.alloc(2 * 1024 * 1024);
    expect(file.write(0, block)).toBeUndefined();
    expect(file.write(block.length, block)).toBeUndefined();
    const wait = file.write(2 * block.length, block);
    expect(wait).toBeInstanceOf(Promise);
    await wait;
    await file.discard();
    expect(await readdir(folder)).toEqual([]);
    expect(() => file.write(0, block)).toThrow();
  });
});
