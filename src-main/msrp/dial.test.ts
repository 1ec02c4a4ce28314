import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dial } from './dial.ts';
import type { MsrpUri } from './uri.ts';
import { newSessionUri } from './uri.ts';

describe('dial (RFC 4975 §6.2)', () => {
  const server = createServer((socket) => socket.on('error', () => {}));
  let target: MsrpUri;

  beforeEach(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    target = newSessionUri('peer.test', (server.address() as AddressInfo).port);
  });
  afterEach(() => {
    server.close();
  });

  const none = () => undefined;
  const resolve = (addresses: readonly string[]) => async () => addresses;

  it('tries the addresses of a name in order until one answers', async () => {
    const connection = await dial(target, none, {
      resolve: resolve(['127.0.0.2', '127.0.0.3', '127.0.0.1']),
    });
    expect(connection.remoteAddress).toBe('127.0.0.1');
    connection.close();
  });

  it('leaves out what may not be connected to', async () => {
    const tried: string[] = [];
    const mayConnectTo = (address: string) => {
      tried.push(address);
      return address === '127.0.0.1';
    };
    const connection = await dial(target, none, {
      mayConnectTo,
      resolve: resolve(['169.254.169.254', '127.0.0.1']),
    });
    expect(tried).toEqual(['169.254.169.254', '127.0.0.1']);
    expect(connection.remoteAddress).toBe('127.0.0.1');
    connection.close();
  });

  it.each<[string, Partial<MsrpUri>, readonly string[], RegExp]>([
    [
      'none of whose addresses answers',
      {},
      ['127.0.0.2', '127.0.0.3'],
      /peer\.test port \d+: .*127\.0\.0\.3/,
    ],
    ['none of whose addresses may be connected to', {}, ['10.0.0.1'], /none of its addresses may be/],
    ['that is itself an address not to connect to', { host: '10.0.0.1' }, [], /none of its addresses may be/],
    ['without a port', { port: null }, ['127.0.0.1'], /has no port/],
  ])('rejects for a host %s', async (_name, change, addresses, message) => {
    const options = {
      resolve: resolve(addresses),
      mayConnectTo: (address: string) => address.startsWith('127.'),
    };
    await expect(dial({ ...target, ...change }, none, options)).rejects.toThrow(message);
  });
});
