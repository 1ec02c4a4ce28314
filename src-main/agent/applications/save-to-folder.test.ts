import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { saveToFolder } from './save-to-folder.ts';
import { exampleHandover } from './test-handover.ts';

describe('saving to a folder', () => {
  const { signal } = new AbortController();
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'save-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('makes the folder, writes for the owner alone, and never overwrites', async () => {
    const deep = join(folder, 'a', 'b');
    const first = await saveToFolder(exampleHandover({ name: 'run.sh' }), deep, signal);
    expect(first).toEqual({ ok: true, title: 'Saved to folder', detail: join(deep, 'run.sh') });
    expect((await stat(first.detail)).mode & 0o777).toBe(0o600);
    const second = await saveToFolder(exampleHandover({ name: 'run.sh' }), deep, signal);
    expect(second.detail).toBe(join(deep, 'run (2).sh'));
    expect(await readFile(second.detail, 'utf8')).toBe('hello world');
    expect(await readdir(deep)).toHaveLength(2);
  });

  it('copies a file, also an empty one', async () => {
    const path = join(folder, 'source.bin');
    for (const bytes of [3_000_000, 0]) {
      const content = Buffer.alloc(bytes, 'x');
      await writeFile(path, content, { mode: 0o755 });
      const name = `${bytes}.bin`;
      const saved = await saveToFolder(
        exampleHandover({ name, content: { kind: 'file', path } }),
        folder,
        signal,
      );
      expect((await readFile(saved.detail)).equals(content)).toBe(true);
      expect((await stat(saved.detail)).mode & 0o111).toBe(0);
    }
  });

  it('says why it could not, and leaves nothing behind', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await saveToFolder(exampleHandover(), join(folder, 'file'), signal)).toMatchObject({
      ok: false,
      title: 'Not saved to folder',
    });
    const read = async () => {
      throw new Error('The content of the push was removed.');
    };
    const gone = await saveToFolder(exampleHandover({ content: { kind: 'kept', read } }), folder, signal);
    expect(gone).toMatchObject({ ok: false, detail: expect.stringContaining('was removed') });
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('stops when the terminal closes, and leaves nothing behind', async () => {
    const abort = new AbortController();
    const into = join(folder, 'in');
    const read = async () => {
      expect(await readdir(into)).toHaveLength(1);
      abort.abort();
      return Buffer.from('hello');
    };
    const saved = await saveToFolder(
      exampleHandover({ content: { kind: 'kept', read } }),
      into,
      abort.signal,
    );
    expect(saved).toEqual({
      ok: false,
      title: 'Not saved to folder',
      detail: 'The terminal was closed.',
    });
    expect(await readdir(into)).toEqual([]);
    expect(await saveToFolder(exampleHandover(), into, abort.signal)).toMatchObject({ ok: false });
  });
});
