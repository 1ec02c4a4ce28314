import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A UDP line to one port that loses a share of the datagrams each way, the same ones in every run. */
export class LossyLine {
  readonly #near: Socket;
  readonly #far: Socket;
  #seed = 20_261_121;
  #lost = 0;
  #share: number;

  private constructor(near: Socket, far: Socket, share: number) {
    this.#share = share;
    this.#near = near;
    this.#far = far;
  }

  static async open(corePort: number, share: number): Promise<LossyLine> {
    const near = createSocket('udp4');
    const far = createSocket('udp4');
    near.bind(0, '127.0.0.1');
    await once(near, 'listening');
    far.connect(corePort, '127.0.0.1');
    await once(far, 'connect');
    const line = new LossyLine(near, far, share);
    let terminalPort = 0;
    near.on('message', (bytes, from) => {
      terminalPort = from.port;
      if (!line.#loses()) far.send(bytes);
    });
    far.on('message', (bytes) => {
      if (!line.#loses() && terminalPort !== 0) near.send(bytes, terminalPort, '127.0.0.1');
    });
    return line;
  }

  get uri(): string {
    return `sip:127.0.0.1:${this.#near.address().port};transport=udp`;
  }

  /** Datagrams lost so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Changes the share that is lost from now on. */
  lose(share: number): void {
    this.#share = share;
  }

  close(): void {
    this.#near.close();
    this.#far.close();
  }

  #loses(): boolean {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) >>> 0;
    const lost = this.#seed / 2 ** 32 < this.#share;
    if (lost) this.#lost += 1;
    return lost;
  }
}
