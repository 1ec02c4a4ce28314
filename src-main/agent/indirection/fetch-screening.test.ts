import { describe, expect, it, vi } from 'vitest';
import type { FetchFailureReason } from './fetch-result.ts';
import { SHA1, sendContent, useFetchBench } from './test-fetch.ts';

const PUBLIC = '8.8.8.8';

describe('fetchContent trusts no URL', () => {
  const { serve, fetchUrl, expectFailure } = useFetchBench();

  describe('https', () => {
    const secure = () => serve((_request, response) => sendContent(response), 'https');

    it.each(['127.0.0.1', 'localhost'])('trusts the authority of the policy, for %s', async (host) => {
      const { port } = await secure();
      expect(await fetchUrl(`https://${host}:${port}/`)).toMatchObject({ kind: 'ok', warnings: [] });
    });

    it('refuses an unknown authority', async () => {
      const { url } = await secure();
      await expectFailure(fetchUrl(url, {}, { ca: null }), 'tls', /authority that is not trusted/);
    });

    it('refuses it with a hash too, unlike RFC 4483 §7 (X-54)', async () => {
      const { url } = await secure();
      await expectFailure(fetchUrl(url, { hash: SHA1, hashUsable: true }, { ca: null }), 'tls');
    });

    it('does not listen to the environment', async () => {
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
      try {
        const { url } = await secure();
        await expectFailure(fetchUrl(url, {}, { ca: null }), 'tls');
      } finally {
        vi.unstubAllEnvs();
      }
    });

    it('refuses a certificate for another name, whatever the address', async () => {
      const { port } = await secure();
      const resolve = async () => ['127.0.0.1'];
      const result = fetchUrl(`https://content.test:${port}/`, {}, { resolve });
      await expectFailure(result, 'tls', /for another name/);
    });

    it('has nothing to trust when the authority of the policy is no certificate', async () => {
      const { url } = await secure();
      await expectFailure(fetchUrl(url, {}, { ca: 'nonsense' }), 'tls');
    });

    it('is not spoken by this server', async () => {
      const { url } = await serve((_request, response) => sendContent(response));
      await expectFailure(fetchUrl(url.replace('http:', 'https:')), 'tls', /No secure connection/);
    });
  });

  describe('addresses', () => {
    it.each([
      'http://127.0.0.1/',
      'http://localhost/',
      'http://0x7f.1/',
      'http://2130706433/',
      'http://127.1/',
      'http://017700000001/',
      'http://①②⑦.0.0.1/',
      'http://[::1]/',
      'http://[::ffff:7f00:1]/',
      'http://[::ffff:127.0.0.1]/',
      'http://[64:ff9b::7f00:1]/',
      'http://10.0.0.1/',
      'https://192.168.1.1/',
      'http://169.254.169.254/latest/meta-data/',
      'http://[fd00:ec2::254]/',
      'http://0/',
    ])('%s is refused', async (url) => {
      await expectFailure(fetchUrl(url, {}, { allowPrivateAddresses: false }), 'forbidden-address');
    });

    it('of metadata are refused even where private ones are allowed', async () => {
      await expectFailure(fetchUrl('http://169.254.169.254/'), 'forbidden-address');
      await expectFailure(fetchUrl('http://[::ffff:a9fe:a9fe]/'), 'forbidden-address');
    });

    it('are asked for once, and the connection goes there', async () => {
      const { port, requests } = await serve((_request, response) => sendContent(response));
      const asked: string[] = [];
      const resolve = async (host: string) => {
        asked.push(host);
        return asked.length === 1 ? ['127.0.0.1'] : [PUBLIC];
      };
      const result = await fetchUrl(`http://content.test:${port}/`, {}, { resolve });
      expect(result).toMatchObject({ kind: 'ok', finalUrl: `http://content.test:${port}/` });
      expect(asked).toEqual(['content.test']);
      expect(requests).toEqual([`content.test:${port} /`]);
    });

    it('may be several: the next is tried when one refuses', async () => {
      const { port } = await serve((_request, response) => sendContent(response));
      const resolve = async () => ['127.0.0.2', '127.0.0.1'];
      expect(await fetchUrl(`http://content.test:${port}/`, {}, { resolve })).toMatchObject({ kind: 'ok' });
    });

    it.each([
      ['private', ['10.0.0.1']],
      ['mixed', [PUBLIC, '127.0.0.1']],
      ['mapped', ['::ffff:127.0.0.1']],
      ['no address at all', ['content.test']],
    ])('of a name that are %s are refused', async (_name, addresses) => {
      const resolve = async () => addresses;
      const result = fetchUrl('http://content.test/', {}, { resolve, allowPrivateAddresses: false });
      await expectFailure(result, 'forbidden-address');
    });

    it.each([
      ['has none', async () => []],
      ['is unknown', () => Promise.reject(new Error('ENOTFOUND 10.0.0.1'))],
    ])('cannot be found when the name %s', async (_name, resolve) => {
      await expectFailure(fetchUrl('http://content.test/', {}, { resolve }), 'network', /cannot be found/);
    });
  });

  describe('URLs', () => {
    it.each<[string, FetchFailureReason]>([
      ['ftp://content.test/', 'forbidden-scheme'],
      ['file:///etc/passwd', 'forbidden-scheme'],
      ['data:text/plain,x', 'forbidden-scheme'],
      ['http://user:secret@content.test/', 'forbidden-url'],
      ['http://user@content.test/', 'forbidden-url'],
      ['http://:secret@content.test/', 'forbidden-url'],
      ['http://content.test:25/', 'forbidden-url'],
      ['https://content.test:5061/', 'forbidden-url'],
      ['nonsense', 'forbidden-url'],
    ])('%s: %s', async (url, reason) => {
      await expectFailure(fetchUrl(url), reason);
    });

    it('are https alone unless the policy says otherwise', async () => {
      const { url, requests } = await serve((_request, response) => sendContent(response));
      await expectFailure(fetchUrl(url, {}, { allowHttp: false }), 'forbidden-scheme', /only https/);
      expect(requests).toEqual([]);
    });
  });

  describe('redirects', () => {
    it.each([301, 302, 303, 307, 308])('are followed: %i, relative', async (status) => {
      const { url, port } = await serve((request, response) => {
        if (request.url === '/content') response.writeHead(status, { Location: '../there?x=1' }).end('gone');
        else sendContent(response);
      });
      expect(await fetchUrl(url)).toMatchObject({
        kind: 'ok',
        finalUrl: `http://127.0.0.1:${port}/there?x=1`,
      });
    });

    it.each([
      [5, 'ok'],
      [6, 'redirect-loop'],
    ])('%i of them: %s', async (hops, outcome) => {
      const { url, requests } = await serve((_request, response) => {
        if (requests.length > hops) sendContent(response);
        else response.writeHead(302, { Location: `/${requests.length}` }).end();
      });
      const result = await fetchUrl(url);
      expect(result.kind === 'ok' ? result.kind : result.reason).toBe(outcome);
      expect(requests).toHaveLength(6);
    });

    it('are checked again, hop by hop: to a private address', async () => {
      const { port, requests } = await serve((_request, response) => {
        response.writeHead(302, { Location: `http://169.254.169.254:${port}/secret` }).end();
      });
      await expectFailure(fetchUrl(`http://127.0.0.1:${port}/`), 'forbidden-address');
      expect(requests).toHaveLength(1);
    });

    it('are resolved again, and pinned again', async () => {
      const inner = await serve((_request, response) => sendContent(response));
      const outer = await serve((_request, response) => {
        response.writeHead(302, { Location: `http://second.test:${inner.port}/x` }).end();
      });
      const asked: string[] = [];
      const resolve = async (host: string) => {
        asked.push(host);
        return host === 'first.test' ? ['127.0.0.1'] : ['0.0.0.0'];
      };
      await expectFailure(fetchUrl(`http://first.test:${outer.port}/`, {}, { resolve }), 'forbidden-address');
      expect(asked).toEqual(['first.test', 'second.test']);
      expect(inner.requests).toEqual([]);
    });

    it.each<[string, string, FetchFailureReason]>([
      ['another scheme', 'file:///etc/passwd', 'forbidden-scheme'],
      ['credentials', 'https://user:secret@127.0.0.1/', 'forbidden-url'],
      ['nonsense', 'http://[', 'forbidden-url'],
      ['the port of another service', 'http://127.0.0.1:25/', 'forbidden-url'],
    ])('to %s are not followed', async (_name, location, reason) => {
      const { url } = await serve((_request, response) =>
        response.writeHead(302, { Location: location }).end(),
      );
      await expectFailure(fetchUrl(url), reason);
    });

    it('never leave https', async () => {
      const plain = await serve((_request, response) => sendContent(response));
      const { url } = await serve(
        (_request, response) => response.writeHead(302, { Location: plain.url }).end(),
        'https',
      );
      await expectFailure(fetchUrl(url), 'forbidden-scheme', /from https to http/);
      expect(plain.requests).toEqual([]);
    });

    it('may lead from http to https', async () => {
      const secure = await serve((_request, response) => sendContent(response), 'https');
      const { url } = await serve((_request, response) =>
        response.writeHead(302, { Location: secure.url }).end(),
      );
      expect(await fetchUrl(url)).toMatchObject({ kind: 'ok', finalUrl: secure.url, warnings: [] });
    });
  });
});
