import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postWebhook } from './post-webhook.ts';
import { exampleHandover } from './test-handover.ts';

const QUICK = { timeoutMs: 800, retryMs: 200 };

describe('a local webhook', () => {
  let server: Server;
  let port: number;
  let signal: AbortSignal;
  let answer: (request: IncomingMessage, body: Buffer, response: ServerResponse) => void;

  beforeEach(async () => {
    answer = (_request, _body, response) => response.writeHead(204).end();
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => answer(request, Buffer.concat(chunks), response));
    });
    await listen(0);
    signal = new AbortController().signal;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function listen(wanted: number): Promise<void> {
    await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  }

  it.each(['127.0.0.1', 'localhost', '127.1'])('gets the push at %s', async (host) => {
    let seen: Record<string, unknown> = {};
    answer = ({ method, url, headers }, body, response) => {
      seen = { method, url, headers, body: body.toString() };
      response.writeHead(204).end();
    };
    const address = `http://${host}:${port}/hook?x=1`;
    const handover = exampleHandover({ name: 'grüße\r\nX: y.txt', from: 'sip:psa@push.test' });
    expect(await postWebhook(address, handover, signal)).toEqual({
      ok: true,
      title: 'Webhook answered 204',
      detail: address,
    });
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/hook?x=1',
      body: 'hello world',
      headers: {
        'content-type': 'text/plain',
        'x-push-from': 'sip:psa@push.test',
        'x-push-application': 'mms.ua',
        'x-push-type': 'text/plain',
        'x-push-id': 'push-1',
        'x-push-terminal': 'bob-desk',
        'x-push-name': 'gr%C3%BC%C3%9Fe%0D%0AX: y.txt',
      },
    });
  });

  it.each([
    'http://192.168.1.1/',
    'http://example.com/',
    'http://0.0.0.0/',
    'http://[::ffff:10.0.0.1]/',
    'http://127.0.0.1.example.com/',
    'http://localhost.example.com/',
    'http://2130706434.x/',
  ])('goes nowhere else: %s', async (address) => {
    const result = await postWebhook(address, exampleHandover(), signal, QUICK);
    expect(result).toMatchObject({ ok: false, title: 'Webhook not sent' });
    expect(result.detail).toMatch(/^A webhook goes to this machine alone/);
  });

  it('follows no redirection, and a refusal is a failure', async () => {
    answer = (_request, _body, response) =>
      response.writeHead(302, { Location: 'http://example.com/' }).end();
    const url = `http://127.0.0.1:${port}/`;
    expect(await postWebhook(url, exampleHandover(), signal)).toMatchObject({
      ok: false,
      title: 'Webhook answered 302',
    });
  });

  it('is tried again once when nobody listens', async () => {
    server.close();
    const url = `http://127.0.0.1:${port}/`;
    const failed = await postWebhook(url, exampleHandover(), signal, QUICK);
    expect(failed).toMatchObject({ ok: false, detail: `Nothing listens at ${url}.` });
    const again = postWebhook(url, exampleHandover(), signal, QUICK);
    setTimeout(() => void listen(port), 80);
    expect(await again).toMatchObject({ ok: true });
  });

  it('is given up when it does not answer, and when the terminal closes', async () => {
    answer = () => {};
    const url = `http://127.0.0.1:${port}/`;
    const late = await postWebhook(url, exampleHandover(), signal, QUICK);
    expect(late.detail).toBe(`${url} did not answer within 0.8 s.`);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const closed = await postWebhook(url, exampleHandover(), abort.signal);
    expect(closed.detail).toBe('The terminal was closed.');
  });

  it('says so when the content is gone', async () => {
    const read = async () => {
      throw new Error('The content of the push was removed.');
    };
    const handover = exampleHandover({ content: { kind: 'kept', read } });
    const result = await postWebhook(`http://127.0.0.1:${port}/`, handover, signal);
    expect(result).toMatchObject({ ok: false, detail: 'The content of the push was removed.' });
    const missing = exampleHandover({ content: { kind: 'file', path: '/nowhere/x' } });
    expect(await postWebhook(`http://127.0.0.1:${port}/`, missing, signal, QUICK)).toMatchObject({
      ok: false,
    });
  });
});
