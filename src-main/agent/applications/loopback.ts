import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { namesThisMachine } from './this-machine.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Gives the IP addresses of a host name; rejects when there are none. */
export type Resolver = (host: string) => Promise<readonly string[]>;

const systemResolver: Resolver = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * The addresses a webhook may be sent to: a loopback address as it stands, or what `localhost` stands for. Rejects with
 * a sentence for every other host, whatever it resolves to: pushed content never leaves this machine this way.
 */
export async function loopbackAddresses(
  url: URL,
  resolve: Resolver = systemResolver,
): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!namesThisMachine(url)) throw refused(host);
  const addresses = isIP(host) === 0 ? await resolve(host).catch(() => ['127.0.0.1']) : [host];
  if (addresses.length === 0 || !addresses.every(isLoopback)) throw refused(host);
  return addresses;
}

function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function refused(host: string): Error {
  return new Error(`A webhook goes to this machine alone (127.0.0.1, ::1 or localhost), not to ${host}.`);
}
