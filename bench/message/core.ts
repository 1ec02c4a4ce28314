import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { StreamFramer } from '../../src-main/sip/framing.ts';
import { parseSipText, type SipRequest } from '../../src-main/sip/message.ts';
import { withoutPings } from './pings.ts';

const HOST = '127.0.0.1';
const PONG = '\r\n';

/** When the first byte of a relayed run came and when the last one left, in ms. */
export type Span = { firstAt: number; lastAt: number };

/**
 * The smallest core there can be: it registers one terminal, and then is a pipe between SIPp's connection and the
 * terminal's flow, or SIPp's UAS. Both peers of the comparison are reached through the same pipe.
 */
export class PipeCore {
  readonly #registrar: Server;
  readonly #entrance: Server;
  readonly #flow = withResolver<Socket>();
  readonly #span: Span = { firstAt: 0, lastAt: 0 };
  #target: number | null = null;

  private constructor(registrar: Server, entrance: Server) {
    this.#registrar = registrar;
    this.#entrance = entrance;
    registrar.on('connection', (socket: Socket) => this.#register(socket));
    entrance.on('connection', (socket: Socket) => void this.#relay(socket));
  }

  static async open(): Promise<PipeCore> {
    const servers = [createServer({ noDelay: true }), createServer({ noDelay: true })] as const;
    for (const server of servers) await once(server.listen(0, HOST), 'listening');
    return new PipeCore(...servers);
  }

  /** Where the terminal registers. */
  get uri(): string {
    return `sip:${HOST}:${portOf(this.#registrar)};transport=tcp`;
  }

  /** Where SIPp sends to. */
  get entrance(): number {
    return portOf(this.#entrance);
  }

  /** Resolves when the terminal is registered. */
  async registered(): Promise<void> {
    await this.#flow.promise;
  }

  /** Sends what comes next to this port, or to the terminal. Answers the times, which go on until the run is over. */
  aim(port: number | null): Span {
    this.#target = port;
    this.#span.firstAt = 0;
    return this.#span;
  }

  async close(): Promise<void> {
    (await this.#flow.promise).destroy();
    this.#registrar.close();
    this.#entrance.close();
  }

  #register(socket: Socket): void {
    const framer = new StreamFramer();
    const listen = (bytes: Buffer) => {
      for (const frame of framer.push(bytes)) {
        if (frame.kind === 'ping') socket.write(PONG);
        if (frame.kind !== 'message') continue;
        const parsed = parseSipText(frame.text);
        if (parsed.kind !== 'ok' || parsed.message.kind !== 'request') continue;
        socket.write(answerTo(parsed.message));
        if (parsed.message.method === 'REGISTER') this.#flow.resolve(socket);
      }
    };
    socket.on('data', listen);
    socket.on('error', () => {});
  }

  async #relay(client: Socket): Promise<void> {
    client.pause();
    const port = this.#target;
    const target = port === null ? await this.#flow.promise : connect({ host: HOST, port, noDelay: true });
    const listeners = target.listeners('data');
    target.removeAllListeners('data');
    const span = this.#span;
    client.on('data', (bytes) => {
      if (span.firstAt === 0) span.firstAt = performance.now();
      if (!target.write(bytes)) client.pause();
    });
    const drained = () => client.resume();
    target.on('drain', drained);
    // The terminal's pings are for us: SIPp would not answer them.
    const answers = withoutPings(() => target.write(PONG));
    target.on('data', (bytes: Buffer) => {
      span.lastAt = performance.now();
      const rest = answers(bytes);
      if (rest.length > 0) client.write(rest);
    });
    client.on('error', () => {});
    client.on('close', () => {
      target.off('drain', drained);
      target.removeAllListeners('data');
      for (const listener of listeners) target.on('data', listener as (bytes: Buffer) => void);
      if (port !== null) target.destroy();
    });
    client.resume();
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** 200 with the Contact as it came to REGISTER, 489 to anything else. */
function answerTo(request: SipRequest): string {
  const isRegister = request.method === 'REGISTER';
  const lines = [isRegister ? 'SIP/2.0 200 OK' : 'SIP/2.0 489 Bad Event'];
  for (const via of request.headers('Via')) lines.push(`Via: ${via}`);
  lines.push(`From: ${request.header('From')}`, `To: ${request.header('To')};tag=core`);
  lines.push(`Call-ID: ${request.callId}`, `CSeq: ${request.header('CSeq')}`);
  if (isRegister) lines.push(`Contact: ${request.header('Contact')}`, 'Expires: 7200');
  return [...lines, 'Content-Length: 0', '', ''].join('\r\n');
}

function withResolver<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
