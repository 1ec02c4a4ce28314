import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startSilentServer } from './test-content-server.ts';
import { CONTENT, drip, SHA1, sendContent, useFetchBench } from './test-fetch.ts';

describe('fetchContent trusts no server', () => {
  const { bench, serve, fetchUrl, expectFailure } = useFetchBench();

  describe('answers that are no content', () => {
    it.each([
      [404, {}, /answered 404/],
      [500, {}, /answered 500/],
      [204, {}, /answered 204/],
      [206, {}, /answered 206/],
      [304, {}, /answered 304/],
      [302, {}, /answered 302/],
      [300, { Location: '/x' }, /answered 300/],
      [401, { 'WWW-Authenticate': 'Basic realm="x"' }, /password \(401\)/],
      [407, { 'Proxy-Authenticate': 'Basic realm="x"' }, /password \(407\)/],
    ])('%i', async (status, headers, message) => {
      const { url, requests } = await serve((_request, response) =>
        response.writeHead(status, { ...headers }).end(),
      );
      await expectFailure(fetchUrl(url), 'http-status', message);
      expect(requests).toHaveLength(1);
    });

    it('is another protocol', async () => {
      const { url } = await serve((request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
      await expectFailure(fetchUrl(url), 'network', /not HTTP/);
    });

    it('switches to another protocol', async () => {
      const { url } = await serve((request) =>
        request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      );
      await expectFailure(fetchUrl(url), 'network');
    });

    it('has endless headers', async () => {
      const { url } = await serve((request) =>
        request.socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`),
      );
      await expectFailure(fetchUrl(url), 'network', /headers of the answer are too long/);
    });

    it('is a broken connection', async () => {
      const { url } = await serve((request) => request.socket.destroy());
      await expectFailure(fetchUrl(url), 'network', /broke the connection/);
    });

    it('is nobody listening', async () => {
      const { url, close } = await serve(() => {});
      await close();
      await expectFailure(fetchUrl(url), 'network', /refuses connections/);
    });
  });

  describe('content that is not what was promised', () => {
    it('has another hash', async () => {
      const { url } = await serve((_request, response) => sendContent(response));
      const hash = SHA1.replace(/^../, '00');
      await expectFailure(
        fetchUrl(url, { hash, hashUsable: true }),
        'hash-mismatch',
        /SHA-1 of what arrived/,
      );
    });

    it('cannot have the hash, so is not asked for', async () => {
      const { url, requests } = await serve((_request, response) => sendContent(response));
      await expectFailure(fetchUrl(url, { hash: SHA1.slice(20) }), 'hash-mismatch', /not a SHA-1/);
      expect(requests).toEqual([]);
    });

    it.each([CONTENT.length - 1, CONTENT.length + 1])(
      'announces another size than %i, and is not read',
      async (size) => {
        const { url } = await serve((_request, response) => {
          response.writeHead(200, { 'Content-Length': CONTENT.length });
          response.flushHeaders();
        });
        await expectFailure(fetchUrl(url, { size }), 'size-mismatch', /43 bytes, but 4[24] were promised/);
      },
    );

    it.each([
      ['more', CONTENT.length - 1, /more than the 42 bytes/],
      ['less', CONTENT.length + 1, /43 bytes, but 44/],
    ])('is %s than promised', async (_name, size, message) => {
      const { url } = await serve((_request, response) => {
        response.write(CONTENT.subarray(0, 5));
        response.end(CONTENT.subarray(5));
      });
      await expectFailure(fetchUrl(url, { size }), 'size-mismatch', message);
    });

    it('is cut off', async () => {
      const { url } = await serve((request, response) => {
        response.writeHead(200, { 'Content-Length': 1000 });
        response.write(CONTENT, () => request.socket.end());
      });
      await expectFailure(fetchUrl(url), 'network', /broke the connection/);
    });

    it('never ends', async () => {
      const { url } = await serve((_request, response) => {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        };
        response.on('drain', more);
        more();
      });
      await expectFailure(fetchUrl(url), 'too-large', /more than the 1000000 bytes/);
    });

    it('is too large, by what the server says', async () => {
      const { url } = await serve((_request, response) => {
        response.writeHead(200, { 'Content-Length': 1_000_001 });
        response.flushHeaders();
      });
      await expectFailure(fetchUrl(url), 'too-large', /1000001 bytes; at most 1000000/);
    });

    it('is too large, by what the push says, and is not asked for', async () => {
      const { url, requests } = await serve((_request, response) => sendContent(response));
      await expectFailure(fetchUrl(url, { size: 1_000_001 }), 'too-large', /at most 1000000/);
      expect(requests).toEqual([]);
    });

    it.each([
      ['gzip', CONTENT],
      ['x-gzip, identity', CONTENT],
    ])('is compressed with %s', async (encoding, content) => {
      const { url } = await serve((_request, response) => {
        response.setHeader('Content-Encoding', encoding);
        response.end(gzipSync(content));
      });
      await expectFailure(fetchUrl(url), 'encoded');
    });

    it('is compressed by its transfer', async () => {
      const { url } = await serve((request) =>
        request.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'),
      );
      await expectFailure(fetchUrl(url), 'encoded');
    });

    it('is identity, which is no encoding', async () => {
      const { url } = await serve((_request, response) => {
        response.setHeader('Content-Encoding', 'Identity');
        sendContent(response);
      });
      expect(await fetchUrl(url)).toMatchObject({ kind: 'ok' });
    });
  });

  describe('time', () => {
    const limits = {
      connectMs: 2_000,
      openMs: 5_000,
      idleMs: 2_000,
      rate: { bytes: 1, everyMs: 5_000 },
      totalMs: 5_000,
    };

    it('has run out for the URL', async () => {
      const { url, requests } = await serve((_request, response) => sendContent(response));
      await expectFailure(fetchUrl(url, { expiration: new Date(Date.now() - 1) }), 'expired');
      const receivedAt = new Date(Date.now() - 3_600_001);
      await expectFailure(fetchUrl(url, { expiration: null }, {}, { receivedAt }), 'expired');
      expect(requests).toEqual([]);
      expect(await fetchUrl(url, { expiration: null })).toMatchObject({ kind: 'ok' });
    });

    it('passes while the name is looked up', async () => {
      const policy = { resolve: () => new Promise<never>(() => {}), limits: { ...limits, connectMs: 50 } };
      await expectFailure(
        fetchUrl('http://content.test/', {}, policy),
        'timeout',
        /cannot be reached in time/,
      );
    });

    it('passes while TLS is waited for', async () => {
      const server = await startSilentServer();
      bench.servers.push(server);
      const result = fetchUrl(
        `https://127.0.0.1:${server.port}/`,
        {},
        { limits: { ...limits, connectMs: 100 } },
      );
      await expectFailure(result, 'timeout', /cannot be reached in time/);
    });

    it('passes while nothing is answered', async () => {
      const { url } = await serve(() => {});
      await expectFailure(
        fetchUrl(url, {}, { limits: { ...limits, idleMs: 50 } }),
        'timeout',
        /does not answer/,
      );
    });

    it('passes while headers drip', async () => {
      const { url } = await serve((request) => {
        request.socket.write('HTTP/1.1 200 OK\r\nX: ');
        drip(request.socket, 'x');
      });
      await expectFailure(fetchUrl(url, {}, { limits: { ...limits, idleMs: 200 } }), 'timeout');
    });

    it('passes in the middle of the content', async () => {
      const { url } = await serve((_request, response) => response.write(CONTENT));
      await expectFailure(
        fetchUrl(url, {}, { limits: { ...limits, idleMs: 50 } }),
        'timeout',
        /stopped sending/,
      );
    });

    it('passes while the content drips', async () => {
      const { url } = await serve((_request, response) => drip(response, 'x'));
      const policy = { limits: { ...limits, totalMs: 300 } };
      await expectFailure(fetchUrl(url, {}, policy), 'timeout', /too long/);
    });

    it('passes when less comes than a server must send, though it never stops', async () => {
      const { url } = await serve((_request, response) => drip(response, 'x'));
      const rate = { bytes: 1000, everyMs: 150 };
      const result = fetchUrl(url, {}, { limits: { ...limits, rate } });
      await expectFailure(result, 'timeout', /too slowly/);
    });

    it('does not pass when enough comes in each span', async () => {
      const { url } = await serve((_request, response) => {
        const timer = setInterval(() => response.write('x'.repeat(100)), 20);
        response.once('close', () => clearInterval(timer));
        setTimeout(() => response.end(), 500);
      });
      const rate = { bytes: 200, everyMs: 150 };
      expect(await fetchUrl(url, {}, { limits: { ...limits, rate } })).toMatchObject({ kind: 'ok' });
    });

    it('passes in redirects, before it has passed for the whole', async () => {
      const { url } = await serve((request, response) => {
        setTimeout(() => response.writeHead(302, { Location: `${request.url}x` }).end(), 100);
      });
      const result = fetchUrl(url, {}, { limits: { ...limits, openMs: 250 } });
      await expectFailure(result, 'timeout', /Finding the content/);
    });

    it('passes in redirects', async () => {
      const { url } = await serve((request, response) => {
        setTimeout(() => response.writeHead(302, { Location: `${request.url}x` }).end(), 100);
      });
      await expectFailure(
        fetchUrl(url, {}, { limits: { ...limits, totalMs: 250 } }),
        'timeout',
        /took too long/,
      );
    });
  });
});
