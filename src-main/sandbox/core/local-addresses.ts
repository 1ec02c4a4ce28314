import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** An IP address without brackets, scope, or the IPv6 form that dual-stack sockets give to IPv4. */
export function plainAddress(host: string): string {
  return host.replace(/^\[|\]$|%.*$/g, '').replace(/^::ffff:(?=\d+\.)/i, '');
}

/** `host:port` as URIs and Via want it, IPv6 in brackets. */
export function hostPort(host: string, port: number): string {
  const plain = plainAddress(host);
  return `${plain.includes(':') ? `[${plain}]` : plain}:${port}`;
}

/** Every address that a socket bound to this one is reached at. */
export function reachableAt(bound: string): readonly string[] {
  if (!WILDCARDS.has(bound)) return [plainAddress(bound)];
  return interfaces().map(({ address }) => plainAddress(address));
}

/**
 * The address by which a peer reaches a socket bound to this one: of a wildcard, that of the network the peer is in,
 * else of any network beyond this machine.
 */
export function addressTowards(peer: string, bound: string): string {
  if (!WILDCARDS.has(bound)) return bound;
  const family = isIPv6(plainAddress(peer)) ? 'IPv6' : 'IPv4';
  const candidates = interfaces().filter((one) => one.family === family);
  const near = candidates.find(({ cidr }) => cidr !== null && isWithin(plainAddress(peer), cidr, family));
  const chosen = near ?? candidates.find(({ internal }) => !internal) ?? candidates[0];
  return chosen?.address ?? bound;
}

function interfaces() {
  return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
}

function isWithin(address: string, cidr: string, family: 'IPv4' | 'IPv6'): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const type = family === 'IPv4' ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, Number(bits), type);
  return list.check(address, type);
}
