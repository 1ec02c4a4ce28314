import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Flow, FlowEvents } from './flow.ts';
import { boundTo, type CoreCertificate, type Listener, listenWith, OpenFlows } from './listener.ts';
import { StreamFlow } from './stream-flow.ts';

/** How long a TLS handshake may take, in milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Accepts connections over TCP, or over TLS when it has a certificate (RFC 3261 §18.2.1, §26.3.1). */
export class StreamListener implements Listener {
  readonly transport: 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
  readonly close: () => Promise<void>;
  readonly #flows: OpenFlows;

  private constructor(
    transport: 'tcp' | 'tls',
    server: Server,
    flows: OpenFlows,
    close: () => Promise<void>,
  ) {
    const { host, port } = boundTo(server);
    this.transport = transport;
    this.host = host;
    this.port = port;
    this.#flows = flows;
    this.close = close;
  }

  /** Listens on host and port (0 for any free one). Rejects when the address cannot be had. */
  static async open(
    address: { readonly host: string; readonly port: number },
    events: FlowEvents,
    certificate: CoreCertificate | null = null,
  ): Promise<StreamListener> {
    const transport = certificate === null ? 'tcp' : 'tls';
    const flows = new OpenFlows(events);
    const accept = (socket: Socket): void => {
      flows.add(new StreamFlow(socket, transport === 'tcp' ? 'TCP' : 'TLS', flows.events));
    };
    const server =
      certificate === null
        ? createServer(accept)
        : createTlsServer(
            { ...certificate, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
            accept,
          );
    const close = await listenWith(server, address.host, address.port);
    return new StreamListener(transport, server, flows, close);
  }

  flow(id: string): Flow | undefined {
    return this.#flows.get(id);
  }
}
