import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { mayFetchFrom } from './address-guard.ts';
import { FetchError } from './fetch-result.ts';

/** Gives the IP addresses of a host name; rejects when there are none. */
export type Resolver = (host: string) => Promise<readonly string[]>;

/** Addresses of one host that are tried; all are checked. */
const MAX_ADDRESSES = 8;

/** Asks the system, hosts file included, as every program on this machine does. */
export const systemResolver: Resolver = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * Resolves the host of a URL, once, and checks every address: a single one that may not be fetched from spoils the
 * name, since only a trap mixes them. The addresses returned are the only ones to connect to.
 * @throws FetchError `forbidden-address` or `network`.
 */
export async function resolveHost(
  url: URL,
  { resolve, allowPrivateAddresses }: { readonly resolve: Resolver; readonly allowPrivateAddresses: boolean },
): Promise<readonly string[]> {
  const host = bareHost(url);
  const addresses = isIP(host) === 0 ? await resolve(host).catch(() => []) : [host];
  if (addresses.length === 0) {
    throw new FetchError('network', 'The name of the server that holds the content cannot be found.');
  }
  if (!addresses.every((address) => mayFetchFrom(address, allowPrivateAddresses))) {
    throw new FetchError(
      'forbidden-address',
      'The content is at an address inside a private network or of no server, which this profile does not allow.',
    );
  }
  return addresses.slice(0, MAX_ADDRESSES);
}

/** The host of a URL, an IPv6 address without its brackets. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}
