import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pushRequest } from './test-core.ts';
import { UdpSocket } from './udp-socket.ts';

describe('UdpSocket', () => {
  let core: Socket;
  let socket: UdpSocket;
  const datagrams: { text: string; from: RemoteInfo }[] = [];

  beforeEach(async () => {
    datagrams.length = 0;
    core = createSocket('udp4');
    core.bind(0, '127.0.0.1');
    await once(core, 'listening');
    core.on('message', (bytes, from) => datagrams.push({ text: bytes.toString('latin1'), from }));
    socket = new UdpSocket({ host: '127.0.0.1', port: core.address().port, t1: 10 });
    await new Promise<void>((resolve) => {
      socket.onconnect = resolve;
      socket.connect();
    });
  });

  afterEach(() => {
    socket.disconnect();
    core.close();
  });

  it('carries a datagram each way, byte-exact, and knows its own address', async () => {
    const text = pushRequest('OPTIONS', { body: 'ü\xff' });
    expect(socket.send(text)).toBe(true);
    await expect.poll(() => datagrams.length).toBeGreaterThan(0);
    expect(datagrams[0]?.text).toBe(text);
    expect(datagrams[0]?.from.port).toBe(socket.local?.port);
    const received = new Promise<string>((resolve) => {
      socket.ondata = resolve;
    });
    core.send(Buffer.from('MESSAGE \xe9', 'latin1'), socket.local?.port);
    expect(await received).toBe('MESSAGE \xe9');
  });

  it('repeats a request that is not answered, and stops once it is', async () => {
    socket.send(pushRequest('OPTIONS', { branch: 'lost' }));
    await expect.poll(() => datagrams.length).toBeGreaterThan(2);
    const answer =
      'SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP core.push.test;branch=z9hG4bKlost\r\nCSeq: 1 OPTIONS\r\n\r\n';
    core.send(answer, socket.local?.port);
    await new Promise<void>((resolve) => {
      socket.ondata = () => resolve();
    });
    const before = datagrams.length;
    socket.send(pushRequest('MESSAGE', { branch: 'next' }));
    await expect
      .poll(() => datagrams.filter(({ text }) => text.startsWith('MESSAGE')).length)
      .toBeGreaterThan(1);
    expect(datagrams.slice(before).filter(({ text }) => text.startsWith('OPTIONS'))).toEqual([]);
  });

  it('listens to nobody but the core', async () => {
    const stranger = createSocket('udp4');
    let heard = '';
    socket.ondata = (text) => {
      heard += text;
    };
    stranger.send('from a stranger', socket.local?.port, '127.0.0.1');
    const port = socket.local?.port;
    await once(stranger, 'listening');
    core.send('from the core', port);
    await expect.poll(() => heard).toBe('from the core');
    stranger.close();
  });

  it('notices that nobody listens there any more', async () => {
    const ended = new Promise<string>((resolve) => {
      socket.ondisconnect = (_error, _code, reason) => resolve(reason ?? '');
    });
    core.close();
    core = createSocket('udp4');
    socket.send(pushRequest('OPTIONS'));
    expect(await ended).toMatch(/ECONNREFUSED/);
    expect(socket.isConnected()).toBe(false);
  });
});
