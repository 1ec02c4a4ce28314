import { lookup } from 'node:dns/promises';
import type { CoreCertificate, ListenAddress, Listener, ListenTransport } from './listener.ts';
import { StreamListener } from './stream-listener.ts';
import { type UdpEvents, UdpListener } from './udp-listener.ts';
import { WebSocketListener } from './web-socket-listener.ts';

/** Tries to find a port that is free for TCP and UDP alike. */
const MAX_TRIES = 20;
const SHARES_PORT: ReadonlySet<ListenTransport> = new Set(['tcp', 'udp']);

/**
 * Listens on every address, or on none. TCP and UDP of one host that both ask for any free port get the same one,
 * since SIP clients change between them on one port (RFC 3261 §18.1.1). Rejects when an address cannot be had.
 */
export async function openListeners(
  addresses: readonly ListenAddress[],
  events: UdpEvents,
  certificate: CoreCertificate | null,
): Promise<readonly Listener[]> {
  if (addresses.length === 0) throw new Error('The core has nothing to listen on.');
  for (let tries = 1; ; tries++) {
    const result = await tryToOpen(addresses, events, certificate);
    if (result.kind === 'open') return result.listeners;
    if (!result.wasShared || tries === MAX_TRIES) throw result.error;
  }
}

/** `wasShared`: the failure was that of a port which was only free for the other transport. */
type Attempt =
  | { readonly kind: 'open'; readonly listeners: readonly Listener[] }
  | { readonly kind: 'failed'; readonly error: unknown; readonly wasShared: boolean };

async function tryToOpen(
  addresses: readonly ListenAddress[],
  events: UdpEvents,
  certificate: CoreCertificate | null,
): Promise<Attempt> {
  const listeners: Listener[] = [];
  for (const [index, wanted] of addresses.entries()) {
    const twin = addresses.findIndex((other, at) => at < index && sharePort(other, wanted));
    const shared = listeners[twin]?.port;
    try {
      // Every transport must mean the same address by a name that has several.
      const { address: host } = await lookup(wanted.host);
      listeners.push(await open({ ...wanted, host, port: shared ?? wanted.port }, events, certificate));
    } catch (error) {
      await Promise.all(listeners.map((listener) => listener.close()));
      return { kind: 'failed', error, wasShared: shared !== undefined };
    }
  }
  return { kind: 'open', listeners };
}

function sharePort(a: ListenAddress, b: ListenAddress): boolean {
  const bothShare = SHARES_PORT.has(a.transport) && SHARES_PORT.has(b.transport);
  return bothShare && a.transport !== b.transport && a.host === b.host && a.port === 0 && b.port === 0;
}

function open(
  address: ListenAddress,
  events: UdpEvents,
  certificate: CoreCertificate | null,
): Promise<Listener> {
  switch (address.transport) {
    case 'tcp':
      return StreamListener.open(address, events);
    case 'udp':
      return UdpListener.open(address, events);
    case 'tls':
      return StreamListener.open(address, events, demanded(certificate));
    case 'ws':
      return WebSocketListener.open(address, events);
    case 'wss':
      return WebSocketListener.open(address, events, demanded(certificate));
  }
}

function demanded(certificate: CoreCertificate | null): CoreCertificate {
  if (certificate === null) throw new Error('TLS needs a certificate and its key.');
  return certificate;
}
