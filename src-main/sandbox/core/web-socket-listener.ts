import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:net';
import { WebSocketServer } from 'ws';
import { MAX_HEADER_BYTES } from '../../sip/framing.ts';
import { type Flow, type FlowEvents, MAX_BODY_BYTES } from './flow.ts';
import { boundTo, type CoreCertificate, type Listener, listenWith, OpenFlows } from './listener.ts';
import { WebSocketFlow } from './web-socket-flow.ts';

const SUBPROTOCOL = 'sip';
/** How long a TLS handshake, and then the header of an HTTP request, may take, in milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Accepts WebSocket connections of the subprotocol `sip`, over TLS when it has a certificate (RFC 7118 §4).
 * Any path is taken.
 */
export class WebSocketListener implements Listener {
  readonly transport: 'ws' | 'wss';
  readonly host: string;
  readonly port: number;
  readonly close: () => Promise<void>;
  readonly #flows: OpenFlows;

  private constructor(transport: 'ws' | 'wss', server: Server, flows: OpenFlows, close: () => Promise<void>) {
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
  ): Promise<WebSocketListener> {
    const transport = certificate === null ? 'ws' : 'wss';
    const flows = new OpenFlows(events);
    const limits = { headersTimeout: HANDSHAKE_TIMEOUT_MS, requestTimeout: HANDSHAKE_TIMEOUT_MS };
    const server =
      certificate === null
        ? createServer(limits, refuse)
        : createTlsServer(
            { ...certificate, ...limits, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
            refuse,
          );
    const sockets = new WebSocketServer({
      server,
      perMessageDeflate: false,
      maxPayload: MAX_HEADER_BYTES + MAX_BODY_BYTES,
      verifyClient: ({ req }, answer) =>
        answer(offersSip(req), 400, 'This server speaks the WebSocket subprotocol sip only.'),
      handleProtocols: () => SUBPROTOCOL,
    });
    // Errors of the server reach who listens with it.
    sockets.on('error', () => {});
    sockets.on('connection', (socket, request) => {
      flows.add(new WebSocketFlow(socket, request.socket, transport === 'ws' ? 'WS' : 'WSS', flows.events));
    });
    const close = await listenWith(server, address.host, address.port);
    return new WebSocketListener(transport, server, flows, close);
  }

  flow(id: string): Flow | undefined {
    return this.#flows.get(id);
  }
}

/** Plain HTTP has no business here (RFC 9110 §15.5.22). */
const refuse: RequestListener = (_request, response) => {
  response.writeHead(426, { Upgrade: 'websocket', Connection: 'close' }).end();
};

function offersSip(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol'] ?? '';
  return offered.split(',').some((protocol) => protocol.trim() === SUBPROTOCOL);
}
