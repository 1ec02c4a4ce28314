import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP line to one port that can go dead: connections stay open, and nothing passes any more. */
export class DeadLine {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(port: number): Promise<DeadLine> {
    const server = createServer();
    const line = new DeadLine(server);
    server.on('connection', (near) => {
      const far = connect(port, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        line.#sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
        from.pipe(to);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get uri(): string {
    const address = this.#server.address();
    return `sip:127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0};transport=tcp`;
  }

  /** From now on the connections there are swallow everything; new ones pass. */
  swallow(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.resume();
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
