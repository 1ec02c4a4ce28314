import { lookup as lookupName } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type DialOptions, MsrpConnection } from './connection.ts';
import { FingerprintMismatch } from './fingerprint.ts';
import type { SessionLookup } from './session.ts';
import type { MsrpUri } from './uri.ts';

/** Time to reach a peer, all of its addresses together. */
export const DIAL_TIMEOUT_MS = 20_000;
/** Addresses of one name that are tried. */
export const MAX_ADDRESSES = 8;

/**
 * Connects to the host and port of `target`, trying the addresses of a name in order (RFC 4975 §6.2), each in its share
 * of the time. Addresses that `mayConnectTo` refuses are left out. Rejects with an Error that names the target and the
 * cause at the last address tried; a FingerprintMismatch ends the search and is the `cause` of the Error.
 */
export async function dial(
  target: MsrpUri,
  lookup: SessionLookup,
  options: DialOptions = {},
): Promise<MsrpConnection> {
  const where = `Cannot connect to ${target.host} port ${target.port ?? '(none)'}`;
  let last: unknown = new Error('none of its addresses may be connected to');
  try {
    const addresses = await addressesOf(target.host, options);
    const timeoutMs = (options.dialTimeoutMs ?? DIAL_TIMEOUT_MS) / Math.max(addresses.length, 1);
    for (const address of addresses) {
      try {
        return await MsrpConnection.open(target, address, lookup, { ...options, timeoutMs });
      } catch (error) {
        last = error;
        if (error instanceof FingerprintMismatch) break;
      }
    }
  } catch (error) {
    last = error;
  }
  throw new Error(`${where}: ${last instanceof Error ? last.message : String(last)}`, { cause: last });
}

async function addressesOf(host: string, options: DialOptions): Promise<readonly string[]> {
  const found = isIP(host) === 0 ? await (options.resolve ?? resolveName)(host) : [host];
  return found.filter((address) => options.mayConnectTo?.(address) ?? true).slice(0, MAX_ADDRESSES);
}

async function resolveName(name: string): Promise<readonly string[]> {
  const found = await lookupName(name, { all: true, verbatim: true });
  return found.map(({ address }) => address);
}
