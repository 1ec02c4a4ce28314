import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IncomingFile, sweepParts } from './incoming-file.ts';
import { listParts, type PartManifest, readPart, removePart, writeManifest } from './part-manifest.ts';
import { mangled } from './test-random.ts';

const CONTENT = Buffer.from('The quick brown fox jumps over the lazy dog');
const SHA1 = '2F:D4:E1:C6:7A:2D:28:FC:ED:84:9E:E1:BB:76:E7:39:1B:93:EB:12';
const SEED = 20_261_121;
const MANIFEST: PartManifest = {
  version: 1,
  terminal: 'bob-desk',
  push: 'push-1',
  index: 0,
  name: 'fox.txt',
  type: 'text/plain',
  size: CONTENT.length,
  sha1: SHA1,
  sender: 'sip:psa@push.test',
  callId: 'call',
  inOrder: null,
};

describe('parts that can be gone on with', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parts-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const options = () => ({ folder, name: 'fox.txt', size: CONTENT.length, manifest: MANIFEST });
  const write = async (file: IncomingFile, from: number, to: number) =>
    void (await file.write(from, CONTENT.subarray(from, to)));

  it('stay with what they are about, survive a sweep, and become the whole file', async () => {
    const file = await IncomingFile.create(options());
    await write(file, 0, 20);
    expect(await file.leave()).toBe(20);
    await sweepParts(folder, 0);
    const [part] = await listParts(folder);
    expect(part).toMatchObject({ path: file.part, manifest: MANIFEST, bytes: 20 });
    const again = await IncomingFile.resume(options(), file.part, 15);
    await write(again, 15, 43);
    const whole = await again.finish({ size: CONTENT.length, sha1: SHA1, type: 'text/plain' });
    expect(whole).toEqual({ kind: 'ok', path: join(folder, 'fox.txt'), bytes: 43, sha1: SHA1 });
    expect(await readdir(folder)).toEqual(['fox.txt']);
  });

  it('are known by their length alone after a crash, while bytes come in order', async () => {
    const file = await IncomingFile.create(options());
    await write(file, 0, 10);
    await write(file, 10, 30);
    // No farewell: what stands on disk is all there is.
    await expect.poll(async () => (await readPart(file.part))?.bytes).toBe(30);
    await file.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it('are relied on only up to the first gap', async () => {
    const file = await IncomingFile.create(options());
    await write(file, 0, 10);
    await write(file, 30, 43);
    await expect.poll(async () => (await readPart(file.part))?.manifest.inOrder).toBe(10);
    expect((await readPart(file.part))?.bytes).toBe(10);
    // Filled later, which the manifest does not learn.
    await write(file, 10, 30);
    expect(await file.leave()).toBe(10);
  });

  it('go when there is nothing in them, and when the file has another home', async () => {
    const empty = await IncomingFile.create(options());
    expect(await empty.leave()).toBe(0);
    const bad = await IncomingFile.create(options());
    await write(bad, 0, 20);
    expect(await bad.finish({ size: 43, sha1: SHA1 })).toMatchObject({ kind: 'failed', cause: 'size' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('cannot be gone on with where less is there than is asked for', async () => {
    const file = await IncomingFile.create(options());
    await write(file, 0, 20);
    await file.leave();
    await expect(IncomingFile.resume(options(), file.part, 21)).rejects.toThrow('no longer there');
    await removePart(file.part);
    await expect(IncomingFile.resume(options(), file.part, 1)).rejects.toThrow('no longer there');
  });

  it('are swept when their manifest is none, and so is what is left of a manifest', async () => {
    const name = `.incoming-${'a'.repeat(24)}.part`;
    await writeFile(join(folder, name), 'x');
    await writeFile(join(folder, `${name}.json`), '{"version":2}');
    await writeFile(join(folder, `.incoming-${'b'.repeat(24)}.part.json.new`), '{');
    expect(await listParts(folder)).toEqual([]);
    await sweepParts(folder, 0);
    expect(await readdir(folder)).toEqual([]);
  });

  it('reads whatever stands in a manifest without failing', async () => {
    const part = join(folder, `.incoming-${'c'.repeat(24)}.part`);
    await writeFile(part, CONTENT);
    await writeManifest(part, MANIFEST);
    const sample = await readFile(`${part}.json`);
    let read = 0;
    for (const bytes of mangled([sample], 1000, SEED)) {
      await writeFile(`${part}.json`, bytes);
      const found = await readPart(part);
      if (found === null) continue;
      read += 1;
      expect(found.bytes).toBeLessThanOrEqual(CONTENT.length);
    }
    expect(read).toBeGreaterThan(0);
  });
});
