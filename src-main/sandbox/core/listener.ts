import type { Server, Socket } from 'node:net';
import type { Flow, FlowEvents } from './flow.ts';

export type ListenTransport = 'tcp' | 'udp' | 'tls' | 'ws' | 'wss';

/** Where to listen. `port` 0 takes any free one. */
export type ListenAddress = {
  readonly transport: ListenTransport;
  /** Name or IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
};

/** Certificate and key of the core, as PEM texts. */
export type CoreCertificate = { readonly cert: string; readonly key: string };

/** A door of the core: takes connections of one transport and makes a flow of each. */
export interface Listener {
  readonly transport: ListenTransport;
  /** The IP address it is bound to. */
  readonly host: string;
  readonly port: number;
  /** The open flow of this id, or undefined. */
  flow(id: string): Flow | undefined;
  /** Closes every flow and stops listening. */
  close(): Promise<void>;
}

/** Connections a listener serves at a time; more are closed at once. */
export const MAX_CONNECTIONS = 1000;
/** Silence after which the system asks whether a peer is still there, in milliseconds. */
const TCP_KEEP_ALIVE_MS = 120_000;

/**
 * Listens with a server of node:net, node:tls, node:http or node:https, and answers what ends it and every connection
 * it has, also those whose TLS handshake or HTTP upgrade is still to come. Rejects when the address cannot be had.
 */
export async function listenWith(server: Server, host: string, port: number): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket) => {
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // A connection that cannot be accepted is its peer's loss alone.
  server.on('error', () => {});
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
}

/** Where a listening server of node:net is bound. */
export function boundTo(server: Server): { readonly host: string; readonly port: number } {
  const address = server.address();
  return typeof address === 'object' && address !== null
    ? { host: address.address, port: address.port }
    : { host: '', port: 0 };
}

/** The open flows of a listener of connections: each is known from its first message to its end. */
export class OpenFlows {
  readonly #flows = new Map<string, Flow>();
  /** What the flows are to be made with. */
  readonly events: FlowEvents;

  constructor(events: FlowEvents) {
    this.events = {
      onMessage: events.onMessage,
      onClosed: (flow) => {
        this.#flows.delete(flow.id);
        events.onClosed(flow);
      },
    };
  }

  add(flow: Flow): void {
    this.#flows.set(flow.id, flow);
  }

  get(id: string): Flow | undefined {
    return this.#flows.get(id);
  }
}
