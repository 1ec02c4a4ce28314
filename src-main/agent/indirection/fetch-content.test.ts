import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ExternalReference } from '../../content/external-body.ts';
import { sweepParts } from '../../content/incoming-file.ts';
import { CONTENT, drip, SHA1, SHA256, sendContent, useFetchBench } from './test-fetch.ts';

describe('fetchContent', () => {
  const { bench, serve, fetchUrl, expectFailure } = useFetchBench();

  describe('what arrives', () => {
    it('is kept in a file of its own, with its hashes', async () => {
      const { url } = await serve((_request, response) => sendContent(response));
      const result = await fetchUrl(url, {
        size: CONTENT.length,
        hash: SHA1,
        hashUsable: true,
        innerType: 'text/plain',
      });
      expect(result).toEqual({
        kind: 'ok',
        path: expect.stringContaining(bench.folder) as unknown,
        bytes: CONTENT.length,
        sha1: SHA1,
        sha256: SHA256,
        contentType: 'text/plain; charset=utf-8',
        finalUrl: url,
        warnings: [],
      });
      const path = result.kind === 'ok' ? result.path : '';
      expect(await readFile(path)).toEqual(CONTENT);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(await readdir(bench.folder)).toHaveLength(1);
      await sweepParts(bench.folder, 0);
      expect(await readdir(bench.folder)).toEqual([]);
    });

    it.each([
      ['chunked, without a length', (response: ServerResponse) => void response.writeHead(200)],
      [
        'without a length, up to the end of the connection',
        (response: ServerResponse) => {
          response.useChunkedEncodingByDefault = false;
          response.writeHead(200, { Connection: 'close' });
        },
      ],
    ])('may come %s', async (_name, head) => {
      const { url } = await serve((_request, response) => {
        head(response);
        response.write(CONTENT.subarray(0, 10));
        setTimeout(() => response.end(CONTENT.subarray(10)), 20);
      });
      expect(await fetchUrl(url)).toMatchObject({ kind: 'ok', sha256: SHA256, contentType: null });
    });

    it('may be empty', async () => {
      const { url } = await serve((_request, response) => response.end());
      expect(await fetchUrl(url, { size: 0 })).toMatchObject({ kind: 'ok', bytes: 0 });
    });

    it('may be large, and its progress is told', async () => {
      const large = Buffer.alloc(20_000_000, 'push');
      const { url } = await serve((_request, response) => response.end(large));
      const told: (readonly [number, number | null])[] = [];
      const run = { onProgress: (bytes: number, total: number | null) => told.push([bytes, total]) };
      const result = await fetchUrl(url, { size: large.length }, { maxBytes: large.length }, run);
      expect(result).toMatchObject({
        kind: 'ok',
        sha256: createHash('sha256').update(large).digest('hex'),
      });
      expect(told.length).toBeGreaterThan(1);
      expect(told.at(-1)).toEqual([large.length, large.length]);
      expect(told).toEqual([...told].sort(([a], [b]) => a - b));
    });

    it('is asked for without credentials, cookies or compression', async () => {
      const seen: Record<string, unknown>[] = [];
      const { url } = await serve((request, response) => {
        seen.push(request.headers);
        response.setHeader('Set-Cookie', 'id=1');
        if (request.url === '/content') response.writeHead(302, { Location: '/other' }).end();
        else sendContent(response);
      });
      expect(await fetchUrl(url, { innerType: 'text/plain;charset=utf-8' })).toMatchObject({ kind: 'ok' });
      const host = new URL(url).host;
      const headers = {
        accept: 'text/plain, */*;q=0.1',
        'accept-encoding': 'identity',
        'user-agent': 'push-terminal',
        host,
        connection: 'close',
      };
      expect(seen).toEqual([headers, headers]);
    });

    it.each<[string, Partial<ExternalReference>, readonly string[]]>([
      [
        'of another type',
        { innerType: 'image/png', hash: SHA1, hashUsable: true },
        ['image/png', 'text/plain'],
      ],
      ['unprotected', {}, ['without encryption and without a hash']],
      ['encoded', { innerEncoding: 'base64', hash: SHA1, hashUsable: true }, ['base64']],
    ])('comes with a warning when it is %s', async (_name, change, words) => {
      const { url } = await serve((_request, response) => sendContent(response));
      const result = await fetchUrl(url, change);
      expect(result).toMatchObject({ kind: 'ok', warnings: [expect.any(String)] });
      for (const word of words) expect(result.kind === 'ok' && result.warnings[0]).toContain(word);
    });
  });

  describe('cancelling', () => {
    it('before it begins', async () => {
      const { url, requests } = await serve((_request, response) => sendContent(response));
      await expectFailure(fetchUrl(url, {}, {}, { signal: AbortSignal.abort() }), 'aborted');
      expect(requests).toEqual([]);
    });

    it('while the name is looked up', async () => {
      const abort = new AbortController();
      const resolve = () => {
        abort.abort();
        return new Promise<never>(() => {});
      };
      const result = fetchUrl('http://content.test/', {}, { resolve }, { signal: abort.signal });
      await expectFailure(result, 'aborted');
    });

    it('while nothing is answered', async () => {
      const abort = new AbortController();
      const { url } = await serve(() => abort.abort());
      await expectFailure(fetchUrl(url, {}, {}, { signal: abort.signal }), 'aborted');
    });

    it('in the middle of the content, and the connection ends', async () => {
      const abort = new AbortController();
      let closed: Promise<unknown> = Promise.resolve();
      const { url } = await serve((_request, response) => {
        closed = once(response, 'close');
        drip(response, 'x'.repeat(1000));
      });
      const run = {
        signal: abort.signal,
        onProgress: () => abort.abort(),
      };
      await expectFailure(fetchUrl(url, {}, {}, run), 'aborted', /was cancelled/);
      await closed;
    });
  });

  describe('the disk', () => {
    it('has lost the folder', async () => {
      const { url } = await serve((_request, response) => sendContent(response));
      await expectFailure(
        fetchUrl(url, {}, { folder: join(bench.folder, 'gone') }),
        'disk',
        /the folder is gone|cannot be used/,
      );
    });

    it('has not enough room, so nothing is asked for', async () => {
      const { url, requests } = await serve((_request, response) => response.write(CONTENT));
      const policy = { maxBytes: Number.MAX_SAFE_INTEGER };
      await expectFailure(fetchUrl(url, { size: 2 ** 52 }, policy), 'disk', /not enough room/);
      expect(requests).toEqual([]);
    });

    it('loses the folder in the middle', async () => {
      const { url } = await serve((_request, response) => {
        response.write(CONTENT);
        setTimeout(() => void rm(bench.folder, { recursive: true }).then(() => response.end()), 100);
      });
      expect(await fetchUrl(url)).toMatchObject({ kind: 'failed', reason: 'disk' });
    });
  });
});
