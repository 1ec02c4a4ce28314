import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type History, openHistory } from '../history/history.ts';
import type { PushRecord } from '../history/records.ts';
import { exampleRecord } from '../history/test-records.ts';
import { contentCalls } from './content-calls.ts';
import { MAX_CONTENT_BYTES } from './push-content.ts';
import { PushedPages } from './pushed-pages.ts';

const MULTIPART = [
  '--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n',
  '--b\r\nContent-Type: application/octet-stream; name="run.exe"\r\n\r\nMZ\u0090\r\n--b--\r\n',
].join('');

describe('the content of a message', () => {
  let folder: string;
  let history: History;
  let calls: ReturnType<typeof contentCalls>;
  const choosePath = vi.fn<(title: string, suggested: string) => Promise<string | null>>();
  const openPath = vi.fn<(path: string) => Promise<string>>();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'push-terminal-content-'));
    history = await openHistory(join(folder, 'history'));
    choosePath.mockReset().mockResolvedValue(join(folder, 'saved'));
    openPath.mockReset().mockResolvedValue('');
    calls = contentCalls({ history, dataFolder: folder, pages: new PushedPages(), choosePath, openPath });
  });

  afterEach(async () => {
    await history.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function keep(
    content: Buffer | string,
    contentType: string,
    change: Partial<PushRecord> = {},
  ): Promise<string> {
    const bytes = Buffer.from(content);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const record = exampleRecord({
      contentType,
      bytes: bytes.length,
      body: { kind: 'content', sha256 },
      ...change,
    });
    await history.add(record, bytes);
    return record.id;
  }

  /** A message whose content was fetched. */
  async function keepFetched(bytes: Buffer): Promise<string> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const reference = {
      place: 0,
      url: 'https://lab.test/news',
      contentType: 'application/json',
      bytes: null,
      hash: null,
      expires: null,
      received: bytes.length,
      sha256: null,
      fetchedType: 'text/plain',
      warnings: [],
      optional: false,
      problem: null,
    };
    const push = await keep('Content-Type: text/plain\r\n\r\n', 'message/external-body', {
      references: [reference],
    });
    const file = join(folder, 'fetched');
    await writeFile(file, bytes);
    const fetched = { sha256, bytes: bytes.length };
    await history.adopt(push, file, fetched, { references: [{ ...reference, sha256 }] });
    return push;
  }

  test('is unpacked as its headers say, and raw as it came', async () => {
    const bytes = gzipSync('{"a":1}');
    const headers = 'MESSAGE sip:bob@push.test SIP/2.0\r\nContent-Encoding: gzip';
    const push = await keep(bytes, 'application/json', { headers });
    expect(await calls['push.content']({ push, which: 'own' })).toMatchObject({
      kind: 'parts',
      parts: [{ contentType: 'application/json', pretty: '{\n  "a": 1\n}', saveName: 'content.json' }],
      raw: { bytes: bytes.length, text: null, hex: expect.stringMatching(/^00000000 {2}1f 8b/) },
    });
  });

  test('of several parts is raw text with its boundaries', async () => {
    const push = await keep(MULTIPART.replace('\u0090', ''), 'multipart/mixed; boundary=b');
    expect(await calls['push.content']({ push, which: 'own' })).toMatchObject({
      parts: [
        { kind: 'multipart' },
        { text: 'hello', canOpen: true },
        { runsPrograms: true, canOpen: false },
      ],
      raw: { text: MULTIPART.replace('\u0090', ''), charset: 'utf-8' },
    });
  });

  test('that was fetched has the type it came with', async () => {
    const push = await keepFetched(Buffer.from('{"a":1}'));
    expect(await calls['push.content']({ push, which: 0 })).toMatchObject({
      parts: [{ contentType: 'text/plain', text: '{"a":1}', pretty: null }],
    });
    expect(await calls['push.content']({ push, which: 'own' })).toMatchObject({
      parts: [{ kind: 'external' }],
    });
  });

  test('is null where there is none', async () => {
    const push = await keep('hello', 'text/plain');
    expect(await calls['push.content']({ push, which: 0 })).toBeNull();
    expect(await calls['push.content']({ push: 'unknown', which: 'own' })).toBeNull();
    expect(await calls['push.content']({ push: await keepFetched(Buffer.from('x')), which: 1 })).toBeNull();
  });

  test('that is too large is not shown, but saved', async () => {
    const bytes = Buffer.alloc(MAX_CONTENT_BYTES + 1, 'x');
    const push = await keepFetched(bytes);
    expect(await calls['push.content']({ push, which: 0 })).toEqual({
      kind: 'too-large',
      bytes: bytes.length,
      shownBytes: MAX_CONTENT_BYTES,
    });
    const path = await calls['push.save']({ push, which: 0, part: 0 });
    expect((await stat(path ?? '')).size).toBe(bytes.length);
    expect((await stat(path ?? '')).mode & 0o777).toBe(0o600);
  });

  test('is saved part by part, whole, for its owner alone', async () => {
    const push = await keep(MULTIPART, 'multipart/mixed; boundary=b');
    const path = await calls['push.save']({ push, which: 'own', part: 1 });
    expect(choosePath).toHaveBeenCalledWith('Save content', 'content.txt');
    expect(await readFile(path ?? '', 'utf8')).toBe('hello');
    expect((await stat(path ?? '')).mode & 0o777).toBe(0o600);
    await calls['push.save']({ push, which: 'own', part: 2 });
    expect(choosePath).toHaveBeenLastCalledWith('Save content that may run programs', 'run.exe');
    expect((await readdir(folder)).filter((name) => name.endsWith('.new'))).toEqual([]);
    await expect(calls['push.save']({ push, which: 'own', part: 3 })).rejects.toThrow('has no such part');
  });

  test('is not saved where the user thinks better of it or the disk refuses', async () => {
    const push = await keep('hello', 'text/plain');
    choosePath.mockResolvedValueOnce(null);
    expect(await calls['push.save']({ push, which: 'own', part: 0 })).toBeNull();
    choosePath.mockResolvedValueOnce(join(folder, 'missing', 'saved'));
    await expect(calls['push.save']({ push, which: 'own', part: 0 })).rejects.toThrow(
      'The content could not be saved: the folder is gone.',
    );
  });

  test('is opened as a copy in the data folder, and copies of earlier runs go', async () => {
    const push = await keep('hello', 'text/plain');
    await calls['push.open']({ push, which: 'own', part: 0 });
    const path = openPath.mock.calls[0]?.[0] ?? '';
    expect(dirname(dirname(path))).toBe(join(folder, 'opened'));
    expect(basename(path)).toBe('content.txt');
    expect(await readFile(path, 'utf8')).toBe('hello');
    await calls['push.open']({ push, which: 'own', part: 0 });
    expect(await readdir(join(folder, 'opened'))).toHaveLength(2);
    const again = contentCalls({
      history,
      dataFolder: folder,
      pages: new PushedPages(),
      choosePath,
      openPath,
    });
    await again['push.open']({ push, which: 'own', part: 0 });
    expect(await readdir(join(folder, 'opened'))).toHaveLength(1);
  });

  test('that may run programs is not opened', async () => {
    const push = await keep(MULTIPART, 'multipart/mixed; boundary=b');
    await expect(calls['push.open']({ push, which: 'own', part: 2 })).rejects.toThrow(
      'is not opened from here',
    );
    expect(openPath).not.toHaveBeenCalled();
  });

  test.each(['waiting', 'declined'] as const)('that is %s stays where it is', async (state) => {
    const push = await keep('hello', 'text/plain', { state });
    for (const name of ['push.save', 'push.open'] as const)
      await expect(calls[name]({ push, which: 'own', part: 0 })).rejects.toThrow(/waits for you|was denied/);
    expect(choosePath).not.toHaveBeenCalled();
    expect(openPath).not.toHaveBeenCalled();
  });
});
