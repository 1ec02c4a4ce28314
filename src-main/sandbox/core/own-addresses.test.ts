import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Listener, ListenTransport } from './listener.ts';
import { addressTowards, hostPort, plainAddress, reachableAt } from './local-addresses.ts';
import { OwnAddresses } from './own-addresses.ts';

function listener(transport: ListenTransport, host: string, port: number): Listener {
  return { transport, host, port, flow: () => undefined, close: () => Promise.resolve() };
}

describe('OwnAddresses', () => {
  const listeners = [
    listener('tcp', '127.0.0.1', 5060),
    listener('udp', '::1', 5070),
    listener('tls', '127.0.0.1', 5061),
  ];
  const asked = listeners.map(({ transport, host, port }) => ({ transport, host, port }));
  const own = new OwnAddresses(
    'Push.test',
    [{ ...asked[0], host: 'LocalHost' } as never, ...asked.slice(1)],
    listeners,
  );

  it.each([
    ['push.TEST', null, true],
    ['push.test', 1, true],
    ['localhost', 5060, true],
    ['127.0.0.1', null, true],
    ['127.0.0.1', 5061, true],
    ['127.0.0.1', 5070, false],
    ['[::1]', 5070, true],
    ['[::1]', null, false],
    ['elsewhere.test', 5060, false],
  ] as const)('%s port %s: %s', (host, port, expected) => {
    expect(own.includes(host, port)).toBe(expected);
  });

  it('of a wildcard are all of this machine', () => {
    const everywhere = new OwnAddresses(
      'push.test',
      [{ transport: 'udp', host: '0.0.0.0', port: 0 }],
      [listener('udp', '0.0.0.0', 5099)],
    );
    expect(everywhere.includes('127.0.0.1', 5099)).toBe(true);
    expect(everywhere.includes('192.0.2.1', 5099)).toBe(false);
  });
});

describe('local addresses', () => {
  it('of a wildcard are told to a peer by the network it is in', () => {
    expect(addressTowards('127.0.0.1', '0.0.0.0')).toBe('127.0.0.1');
    expect(addressTowards('192.0.2.7', '127.0.0.1')).toBe('127.0.0.1');
    const known = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    expect(known.map(({ address }) => address)).toContain(addressTowards('192.0.2.7', '0.0.0.0'));
    expect(reachableAt('0.0.0.0')).toContain('127.0.0.1');
  });

  it('are written plainly', () => {
    expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(plainAddress('fe80::1%eth0')).toBe('fe80::1');
    expect(hostPort('::1', 5060)).toBe('[::1]:5060');
    expect(hostPort('::ffff:192.0.2.1', 5060)).toBe('192.0.2.1:5060');
  });
});
