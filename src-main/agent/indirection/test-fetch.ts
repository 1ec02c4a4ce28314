import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { RequestListener, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { afterEach, beforeEach, expect } from 'vitest';
import type { ExternalReference } from '../../content/external-body.ts';
import { CERTIFICATE } from '../../msrp/test-certificate.ts';
import { fetchContent } from './fetch-content.ts';
import { DEFAULT_FETCH_LIMITS, type FetchPolicy, type FetchRun } from './fetch-policy.ts';
import type { FetchFailureReason, FetchResult } from './fetch-result.ts';
import { type ContentServer, makeReference, startServer } from './test-content-server.ts';

export const CONTENT = Buffer.from('The quick brown fox jumps over the lazy dog');
export const SHA1 = '2fd4e1c67a2d28fced849ee1bb76e7391b93eb12';
export const SHA256 = 'd7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592';

/** A folder to fetch into and servers to fetch from, new for each test of the suite that calls this. */
export function useFetchBench() {
  const bench = { folder: '', servers: [] as ContentServer[] };

  beforeEach(async () => {
    bench.folder = await mkdtemp(join(tmpdir(), 'fetch-'));
    bench.servers = [];
  });

  afterEach(async () => {
    await Promise.all(bench.servers.map((server) => server.close()));
    await rm(bench.folder, { recursive: true, force: true });
  });

  const serve = async (answer: RequestListener, kind: 'http' | 'https' = 'http') => {
    const server = await startServer(kind, answer);
    bench.servers.push(server);
    return { ...server, url: `${kind}://127.0.0.1:${server.port}/content` };
  };

  /** Private addresses, http and the certificate of the tests are allowed unless the test says otherwise. */
  const fetchUrl = (
    url: string,
    change: Partial<ExternalReference> = {},
    policy: Partial<FetchPolicy> = {},
    run: Partial<FetchRun> = {},
  ): Promise<FetchResult> =>
    fetchContent(
      makeReference(url, change),
      {
        folder: bench.folder,
        maxBytes: 1_000_000,
        room: Number.POSITIVE_INFINITY,
        allowHttp: true,
        allowPrivateAddresses: true,
        ca: CERTIFICATE,
        limits: DEFAULT_FETCH_LIMITS,
        ...policy,
      },
      { signal: new AbortController().signal, receivedAt: new Date(), ...run },
    );

  /** The failure, in a sentence that tells no address, and no file left. */
  const expectFailure = async (
    result: Promise<FetchResult>,
    reason: FetchFailureReason,
    message: RegExp = /./,
  ) => {
    const failure = await result;
    expect(failure).toEqual({ kind: 'failed', reason, message: expect.stringMatching(message) as unknown });
    expect(failure.kind === 'failed' && failure.message).toMatch(/^[A-Z].*[^.]\.$/);
    expect(JSON.stringify(failure)).not.toMatch(/127\.|localhost|10\.0/);
    expect(await readdir(bench.folder)).toEqual([]);
  };

  return { bench, serve, fetchUrl, expectFailure };
}

export function sendContent(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': CONTENT.length });
  response.end(CONTENT);
}

/** Writes every 20 ms until the other side has gone. */
export function drip(stream: Writable, text: string): void {
  const timer = setInterval(() => stream.write(text), 20);
  stream.once('close', () => clearInterval(timer));
}
