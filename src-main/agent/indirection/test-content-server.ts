import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { ExternalReference } from '../../content/external-body.ts';
import { CERTIFICATE, KEY } from '../../msrp/test-certificate.ts';

/** A web server on loopback for tests. */
export type ContentServer = {
  readonly port: number;
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
};

export async function startServer(kind: 'http' | 'https', answer: RequestListener): Promise<ContentServer> {
  const requests: string[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(`${request.headers.host} ${request.url}`);
    answer(request, response);
  };
  const server: Server =
    kind === 'http' ? createServer(listener) : createHttpsServer({ cert: CERTIFICATE, key: KEY }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A server that takes connections and says nothing. */
export async function startSilentServer(): Promise<ContentServer> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests: [],
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A reference as a push would make it. */
export function makeReference(url: string, change: Partial<ExternalReference> = {}): ExternalReference {
  return {
    url,
    expiration: new Date(Date.now() + 3_600_000),
    size: null,
    hash: null,
    hashUsable: false,
    permission: 'read',
    contentId: null,
    innerType: null,
    innerDisposition: null,
    innerEncoding: null,
    description: null,
    optional: false,
    ...change,
  };
}
