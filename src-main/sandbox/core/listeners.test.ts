import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { CERTIFICATE, KEY } from '../../msrp/test-certificate.ts';
import { boundTo } from './listener.ts';
import { openListeners } from './listeners.ts';

const EVENTS = { onMessage: () => {}, onClosed: () => {}, isInUse: () => false };
const HOST = '127.0.0.1';

describe('openListeners', () => {
  it('gives TCP and UDP of one host the same free port, time and again', async () => {
    for (let round = 0; round < 20; round++) {
      const addresses = (['udp', 'ws', 'tcp'] as const).map((transport) => ({
        transport,
        host: HOST,
        port: 0,
      }));
      const listeners = await openListeners(addresses, EVENTS, null);
      const [udp, ws, tcp] = listeners.map(({ port }) => port);
      expect(tcp).toBe(udp);
      expect(ws).not.toBe(tcp);
      await Promise.all(listeners.map((listener) => listener.close()));
    }
  });

  it('listens on all addresses or on none', async () => {
    const taken = createServer().listen(0, HOST);
    await once(taken, 'listening');
    const { port } = boundTo(taken);
    const wanted = (['udp', 'tcp'] as const).map((transport) => ({ transport, host: HOST, port }));
    await expect(openListeners(wanted, EVENTS, null)).rejects.toThrow(/EADDRINUSE/);
    taken.close();
    await once(taken, 'close');
    const listeners = await openListeners(wanted, EVENTS, null);
    await Promise.all(listeners.map((listener) => listener.close()));
  });

  it('needs something to listen on, and a certificate for TLS', async () => {
    await expect(openListeners([], EVENTS, null)).rejects.toThrow(/nothing to listen on/);
    for (const transport of ['tls', 'wss'] as const) {
      const address = { transport, host: HOST, port: 0 };
      await expect(openListeners([address], EVENTS, null)).rejects.toThrow(/certificate/);
    }
  });

  it('over TLS survives who speaks none, and closes in the middle of a handshake', async () => {
    const address = { transport: 'tls', host: HOST, port: 0 } as const;
    const [listener] = await openListeners([address], EVENTS, { cert: CERTIFICATE, key: KEY });
    const plain = connect(listener?.port ?? 0, HOST, () =>
      plain.write('OPTIONS sip:push.test SIP/2.0\r\n\r\n'),
    );
    plain.on('error', () => {});
    await once(plain.resume(), 'close');
    const secure = connectTls({ host: HOST, port: listener?.port ?? 0, ca: CERTIFICATE });
    await once(secure, 'secureConnect');
    secure.on('error', () => {}).resume();
    const silent = connect(listener?.port ?? 0, HOST);
    await once(silent, 'connect');
    await Promise.all([listener?.close(), once(secure, 'close'), once(silent.resume(), 'close')]);
  });
});
