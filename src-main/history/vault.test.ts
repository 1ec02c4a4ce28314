import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Vault } from './vault.ts';

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('Vault', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vault-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('keeps the same content once, though it comes many times at once', async () => {
    const vault = await Vault.open(folder);
    const bytes = Buffer.from('hello');
    const sha256 = hashOf(bytes);
    await Promise.all(Array.from({ length: 20 }, () => vault.put(sha256, bytes)));
    await vault.put(sha256, bytes);
    expect(await readdir(join(folder, sha256.slice(0, 2)))).toEqual([sha256]);
    expect(await readdir(join(folder, 'parts'))).toEqual([]);
    expect(await vault.get(sha256, 5)).toEqual(bytes);
    expect(await vault.get(sha256, 4)).toBeNull();
  });

  it('removes content, and keeps it anew when it comes again', async () => {
    const vault = await Vault.open(folder);
    const bytes = Buffer.from('hello');
    const sha256 = hashOf(bytes);
    await vault.put(sha256, bytes);
    vault.remove(sha256);
    expect(await vault.get(sha256, 5)).toBeNull();
    await vault.put(sha256, bytes);
    expect(await vault.get(sha256, 5)).toEqual(bytes);
  });

  it('sweeps parts that a crash left, and nothing else', async () => {
    const bytes = Buffer.from('hello');
    await (await Vault.open(folder)).put(hashOf(bytes), bytes);
    await writeFile(join(folder, 'parts', 'left'), 'half');
    const vault = await Vault.open(folder);
    expect(await readdir(join(folder, 'parts'))).toEqual([]);
    expect(await vault.get(hashOf(bytes), 5)).toEqual(bytes);
  });

  it.each(['', '../../etc/passwd', 'A'.repeat(64), 'a'.repeat(63)])(
    'has no content called %j',
    async (name) => {
      const vault = await Vault.open(folder);
      expect(await vault.get(name, 5)).toBeNull();
      expect(() => vault.pathOf(name)).toThrow('Not a SHA-256');
      await expect(vault.put(name, Buffer.from('x'))).rejects.toThrow('Not a SHA-256');
    },
  );
});
