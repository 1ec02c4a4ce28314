import { type AddressInfo, createServer, type Server } from 'node:net';
import { type Flow, type FlowEvents, TcpFlow } from './flow.ts';

/** Connections served at a time; more are closed at once. */
const MAX_FLOWS = 1000;

/** Accepts TCP connections and makes a flow of each. */
export class TcpListener {
  readonly #server: Server;
  readonly #flows = new Map<string, Flow>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on host and port (0 for any free one). Rejects when the address cannot be had. */
  static async open(address: { host: string; port: number }, events: FlowEvents): Promise<TcpListener> {
    const server = createServer();
    const listener = new TcpListener(server);
    server.on('connection', (socket) => {
      if (listener.#flows.size >= MAX_FLOWS) {
        socket.destroy();
        return;
      }
      const flow = new TcpFlow(socket, {
        onMessage: events.onMessage,
        onClosed: (closed) => {
          listener.#flows.delete(closed.id);
          events.onClosed(closed);
        },
      });
      listener.#flows.set(flow.id, flow);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(address.port, address.host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return listener;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The open flow of this id, or undefined. */
  flow(id: string): Flow | undefined {
    return this.#flows.get(id);
  }

  /** Closes every flow and stops listening. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const flow of this.#flows.values()) flow.close();
    await closed;
  }
}
