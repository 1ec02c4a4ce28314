import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { messageOf } from '../live-push.ts';
import { UAPROF_TYPE } from './uaprof.ts';

const PATH = '/uaprof.rdf';
/** Connections at once; one more is closed. */
const MAX_CONNECTIONS = 32;
const MAX_HEADER_BYTES = 8 * 1024;
/** How long a client may take to say what it wants. */
const REQUEST_TIMEOUT_MS = 5_000;
/** How often that is looked at meanwhile; Node's own half minute would let a few slow clients keep all others out. */
const CHECKS = 5;
const MAX_REQUESTS_PER_CONNECTION = 16;

/** Serves one document and nothing else: no state, no parameters, no bodies. */
export class UaProfServer {
  readonly #server: Server;
  readonly #host: string;
  readonly #flowHost: () => string | null;

  private constructor(server: Server, host: string, flowHost: () => string | null) {
    this.#server = server;
    this.#host = host;
    this.#flowHost = flowHost;
  }

  /**
   * Listens at `HOST:PORT`, port 0 for any free one. `flowHost` is our address on the flow to the core, which the link
   * names when all addresses are listened on. Rejects with a sentence for the user.
   */
  static open(
    address: string,
    document: () => string,
    flowHost: () => string | null,
    timeoutMs: number = REQUEST_TIMEOUT_MS,
  ): Promise<UaProfServer> {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
    const port = Number(address.slice(colon + 1));
    const limits = { maxHeaderSize: MAX_HEADER_BYTES, connectionsCheckingInterval: timeoutMs / CHECKS };
    const server = createServer({ ...limits, keepAlive: false }, (request, response) =>
      answer(request, response, document),
    );
    server.maxConnections = MAX_CONNECTIONS;
    server.headersTimeout = timeoutMs;
    server.requestTimeout = timeoutMs;
    server.keepAliveTimeout = timeoutMs;
    server.timeout = timeoutMs;
    server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
    return new Promise((resolve, reject) => {
      server.once('error', (error) =>
        reject(new Error(`The UAProf document cannot be served at ${address}: ${messageOf(error)}`)),
      );
      server.listen(port, host, () => {
        server.on('error', () => {});
        resolve(new UaProfServer(server, host, flowHost));
      });
    });
  }

  /** Where the document is, as others are told; null while that is not known. */
  get url(): string | null {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) return null;
    const host = this.#host === '0.0.0.0' || this.#host === '::' ? this.#flowHost() : this.#host;
    if (host === null) return null;
    return `http://${isIPv6(host) ? `[${host}]` : host}:${address.port}${PATH}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

function answer(request: IncomingMessage, response: ServerResponse, document: () => string): void {
  // A body is nothing we read.
  request.resume();
  const path = (request.url ?? '').split('?')[0];
  if (path !== PATH) {
    response.writeHead(404).end();
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const content = Buffer.from(document());
  response.writeHead(200, {
    'content-type': `${UAPROF_TYPE}; charset=utf-8`,
    'content-length': content.length,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'GET' ? content : undefined);
}
