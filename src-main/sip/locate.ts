import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type CoreAddress, DEFAULT_PORTS, type Transport } from './core-address.ts';

/** One place to connect to. */
export type Hop = {
  readonly transport: Transport;
  /** IP address, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  /** The name the user wrote: what a certificate must be for (RFC 5922 §7.1), and the host of a WebSocket. */
  readonly name: string;
  readonly path: string;
};

export type SrvRecord = {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
};
export type NaptrRecord = {
  readonly flags: string;
  readonly service: string;
  readonly order: number;
  readonly preference: number;
  readonly replacement: string;
};
/** What a name can be asked for. Each answers an empty list when there is nothing. */
export type Names = {
  readonly naptr: (name: string) => Promise<readonly NaptrRecord[]>;
  readonly srv: (name: string) => Promise<readonly SrvRecord[]>;
  readonly addresses: (name: string) => Promise<readonly string[]>;
};

/** One query to one DNS server, and how many times it is sent. */
const QUERY_MS = 2_000;
const QUERY_TRIES = 2;
/** The system's own look-up has no limit of its own. */
const LOOKUP_MS = 6_000;
/** Places that are tried for one core; a zone with more is cut. */
const MAX_HOPS = 16;
/** Services and SRV records that are followed, and how long: a zone with more must not keep us from other cores. */
const MAX_RECORDS = 16;
const LOCATE_MS = 10_000;

const SERVICES: ReadonlyMap<string, Transport> = new Map([
  ['sip+d2t', 'tcp'],
  ['sips+d2t', 'tls'],
  ['sip+d2u', 'udp'],
  ['sip+d2w', 'ws'],
  ['sips+d2w', 'wss'],
]);
const SRV_PREFIXES: ReadonlyMap<Transport, string> = new Map([
  ['tcp', '_sip._tcp.'],
  ['tls', '_sips._tcp.'],
  ['udp', '_sip._udp.'],
]);

/** DNS for NAPTR and SRV, and the system's look-up, which knows the hosts file, for addresses. */
export const systemNames: Names = {
  ...namesFrom(new Resolver({ timeout: QUERY_MS, tries: QUERY_TRIES })),
  addresses: async (name) => {
    const all = await within(LOOKUP_MS, lookup(name, { all: true }));
    return all.map(({ address }) => address);
  },
};

/** Names asked of a resolver alone. A query that fails counts as no records. */
export function namesFrom(resolver: Resolver): Names {
  const orNone = async <T>(answer: Promise<readonly T[]>): Promise<readonly T[]> => answer.catch(() => []);
  return {
    naptr: (name) => orNone(resolver.resolveNaptr(name)),
    srv: (name) => orNone(resolver.resolveSrv(name)),
    addresses: async (name) => [
      ...(await orNone(resolver.resolve4(name))),
      ...(await orNone(resolver.resolve6(name))),
    ],
  };
}

/**
 * The places of a core in the order they are to be tried (RFC 3263 §4): NAPTR and SRV where the profile leaves port
 * or transport open, then A and AAAA. `random` draws among SRV records by weight (RFC 2782).
 * Rejects with a sentence for the user when the name leads nowhere.
 */
export async function locate(
  core: CoreAddress,
  names: Names = systemNames,
  random: () => number = Math.random,
): Promise<readonly Hop[]> {
  const { host, port, transport, path } = core;
  const at = (where: string, how: Transport, address: string, itsPort: number): Hop => ({
    transport: how,
    address,
    port: itsPort,
    name: where,
    path,
  });
  if (isIP(host) !== 0) {
    const how = transport ?? 'tcp';
    return [at(host, how, host, port ?? DEFAULT_PORTS[how])];
  }
  const services = port === null ? await findServices(host, transport, names) : [];
  const hops: Hop[] = [];
  const until = performance.now() + LOCATE_MS;
  for (const { how, record } of services.slice(0, MAX_RECORDS)) {
    if (performance.now() > until) break;
    for (const srv of bySrvOrder(await names.srv(record), random).slice(0, MAX_RECORDS)) {
      if (performance.now() > until) break;
      // A single dot says that the service is decidedly not there (RFC 2782); nothing listens on port 0.
      if (srv.name === '' || srv.name === '.' || srv.port === 0) continue;
      const addresses = isIP(srv.name) !== 0 ? [srv.name] : await names.addresses(srv.name).catch(() => []);
      hops.push(...addresses.map((address) => at(host, how, address, srv.port)));
      if (hops.length >= MAX_HOPS) return hops.slice(0, MAX_HOPS);
    }
  }
  if (hops.length > 0) return hops;
  const how = transport ?? 'tcp';
  const addresses = await names.addresses(host).catch(() => []);
  if (addresses.length === 0)
    throw new Error(`DNS has no address for ${host}; check the core in the profile.`);
  return addresses.slice(0, MAX_HOPS).map((address) => at(host, how, address, port ?? DEFAULT_PORTS[how]));
}

type Service = { readonly how: Transport; readonly record: string };

/** The SRV records to ask for: as NAPTR orders them, else one for each transport that is possible (RFC 3263 §4.1). */
async function findServices(
  host: string,
  transport: Transport | null,
  names: Names,
): Promise<readonly Service[]> {
  if (transport !== null) {
    const prefix = SRV_PREFIXES.get(transport);
    return prefix === undefined ? [] : [{ how: transport, record: `${prefix}${host}` }];
  }
  const naptr = [...(await names.naptr(host))]
    .sort((a, b) => a.order - b.order || a.preference - b.preference)
    .flatMap(({ flags, service, replacement }) => {
      const how = SERVICES.get(service.toLowerCase());
      return how === undefined || flags.toLowerCase() !== 's' ? [] : [{ how, record: replacement }];
    });
  if (naptr.length > 0) return naptr;
  return [...SRV_PREFIXES].map(([how, prefix]) => ({ how, record: `${prefix}${host}` }));
}

/** Lower priorities first; among equals, drawn by weight (RFC 2782). */
function bySrvOrder(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
  const left = [...records].sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: SrvRecord[] = [];
  while (left.length > 0) {
    const group = left.filter(({ priority }) => priority === left[0]?.priority);
    let drawn = random() * group.reduce((sum, { weight }) => sum + weight, 0);
    const chosen = group.find(({ weight }) => {
      drawn -= weight;
      return drawn <= 0;
    });
    const next = chosen ?? group[0];
    if (next === undefined) break;
    ordered.push(next);
    left.splice(left.indexOf(next), 1);
  }
  return ordered;
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('The name could not be looked up in time.')), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
