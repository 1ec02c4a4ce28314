import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { StreamFramer } from './framing.ts';

/**
 * A core for hostile tests: registers whoever asks, sends any bytes, and keeps what it gets as text, because an answer to
 * a malformed request may be malformed itself.
 */
export class RawCore {
  readonly uri: string;
  /** The final answers that came, as latin1 text, in order. */
  readonly answers: string[] = [];
  /** Times a terminal registered. */
  registrations = 0;
  readonly #close: () => Promise<void>;
  #write: (bytes: Buffer) => void = () => {};
  #cut: () => void = () => {};
  #waiters: (() => void)[] = [];

  private constructor(uri: string, close: () => Promise<void>) {
    this.uri = uri;
    this.#close = close;
  }

  static async open(transport: 'tcp' | 'udp'): Promise<RawCore> {
    return transport === 'tcp' ? RawCore.#overTcp() : RawCore.#overUdp();
  }

  send(bytes: Buffer | string): void {
    this.#write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** The status of the answer with this Call-ID, waiting for it. */
  async code(callId: string): Promise<number> {
    for (;;) {
      const found = this.answers.find((text) => text.includes(`Call-ID: ${callId}\r\n`));
      if (found !== undefined) return codeOf(found);
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** Waits until a terminal registered this many times. */
  async registered(count: number): Promise<void> {
    while (this.registrations < count) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Breaks the connection of TCP. */
  cut(): void {
    this.#cut();
  }

  close(): Promise<void> {
    return this.#close();
  }

  static async #overTcp(): Promise<RawCore> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      core.#write = (bytes) => socket.write(bytes);
      core.#cut = () => socket.destroy();
      const framer = new StreamFramer();
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        for (const frame of framer.push(bytes)) {
          if (frame.kind === 'ping') socket.write('\r\n');
          if (frame.kind === 'message') core.#receive(frame.text);
        }
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const core = new RawCore(`sip:127.0.0.1:${port};transport=tcp`, async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    return core;
  }

  static async #overUdp(): Promise<RawCore> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const core = new RawCore(`sip:127.0.0.1:${socket.address().port};transport=udp`, async () => {
      socket.close();
      await once(socket, 'close');
    });
    socket.on('message', (bytes, from) => {
      core.#write = (answer) => socket.send(answer, from.port, from.address);
      core.#receive(bytes.toString('latin1'));
    });
    return core;
  }

  #receive(text: string): void {
    if (text.startsWith('REGISTER ')) {
      this.#write(Buffer.from(acceptance(text), 'latin1'));
      this.registrations += 1;
    } else if (codeOf(text) >= 200) {
      this.answers.push(text);
    }
    for (const wake of this.#waiters.splice(0)) wake();
  }
}

/** The status code of a response. */
export function codeOf(answer: string): number {
  return Number(/^SIP\/2\.0 (\d{3})/.exec(answer)?.[1]);
}

/** A 200 to a REGISTER that repeats its Contact. */
function acceptance(register: string): string {
  const line = (name: string) => new RegExp(`^${name}:.*$`, 'im').exec(register)?.[0].trim() ?? '';
  const contact = /<[^>]*>/.exec(line('Contact'))?.[0] ?? '';
  return [
    'SIP/2.0 200 OK',
    line('Via'),
    line('From'),
    `${line('To')};tag=core`,
    line('Call-ID'),
    line('CSeq'),
    `Contact: ${contact};expires=600`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}
