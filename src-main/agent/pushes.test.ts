import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PushRecord } from '../history/records.ts';
import { exampleRecord } from '../history/test-records.ts';
import { pushRequest } from '../sip/test-core.ts';
import { MAX_REFERENCES } from './judge-content.ts';
import type { ProfileInput } from './profile.ts';
import { FOR_MMS, FROM_PSA, TestTerminal } from './test-terminal.ts';

const PICTURE = Buffer.from('a picture, or so it says');
const SHA1 = createHash('sha1').update(PICTURE).digest('hex');
const SHA256 = createHash('sha256').update(PICTURE).digest('hex');
const ALLOW = { indirection: 'allow', allowPrivateAddresses: true, allowHttp: true } as const;

describe('messages after their 200', () => {
  let test: TestTerminal;
  const closers: (() => unknown)[] = [];

  afterEach(async () => {
    await test.close();
    for (const close of closers.splice(0)) await close();
  });

  /** A real web server; answers its URL and how often it was asked. */
  async function serve(listener: RequestListener) {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      listener(request, response);
    });
    closers.push(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/picture`, asked };
  }

  const picture = () =>
    serve((_request, response) => response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(PICTURE));

  async function open(settings: Partial<ProfileInput>): Promise<void> {
    test = await TestTerminal.open(settings);
  }

  async function push(headers: readonly string[], body: string): Promise<number> {
    test.core.send(pushRequest('MESSAGE', { headers: [FOR_MMS, FROM_PSA, ...headers], body }));
    return (await test.core.response()).code;
  }

  function refer(
    url: string,
    parameters = `hash="${SHA1}"; size=${PICTURE.length}`,
    contentId = 'one@push.test',
  ) {
    const type = `message/external-body; access-type="URL"; expiration="Fri, 01 Jan 2100 00:00:00 GMT"; URL="${url}"; ${parameters}`;
    const inner = `Content-Type: image/jpeg\r\nContent-Disposition: render\r\nContent-ID: <${contentId}>\r\n\r\n`;
    return push([`Content-Type: ${type}`], inner);
  }

  const stored = async (id: string): Promise<PushRecord> => {
    const record = await test.history.get(id);
    if (record === null) throw new Error('not kept');
    return record;
  };

  const fetchedOf = async (record: PushRecord, index = 0): Promise<Buffer | null> => {
    const reference = record.references[index];
    return reference === undefined ? null : test.history.fetched(reference, 1_000);
  };

  it('waits where a rule asks, and is told of once it is allowed', async () => {
    await open({ trust: { rules: [{ sender: 'sip:psa@push.test', decide: 'ask' }] } });
    expect(await push(['Content-Type: text/plain'], 'hello')).toBe(200);
    const asks = await test.event('asks');
    expect(asks).toMatchObject({ application: 'mms.ua', from: 'sip:psa@push.test', url: null });
    expect(test.events.some(({ event }) => event === 'push')).toBe(false);
    expect(await stored(asks.push)).toMatchObject({ state: 'waiting', code: 200 });
    await test.terminal.allow(asks.push);
    const told = await test.event('push');
    expect(told.push).toBe(asks.push);
    expect(await stored(asks.push)).toMatchObject({ state: 'received', reason: null });
    await expect(test.terminal.allow(asks.push)).rejects.toThrow('no longer waits');
  });

  it('is done with once denied', async () => {
    await open({ trust: { rules: [{ decide: 'ask' }] } });
    await push(['Content-Type: text/plain'], 'hello');
    const { push: id } = await test.event('asks');
    await test.terminal.deny(id);
    expect(await stored(id)).toMatchObject({ state: 'declined', reason: 'Denied by the user.' });
    await expect(test.terminal.deny(id)).rejects.toThrow('no longer waits');
    expect(test.events.some(({ event }) => event === 'push')).toBe(false);
  });

  it('takes one answer alone, also when several come at once', async () => {
    await open({ trust: { rules: [{ decide: 'ask' }] } });
    await push(['Content-Type: text/plain'], 'hello');
    const { push: id } = await test.event('asks');
    const answers = await Promise.allSettled([
      test.terminal.allow(id),
      test.terminal.allow(id),
      test.terminal.deny(id),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(test.events.filter(({ event }) => event === 'push')).toHaveLength(1);
    expect(await stored(id)).toMatchObject({ state: 'received', reason: null });
  });

  it('is not answered by the terminal of another', async () => {
    await open({ trust: { rules: [{ decide: 'ask' }] } });
    const record = exampleRecord({ terminal: 'other', state: 'waiting' });
    await test.history.add(record);
    await expect(test.terminal.allow(record.id)).rejects.toThrow('no longer waits');
    await expect(test.terminal.deny(record.id)).rejects.toThrow('no longer waits');
  });

  it('gets 403 where a rule denies, and leaves no content', async () => {
    await open({ trust: { rules: [{ type: 'text/*', decide: 'deny' }] } });
    expect(await push(['Content-Type: text/plain'], 'hello')).toBe(403);
    expect((await test.reached('refused')).reason).toMatch(/A rule of the profile denies/);
  });

  it('has its content fetched, checked and kept (RFC 4483)', async () => {
    const { url, asked } = await picture();
    await open({ content: ALLOW });
    expect(await refer(url)).toBe(200);
    const told = await test.event('push');
    expect(told).toMatchObject({ contentType: 'image/jpeg', bytes: PICTURE.length });
    expect(await readFile(told.path ?? '')).toEqual(PICTURE);
    const record = await stored(told.push);
    expect(record).toMatchObject({ state: 'received', references: [{ url, received: PICTURE.length }] });
    expect(await fetchedOf(record)).toEqual(PICTURE);
    expect(asked).toEqual(['/picture']);
    expect(await readdir(join(test.folder, 'fetched'))).toEqual([]);
  });

  /** A message with a text and a reference to each of these. */
  function referToAll(urls: readonly string[], kind = 'mixed', inner = 'Content-Type: image/jpeg\r\n\r\n') {
    const type = (url: string) =>
      `message/external-body; access-type=URL; expiration="Fri, 01 Jan 2100 00:00:00 GMT"; URL="${url}"`;
    const parts = urls.map((url) => `--b\r\nContent-Type: ${type(url)}\r\n\r\n${inner}\r\n`);
    const body = `--b\r\n\r\nhello\r\n${parts.join('')}--b--\r\n`;
    return push([`Content-Type: multipart/${kind}; boundary=b`], body);
  }

  it('has all of its contents fetched where there are several (RFC 4483 §5.11)', async () => {
    const { url, asked } = await picture();
    await open({ content: ALLOW });
    expect(await referToAll([`${url}/1`, `${url}/2`, `${url}/3`])).toBe(200);
    const told = await test.event('push');
    expect(told.fetched).toMatchObject(
      [1, 2, 3].map((number) => ({ url: `${url}/${number}`, bytes: PICTURE.length })),
    );
    for (const { path } of told.fetched ?? []) expect(await readFile(path)).toEqual(PICTURE);
    expect(told.path).toBe(told.fetched?.[0]?.path);
    const record = await stored(told.push);
    expect(record).toMatchObject({ state: 'received', preview: 'hello' });
    expect(await Promise.all([0, 1, 2].map((index) => fetchedOf(record, index)))).toEqual([
      PICTURE,
      PICTURE,
      PICTURE,
    ]);
    expect(new Set(asked)).toEqual(new Set(['/picture/1', '/picture/2', '/picture/3']));
    expect(test.events.filter(({ event }) => event === 'push')).toHaveLength(1);
  });

  it('has each of its contents saved under a name of its own', async () => {
    const { url } = await picture();
    const folder = await mkdtemp(join(tmpdir(), 'handed-'));
    closers.push(() => rm(folder, { recursive: true }));
    await open({ content: ALLOW, handlers: [{ application: 'mms.ua', action: { kind: 'folder', folder } }] });
    await referToAll([`${url}/a.jpg`, `${url}/b.jpg?c=d`]);
    await vi.waitFor(() => expect(test.events.filter(({ event }) => event === 'handed')).toHaveLength(2));
    expect(new Set(await readdir(folder))).toEqual(new Set(['a.jpg', 'b.jpg']));
  });

  it('keeps what could be fetched of several, and asks again only for what could not', async () => {
    let isThere = false;
    const { url, asked } = await serve((request, response) => {
      if (request.url?.endsWith('/2') && !isThere) response.writeHead(404).end();
      else response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(PICTURE);
    });
    await open({ content: ALLOW });
    await referToAll([`${url}/1`, `${url}/2`, `${url}/3`]);
    const failed = await test.event('push-failed');
    expect(failed.reason).toMatch(/^1 of 3 contents could not be fetched\. .*404/);
    const half = await stored(failed.push);
    expect(half.references.map(({ sha256, problem }) => [sha256 !== null, problem !== null])).toEqual([
      [true, false],
      [false, true],
      [true, false],
    ]);
    expect(half.delivery.find(({ title }) => title === 'Content not fetched')?.detail).toContain(
      `${url}/2: `,
    );
    isThere = true;
    asked.length = 0;
    await test.terminal.allow(failed.push);
    const told = await test.event('push');
    expect(told.fetched).toHaveLength(3);
    expect(asked).toEqual(['/picture/2']);
    expect(await stored(told.push)).toMatchObject({ state: 'received', reason: null });
    expect((await stored(told.push)).references.map(({ problem }) => problem)).toEqual([null, null, null]);
  });

  it('has the last of its alternatives fetched, and no other (RFC 2046 §5.1.4)', async () => {
    const { url, asked } = await picture();
    await open({ content: ALLOW });
    await referToAll([`${url}/1`, `${url}/2`], 'alternative');
    const told = await test.event('push');
    expect(told.fetched).toMatchObject([{ url: `${url}/2` }]);
    expect(asked).toEqual(['/picture/2']);
  });

  it('fails when the terminal is closed before all of it came, and can be tried again', async () => {
    const waiting: (() => void)[] = [];
    const { url } = await serve((_request, response) => {
      waiting.push(() => response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(PICTURE));
    });
    await open({ content: ALLOW });
    await referToAll(Array.from({ length: MAX_REFERENCES }, (_, index) => `${url}/${index}`));
    await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(0));
    for (const answer of waiting.splice(0)) answer();
    const leaving = test.core.request('REGISTER').then((request) => test.core.answer(request, 200));
    await Promise.all([leaving, test.terminal.close()]);
    expect(test.events.filter(({ event }) => event === 'error')).toEqual([]);
    expect(await readdir(join(test.folder, 'fetched'))).toEqual([]);
    const { records } = await test.history.list({ limit: 1 });
    const record = await stored(records[0]?.id ?? '');
    expect(record.state).toBe('failed');
    expect(record.reason).toMatch(/^\d+ of 16 contents could not be fetched/);
    expect(test.events.some(({ event }) => event === 'push')).toBe(false);
  });

  it('is fetched no more once it is removed, whatever of it is on its way', async () => {
    const waiting: (() => void)[] = [];
    const { url } = await serve((_request, response) => {
      waiting.push(() => response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(PICTURE));
    });
    await open({ content: ALLOW });
    await referToAll([`${url}/1`, `${url}/2`]);
    await vi.waitFor(() => expect(waiting).toHaveLength(2));
    const { records } = await test.history.list({ limit: 1 });
    const id = records[0]?.id ?? '';
    waiting[0]?.();
    await vi.waitFor(async () => expect((await stored(id)).references[0]?.sha256).not.toBeNull());
    await test.history.remove([id]);
    test.terminal.removed([id]);
    await vi.waitFor(async () => expect(await readdir(join(test.folder, 'fetched'))).toEqual([]));
    expect(test.history.fetchedBytes(records[0]?.terminal ?? '')).toBe(0);
  });

  it('is not fetched twice under one Content-ID, and goes with the last push that has it (RFC 4483 §5.6)', async () => {
    const { url, asked } = await picture();
    await open({ content: ALLOW });
    await refer(url);
    const first = await test.event('push');
    await refer(url);
    const second = await test.event('push', ({ push: id }) => id !== first.push);
    expect(asked).toHaveLength(1);
    await test.history.remove([first.push]);
    expect(await fetchedOf(await stored(second.push))).toEqual(PICTURE);
    await test.history.remove([second.push]);
    await expect(readFile(second.path ?? '')).rejects.toThrow(/ENOENT/);
    await refer(url, undefined, 'two@push.test');
    await test.event('push', ({ push: id }) => id !== first.push && id !== second.push);
    expect(asked).toHaveLength(2);
  });

  it('is asked for where the profile asks, and fetched when allowed', async () => {
    const { url, asked } = await picture();
    await open({ content: { ...ALLOW, indirection: 'ask' } });
    expect(await refer(url)).toBe(200);
    const asks = await test.event('asks');
    expect(asks.url).toBe(url);
    expect(asked).toEqual([]);
    await test.terminal.allow(asks.push);
    await test.event('push');
    expect(asked).toHaveLength(1);
  });

  it.each<[string, Partial<NonNullable<ProfileInput['content']>>, string, number]>([
    ['indirection is denied', { indirection: 'deny' }, '', 415],
    ['its inner type is not taken', { accept: ['message/external-body', 'text/plain'] }, '', 415],
    ['it says it is too large', { maxBytes: 10 }, `; size=${PICTURE.length}`, 513],
  ])('is refused before its 200 where %s', async (_name, content, parameters, code) => {
    const { url, asked } = await picture();
    await open({ content: { ...ALLOW, ...content } });
    expect(await refer(url, `hash="${SHA1}"${parameters}`)).toBe(code);
    expect(asked).toEqual([]);
  });

  it.each<[string, string | null, Partial<NonNullable<ProfileInput['content']>>, RegExp]>([
    ['the hash is wrong', `hash="${'0'.repeat(40)}"`, {}, /SHA-1/],
    ['http is not allowed', null, { allowHttp: false }, /http/i],
    ['private addresses are not allowed', null, { allowPrivateAddresses: false }, /address/i],
  ])(
    'says clearly that it failed when %s, and can be tried again',
    async (_name, parameters, content, words) => {
      const { url } = await picture();
      await open({ content: { ...ALLOW, ...content } });
      expect(await refer(url, parameters ?? undefined)).toBe(200);
      const failed = await test.event('push-failed');
      expect(failed.reason).toMatch(words);
      expect(await stored(failed.push)).toMatchObject({ state: 'failed', code: 200 });
      expect(await readdir(join(test.folder, 'fetched'))).toEqual([]);
      await test.terminal.allow(failed.push);
      await expect.poll(() => test.events.filter(({ event }) => event === 'push-failed').length).toBe(2);
    },
  );

  it('is not fetched beyond what the profile lets it keep, says so, and is once there is room', async () => {
    const { url, asked } = await picture();
    await open({ content: { ...ALLOW, maxTotalBytes: PICTURE.length + 5 } });
    await refer(url);
    const first = await test.event('push');
    expect(test.history.fetchedBytes('bob-desk')).toBe(PICTURE.length);
    // Whether the size is promised or only found out.
    for (const [id, parameters] of [
      ['two', undefined],
      ['three', ''],
    ] as const) {
      await refer(url, parameters, id);
      const failed = await test.event('push-failed', ({ push: one }) => one !== first.push);
      expect(failed).toMatchObject({ cause: 'quota', reason: expect.stringMatching(/maxTotalBytes/) });
      expect(await stored(failed.push)).toMatchObject({ state: 'failed', reason: failed.reason });
      test.events.length = 0;
    }
    expect(asked).toHaveLength(2);
    expect(await readdir(join(test.folder, 'fetched'))).toEqual([]);
    const { records } = await test.history.list({ limit: 10 });
    await test.history.remove([first.push]);
    expect(test.history.fetchedBytes('bob-desk')).toBe(0);
    await test.terminal.allow(records[0]?.id ?? '');
    await test.event('push');
  });

  it('counts content that several pushes refer to once', async () => {
    const { url } = await picture();
    await open({ content: ALLOW });
    await refer(url);
    await test.event('push');
    test.events.length = 0;
    await refer(url);
    await test.event('push');
    expect(test.history.fetchedBytes('bob-desk')).toBe(PICTURE.length);
  });

  it('is no longer fetched for once it is removed', async () => {
    let closed = false;
    let begun = false;
    const { url } = await serve((request, response) => {
      request.socket.once('close', () => {
        closed = true;
      });
      begun = true;
      response.writeHead(200, { 'Content-Type': 'image/jpeg' }).write('the beginning');
    });
    await open({ content: ALLOW });
    await refer(url, '');
    const { id } = await test.reached('receiving');
    await expect.poll(() => begun).toBe(true);
    await test.history.remove([id]);
    test.terminal.removed([id]);
    await expect.poll(() => closed).toBe(true);
    await expect.poll(() => readdir(join(test.folder, 'fetched'))).toEqual([]);
    expect(test.events.some(({ event }) => event === 'push-failed')).toBe(false);
  });

  it('leaves nothing when it is removed while its content comes', async () => {
    const ends: (() => void)[] = [];
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'image/jpeg' }).write(PICTURE.subarray(0, 5));
      ends.push(() => response.end(PICTURE.subarray(5)));
    });
    await open({ content: ALLOW });
    await refer(url);
    const { id } = await test.reached('receiving');
    await expect.poll(() => ends.length).toBe(1);
    await test.history.remove([id]);
    ends[0]?.();
    await expect.poll(() => readdir(join(test.folder, 'fetched'))).toEqual([]);
    await expect.poll(() => existsSync(join(test.folder, 'vault', SHA256.slice(0, 2), SHA256))).toBe(false);
    expect(test.events.some(({ event }) => event === 'push')).toBe(false);
  });

  it('is judged by the type its reference promises too', async () => {
    const { url, asked } = await picture();
    await open({ content: ALLOW, trust: { rules: [{ type: 'image/*', decide: 'deny' }] } });
    expect(await refer(url)).toBe(403);
    expect(asked).toEqual([]);
  });

  it('is not kept when another type came than is taken', async () => {
    const { url } = await picture();
    await open({ content: { ...ALLOW, accept: ['message/external-body', 'text/plain'] } });
    const type = `message/external-body; access-type="URL"; expiration="Fri, 01 Jan 2100 00:00:00 GMT"; URL="${url}"`;
    expect(await push([`Content-Type: ${type}`], 'Content-Type: text/plain\r\n\r\n')).toBe(200);
    expect((await test.event('push-failed')).reason).toBe('The server sent image/jpeg, which is not taken.');
    expect(await readdir(join(test.folder, 'fetched'))).toEqual([]);
  });

  it('is not kept when what came has a part that is not taken', async () => {
    const parts = '--b\r\n\r\nhello\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--\r\n';
    const headers = { 'Content-Type': 'multipart/mixed; boundary=b' };
    const { url } = await serve((_request, response) => response.writeHead(200, headers).end(parts));
    await open({ content: { ...ALLOW, accept: ['message/external-body', 'multipart/*', 'text/plain'] } });
    const type = `message/external-body; access-type="URL"; expiration="Fri, 01 Jan 2100 00:00:00 GMT"; URL="${url}"`;
    expect(await push([`Content-Type: ${type}`], '\r\n')).toBe(200);
    const failed = await test.event('push-failed');
    expect(failed).toMatchObject({
      cause: 'unwanted',
      reason: 'The server sent image/png, which is not taken.',
    });
  });

  it('stands without content that its sender can do without (RFC 4483 §5.5)', async () => {
    const { url } = await serve((_request, response) => response.writeHead(404).end());
    await open({ content: ALLOW });
    const type = `message/external-body; access-type=URL; expiration="Fri, 01 Jan 2100 00:00:00 GMT"; URL="${url}"`;
    const inner = 'Content-Type: image/png\r\nContent-Disposition: render; handling=optional\r\n\r\n';
    const body = `--b\r\n\r\nhello\r\n--b\r\nContent-Type: ${type}\r\n\r\n${inner}\r\n--b--\r\n`;
    expect(await push(['Content-Type: multipart/mixed; boundary=b'], body)).toBe(200);
    const told = await test.event('push');
    expect(told).toMatchObject({ contentType: 'multipart/mixed; boundary=b', bytes: body.length });
    expect(await readFile(told.path ?? '', 'utf8')).toBe(body);
    const record = await stored(told.push);
    expect(record).toMatchObject({ state: 'received', reason: null, references: [{ sha256: null }] });
    expect(record.delivery.find(({ title }) => title === 'Content not fetched')?.detail).toMatch(
      /answered 404 .* can do without it\.$/,
    );
    expect(test.events.some(({ event }) => event === 'push-failed')).toBe(false);
  });

  it('can be stopped', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'image/jpeg' }).write('the beginning');
    });
    await open({ content: ALLOW });
    await refer(url, '');
    const { id } = await test.reached('receiving');
    await expect
      .poll(async () => (await stored(id)).delivery.some(({ title }) => title === 'Fetching'))
      .toBe(true);
    test.terminal.stopFetch(id);
    expect((await test.event('push-failed')).reason).toMatch(/cancelled/);
  });

  it('names a reference that is malformed with 400', async () => {
    await open({ content: ALLOW });
    expect(await push(['Content-Type: message/external-body; access-type=URL'], '')).toBe(400);
  });
});
