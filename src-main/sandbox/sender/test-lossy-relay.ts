import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { parseSipUri } from '../../sip/uri.ts';

/** Passes datagrams between clients and a core, each client by a socket of its own, and loses some by a fixed seed. */
export class LossyRelay {
  readonly uri: string;
  readonly #front: Socket;
  readonly #back = new Map<number, Promise<Socket>>();
  readonly #corePort: number;
  readonly #lossPercent: number;
  #seed = 21;
  #lost = 0;

  private constructor(front: Socket, corePort: number, lossPercent: number) {
    this.#front = front;
    this.#corePort = corePort;
    this.#lossPercent = lossPercent;
    this.uri = `sip:127.0.0.1:${front.address().port};transport=udp`;
    front.on('message', (bytes, { port }) => void this.#toCore(bytes, port));
  }

  static async open(core: string, lossPercent: number): Promise<LossyRelay> {
    return new LossyRelay(await bound(), parseSipUri(core)?.port ?? 0, lossPercent);
  }

  /** How many datagrams were lost on purpose. */
  get lost(): number {
    return this.#lost;
  }

  close(): void {
    this.#front.close();
    for (const socket of this.#back.values()) void socket.then((one) => one.close());
  }

  async #toCore(bytes: Buffer, client: number): Promise<void> {
    const known = this.#back.get(client) ?? this.#socketFor(client);
    this.#back.set(client, known);
    const socket = await known;
    if (!this.#loses()) socket.send(bytes, this.#corePort, '127.0.0.1');
  }

  async #socketFor(client: number): Promise<Socket> {
    const socket = await bound();
    socket.on('message', (bytes) => {
      if (!this.#loses()) this.#front.send(bytes, client, '127.0.0.1');
    });
    return socket;
  }

  #loses(): boolean {
    // Not every third or so: repetitions in step with the losses would never get through.
    this.#seed = (this.#seed * 1103515245 + 12345) % 2147483648;
    if ((this.#seed >> 8) % 100 >= this.#lossPercent) return false;
    this.#lost += 1;
    return true;
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
