import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { CERTIFICATE, KEY } from '../msrp/test-certificate.ts';
import { pushRequest } from './test-core.ts';
import { WebSocketSocket } from './web-socket.ts';

const TRUSTED = { ca: CERTIFICATE, cert: null, key: null, verify: true, serverName: null };

describe('WebSocketSocket (RFC 7118)', () => {
  const closers: (() => unknown)[] = [];

  afterEach(async () => {
    vi.useRealTimers();
    for (const close of closers.splice(0).reverse()) await close();
  });

  /** A real WebSocket server; answers its port and the first connection. */
  async function serve(options: { secure?: boolean; protocol?: string } = {}) {
    const http: Server =
      options.secure === true ? createTlsServer({ cert: CERTIFICATE, key: KEY }) : createServer();
    const server = new WebSocketServer({
      server: http,
      handleProtocols: (offered) => (offered.has(options.protocol ?? 'sip') ? 'sip' : false),
    });
    closers.push(() => {
      for (const client of server.clients) client.terminate();
      http.close();
    });
    const peer = new Promise<{ socket: WebSocket; url: string }>((resolve) => {
      server.on('connection', (socket, request) => resolve({ socket, url: request.url ?? '' }));
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return { port: (http.address() as AddressInfo).port, peer };
  }

  function connect(port: number, options: { secure?: boolean; name?: string } = {}) {
    const socket = new WebSocketSocket({
      address: '127.0.0.1',
      port,
      name: options.name ?? '127.0.0.1',
      path: '/sip',
      tls: options.secure === true ? TRUSTED : null,
    });
    closers.push(() => socket.disconnect());
    const up = new Promise<void>((resolve) => {
      socket.onconnect = resolve;
    });
    const down = new Promise<string>((resolve) => {
      socket.ondisconnect = (_error, _code, reason) => resolve(reason ?? '');
    });
    socket.connect();
    return { socket, up, down };
  }

  it.each([
    ['WS', false],
    ['WSS', true],
  ])('carries messages byte-exact both ways over %s', async (transport, secure) => {
    const { port, peer } = await serve({ secure });
    const { socket, up } = connect(port, { secure });
    expect([socket.via_transport, socket.isConnecting(), socket.send('x')]).toEqual([transport, true, false]);
    await up;
    expect(socket.remote).toEqual({ host: '127.0.0.1', port });
    const { socket: server, url } = await peer;
    expect(url).toBe('/sip');
    const frames: [string, boolean][] = [];
    const two = new Promise<void>((resolve) => {
      server.on('message', (data: Buffer, isBinary) => {
        frames.push([data.toString('latin1'), isBinary]);
        if (frames.length === 2) resolve();
      });
    });
    const [text, binary] = [
      pushRequest('MESSAGE', { body: 'text' }),
      pushRequest('MESSAGE', { body: '\xff\x00' }),
    ];
    expect([socket.send(text), socket.send(binary)]).toEqual([true, true]);
    await two;
    expect(frames).toEqual([
      [text, false],
      [binary, true],
    ]);
    const received = new Promise<string>((resolve) => {
      socket.ondata = resolve;
    });
    server.send(Buffer.from(binary, 'latin1'));
    expect(await received).toBe(binary);
  });

  it('answers a CRLF ping and hands none of it on (RFC 7118 §6)', async () => {
    const { port, peer } = await serve();
    const { socket, up } = connect(port);
    await up;
    socket.ondata = () => expect.unreachable();
    const { socket: server } = await peer;
    const answer = new Promise<string>((resolve) =>
      server.on('message', (data: Buffer) => resolve(String(data))),
    );
    server.send('\r\n\r\n');
    expect(await answer).toBe('\r\n');
  });

  it('says when the server speaks no SIP, refuses, or cuts', async () => {
    const other = await serve({ protocol: 'chat' });
    expect(await connect(other.port).down).toMatch(/does not speak SIP over WebSocket/);
    const plain = createServer((_request, response) => response.writeHead(404).end());
    closers.push(() => plain.close());
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    expect(await connect((plain.address() as AddressInfo).port).down).toMatch(/answered 404 instead/);
    const cutting = await serve();
    const { up, down, socket } = connect(cutting.port);
    await up;
    (await cutting.peer).socket.terminate();
    expect(await down).toMatch(/closed the connection/);
    expect(socket.isConnected()).toBe(false);
  });

  it('checks the certificate against the name of the profile', async () => {
    const { port } = await serve({ secure: true });
    expect(await connect(port, { secure: true, name: 'other.test' }).down).toMatch(
      /is for .*, not for other\.test; put a name it has into tls\.serverName/,
    );
  });

  it('gives up a server whose handshake never ends, whatever it says meanwhile', async () => {
    const dripping = createTcpServer((peer) => peer.on('error', () => {}).write('HTTP/1.1 101 S'));
    closers.push(() => dripping.close());
    await new Promise<void>((resolve) => dripping.listen(0, '127.0.0.1', resolve));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { down } = connect((dripping.address() as AddressInfo).port);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await down).toBe('The core did not answer the connection.');
  });

  it('takes no message cut into dust', async () => {
    const { port, peer } = await serve();
    const { up, down } = connect(port);
    await up;
    const { socket: server } = await peer;
    for (let index = 0; index < 5_000; index += 1) server.send('x', { fin: false });
    expect(await down).toMatch(/fragments/);
  });

  it('pings as often as told, and can be given up', async () => {
    const { port, peer } = await serve();
    const { socket, up, down } = connect(port);
    await up;
    const { socket: server } = await peer;
    await new Promise<void>((resolve) => server.once('ping', () => resolve()));
    socket.keepAliveEvery(0.02);
    await new Promise<void>((resolve) => server.once('ping', () => resolve()));
    socket.drop('gone');
    expect(await down).toBe('gone');
  });
});
