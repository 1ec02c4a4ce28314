import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { CLOSE_TIMEOUT_MS, type ConnectionOptions, MsrpConnection, type MsrpTls } from './connection.ts';
import { withDirectReads } from './direct-reads.ts';
import type { MsrpSession } from './session.ts';

/** Time an accepted connection has to name a session of ours. */
export const BIND_TIMEOUT_MS = 30_000;
/** Accepted connections without a session; one more pushes out the oldest. */
export const MAX_UNBOUND_CONNECTIONS = 64;
/** Connections of any kind; further ones are closed at once. */
export const MAX_CONNECTIONS = 1024;

/** Sessions that can be registered at a time. */
export const MAX_SESSIONS = 1024;

export type ListenerOptions = ConnectionOptions & {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Present for `msrps`. */
  readonly tls?: MsrpTls;
  readonly bindTimeoutMs?: number;
};

/**
 * Accepts MSRP connections and gives each to the session its first SEND names (RFC 4975 §5.4). Sessions
 * are registered before their URI leaves in SDP.
 */
export class MsrpListener {
  readonly host: string;
  readonly port: number;
  readonly #server: Server;
  readonly #options: ListenerOptions;
  readonly #sessions = new Map<string, MsrpSession>();
  /** TCP sockets, those in the middle of a TLS handshake too. */
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<MsrpConnection>();
  /** Accepted connections no session is bound to yet, the oldest first. */
  readonly #unbound = new Set<MsrpConnection>();

  private constructor(server: Server, port: number, options: ListenerOptions) {
    this.host = options.host;
    this.port = port;
    this.#server = server;
    this.#options = options;
  }

  /** Listens. Rejects with the error of the operating system, for instance EADDRINUSE. */
  static open(options: ListenerOptions): Promise<MsrpListener> {
    return new Promise((resolve, reject) => {
      const server =
        options.tls === undefined
          ? createTcpServer({ allowHalfOpen: true })
          : createTlsServer({
              ...options.tls,
              // Who a certificate belongs to is known once a session is named (RFC 4975 §14.4).
              requestCert: true,
              rejectUnauthorized: false,
              handshakeTimeout: BIND_TIMEOUT_MS,
            });
      server.maxConnections = MAX_CONNECTIONS;
      server.once('error', reject);
      server.listen({ host: options.host, port: options.port }, () => {
        server.off('error', reject);
        const address = server.address();
        const port = typeof address === 'object' && address !== null ? address.port : options.port;
        const listener = new MsrpListener(server, port, options);
        if (options.tls === undefined) {
          server.on('connection', (socket: Socket) => listener.#acceptTcp(socket));
        } else {
          server.on('connection', (socket: Socket) => listener.#watch(socket));
          server.on('secureConnection', (socket: Socket) => listener.#accept(socket));
        }
        // Without a handler a failed accept would end the process.
        server.on('error', () => {});
        resolve(listener);
      });
    });
  }

  /** Connections open now, bound or not. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** The session with this id. */
  session(sessionId: string): MsrpSession | undefined {
    return this.#sessions.get(sessionId);
  }

  /** Makes a session reachable under its session id. Throws if the id is taken or there are MAX_SESSIONS. */
  register(sessionId: string, session: MsrpSession): void {
    if (this.#sessions.size >= MAX_SESSIONS) throw new Error('There are too many MSRP sessions.');
    if (this.#sessions.has(sessionId)) throw new Error('MSRP session id is in use');
    this.#sessions.set(sessionId, session);
  }

  /** Forgets a session: requests for it get 481 from now on. Its connection ends with its last session. */
  unregister(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    this.#sessions.delete(sessionId);
    session?.connection?.detach(session);
  }

  /** Stops listening and closes every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#sessions.clear();
    for (const connection of this.#connections) connection.close({ kind: 'local' });
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, CLOSE_TIMEOUT_MS);
    await closed;
    clearTimeout(timer);
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #acceptTcp(accepted: Socket): void {
    const { memory } = this.#options;
    const socket = memory === undefined ? accepted : withDirectReads(accepted, memory);
    this.#watch(socket);
    this.#accept(socket);
  }

  #accept(socket: Socket): void {
    // Over TLS only from here on: before, a peer that breaks off has to be gone at once.
    socket.allowHalfOpen = true;
    const connection = new MsrpConnection(socket, (id) => this.session(id), this.#options);
    this.#connections.add(connection);
    this.#unbound.add(connection);
    const timer = setTimeout(() => {
      if (connection.sessions.size === 0) connection.destroy({ kind: 'timeout', waitedFor: 'session' });
    }, this.#options.bindTimeoutMs ?? BIND_TIMEOUT_MS);
    connection.onClose(() => {
      clearTimeout(timer);
      this.#connections.delete(connection);
      this.#unbound.delete(connection);
    });
    this.#limitUnbound();
  }

  #limitUnbound(): void {
    if (this.#unbound.size <= MAX_UNBOUND_CONNECTIONS) return;
    for (const connection of this.#unbound) {
      if (connection.sessions.size > 0) this.#unbound.delete(connection);
    }
    const [oldest] = this.#unbound;
    if (this.#unbound.size > MAX_UNBOUND_CONNECTIONS) {
      oldest?.destroy({ kind: 'timeout', waitedFor: 'session' });
    }
  }
}
