import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CERTIFICATE, KEY } from '../msrp/test-certificate.ts';
import { StreamSocket, type StreamSocketOptions, type TlsSettings } from './socket.ts';
import { pushRequest, TestCore } from './test-core.ts';

const TRUSTED: TlsSettings = { ca: CERTIFICATE, cert: null, key: null, verify: true, serverName: null };
const FAST = { intervalMs: 20, pongMs: 30 };

describe('StreamSocket', () => {
  const closers: (() => unknown)[] = [];

  afterEach(async () => {
    vi.useRealTimers();
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function openCore(tls: boolean): Promise<TestCore> {
    const core = await TestCore.open(tls ? { cert: CERTIFICATE, key: KEY } : undefined);
    closers.push(() => core.close());
    return core;
  }

  /** Connects; resolves with null, or with the reason why it ended first. */
  function connect(options: StreamSocketOptions): {
    socket: StreamSocket;
    ended: Promise<string>;
    up: Promise<void>;
  } {
    const socket = new StreamSocket(options);
    closers.push(() => socket.disconnect());
    const ended = new Promise<string>((resolve) => {
      socket.ondisconnect = (_error, _code, reason) => resolve(reason ?? '');
    });
    const up = new Promise<void>((resolve) => {
      socket.onconnect = resolve;
    });
    socket.connect();
    return { socket, ended, up };
  }

  it.each([
    ['TCP', false],
    ['TLS', true],
  ])('carries messages both ways over %s', async (transport, secure) => {
    const core = await openCore(secure);
    const tls = secure ? TRUSTED : null;
    const { socket, up } = connect({ host: '127.0.0.1', port: core.port, tls });
    expect([socket.isConnecting(), socket.isConnected(), socket.send('x')]).toEqual([true, false, false]);
    await up;
    expect([socket.via_transport, socket.isConnected()]).toEqual([transport, true]);
    const received = new Promise<string>((resolve) => {
      socket.ondata = resolve;
    });
    socket.send(pushRequest('OPTIONS', { body: 'ü\xff' }));
    expect((await core.request('OPTIONS')).body).toEqual(Buffer.from('ü\xff', 'latin1'));
    core.send(pushRequest('MESSAGE', { body: 'back' }));
    expect(await received).toMatch(/^MESSAGE .*\r\n[\s\S]*\r\n\r\nback$/);
  });

  it('does not take a certificate that nobody it trusts has signed', async () => {
    const core = await openCore(true);
    const { ended } = connect({ host: '127.0.0.1', port: core.port, tls: { ...TRUSTED, ca: null } });
    expect(await ended).toMatch(/not signed by an authority.*tls\.ca/);
  });

  it('takes any certificate only when checking is off', async () => {
    const core = await openCore(true);
    const tls = { ...TRUSTED, ca: null, verify: false };
    await connect({ host: '127.0.0.1', port: core.port, tls }).up;
  });

  it('ends when nobody listens, and says so', async () => {
    expect(await connect({ host: '127.0.0.1', port: 1, tls: null }).ended).toMatch(/ECONNREFUSED/);
  });

  it('notices a half-open connection: a pong that fails to come ends it (RFC 5626 §4.4.1)', async () => {
    const core = await openCore(false);
    const { socket, ended, up } = connect({ host: '127.0.0.1', port: core.port, tls: null, keepAlive: FAST });
    await up;
    await core.pings(3);
    expect(socket.isConnected()).toBe(true);
    core.answersPings = false;
    expect(await ended).toMatch(/no longer answers/);
  });

  /** A server that does with each connection what it is told, and the first of them. */
  async function serve(accept: (peer: Socket) => void) {
    const server = createServer((peer) => accept(peer.on('error', () => {})));
    const peer = once(server, 'connection').then(([socket]) => socket as Socket);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      (await peer).destroy();
      server.close();
    });
    return { port: (server.address() as AddressInfo).port, peer };
  }

  it('gives up a core whose handshake never ends', async () => {
    const { port, peer } = await serve(() => {});
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { ended } = connect({ host: '127.0.0.1', port, tls: TRUSTED });
    await peer;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await ended).toMatch(/not the TLS handshake/);
  });

  it('lets go of a core that reads nothing', async () => {
    const { port, peer } = await serve((socket) => socket.pause());
    const { socket, up } = connect({ host: '127.0.0.1', port, tls: null });
    await up;
    for (let index = 0; index < 20; index += 1) socket.send('x'.repeat(1024 * 1024));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    socket.disconnect();
    await vi.advanceTimersByTimeAsync(2_000);
    const server = (await peer).resume();
    await once(server, 'close');
    expect(server.bytesRead).toBeLessThan(20 * 1024 * 1024);
  });

  it('gives a connection up on which a message never ends: the pong counts as its body (RFC 4475 §3.1.2.2)', async () => {
    const core = await openCore(false);
    const { ended, up } = connect({ host: '127.0.0.1', port: core.port, tls: null, keepAlive: FAST });
    await up;
    await core.pings(3);
    core.send(pushRequest('MESSAGE', { body: 'half' }).replace('Content-Length: 4', 'Content-Length: 9999'));
    expect(await ended).toMatch(/no longer answers/);
  });

  it('demands no pong of a core that has never sent one', async () => {
    const core = await openCore(false);
    core.answersPings = false;
    const { socket, up } = connect({ host: '127.0.0.1', port: core.port, tls: null, keepAlive: FAST });
    await up;
    await core.pings(5);
    expect(socket.isConnected()).toBe(true);
  });
});
