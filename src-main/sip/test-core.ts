import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import { StreamFramer } from './framing.ts';
import { parseSipText, type SipMessage, SipRequest, SipResponse } from './message.ts';

/**
 * A scripted SIP peer for tests: a real TCP server on loopback that collects what one client sends and says
 * what the test tells it to say.
 */
export class TestCore {
  /** Whether keep-alive pings get their pong. */
  answersPings = true;
  readonly #server: Server;
  readonly #received: SipMessage[] = [];
  #pings = 0;
  #waiters: (() => void)[] = [];
  #socket: Socket | null = null;

  private constructor(server: Server) {
    this.#server = server;
    server.on('tlsClientError', () => {});
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) =>
      this.#accept(socket),
    );
  }

  /** Listens on any free port, over TLS when given a certificate. */
  static open(tls?: { readonly cert: string; readonly key: string }): Promise<TestCore> {
    return new Promise((resolve, reject) => {
      const server = tls === undefined ? createServer() : createTlsServer(tls);
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(new TestCore(server)));
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** The next request with this method, waiting for it. Others before it stay. */
  async request(method: string): Promise<SipRequest> {
    return this.#next(
      (message) => message instanceof SipRequest && message.method === method,
    ) as Promise<SipRequest>;
  }

  /** The next response, final ones only unless told, waiting for it. */
  async response(options: { readonly provisional?: boolean } = {}): Promise<SipResponse> {
    const wanted = (message: SipMessage) =>
      message instanceof SipResponse && (message.code >= 200 || options.provisional === true);
    return this.#next(wanted) as Promise<SipResponse>;
  }

  /** Waits until this many keep-alive pings have come. */
  async pings(count: number): Promise<void> {
    while (this.#pings < count) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Sends text as it is; lines are joined with CRLF. */
  send(...lines: readonly string[]): void {
    this.#socket?.write(Buffer.from(lines.join('\r\n'), 'latin1'));
  }

  /** Answers a request with a code and further header lines. */
  answer(request: SipRequest, code: number, headers: readonly string[] = [], tag = 'core', body = ''): void {
    const lines = [`SIP/2.0 ${code} Test`];
    for (const via of request.headers('Via')) lines.push(`Via: ${via}`);
    lines.push(`From: ${request.header('From')}`);
    lines.push(`To: ${request.header('To')}${request.toTag === undefined ? `;tag=${tag}` : ''}`);
    lines.push(`Call-ID: ${request.callId}`, `CSeq: ${request.header('CSeq')}`, ...headers);
    this.send(...lines, `Content-Length: ${body.length}`, '', body);
  }

  /** Forgets what came and was not asked for. */
  forget(): void {
    this.#received.length = 0;
  }

  /** Cuts the client's connection. */
  drop(): void {
    this.#socket?.destroy();
  }

  close(): Promise<void> {
    this.#socket?.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.#socket = socket;
    const framer = new StreamFramer();
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      for (const frame of framer.push(bytes)) {
        if (frame.kind === 'ping') this.#pinged(socket);
        if (frame.kind !== 'message') continue;
        const parsed = parseSipText(frame.text);
        if (parsed.kind === 'ok') this.#received.push(parsed.message);
      }
      for (const wake of this.#waiters.splice(0)) wake();
    });
  }

  #pinged(socket: Socket): void {
    this.#pings += 1;
    if (this.answersPings) socket.write('\r\n');
  }

  async #next(wanted: (message: SipMessage) => boolean): Promise<SipMessage> {
    for (;;) {
      const index = this.#received.findIndex(wanted);
      const [found] = index < 0 ? [] : this.#received.splice(index, 1);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }
}

/** A MESSAGE or INVITE as a core would forward it; header lines can be replaced by name or added. */
export function pushRequest(
  method: string,
  options: {
    readonly to?: string;
    readonly branch?: string;
    readonly callId?: string;
    readonly cseq?: number;
    readonly headers?: readonly string[];
    readonly body?: string;
    readonly toTag?: string;
    readonly fromTag?: string;
  } = {},
): string {
  const body = options.body ?? '';
  const id = options.branch ?? Math.random().toString(36).slice(2);
  return [
    `${method} ${options.to ?? 'sip:bob@push.test'} SIP/2.0`,
    `Via: SIP/2.0/TCP core.push.test;branch=z9hG4bK${id}`,
    `From: <sip:psa@push.test>;tag=${options.fromTag ?? 'sender'}`,
    `To: <sip:bob@push.test>${options.toTag === undefined ? '' : `;tag=${options.toTag}`}`,
    `Call-ID: ${options.callId ?? `call-${id}`}`,
    `CSeq: ${options.cseq ?? 1} ${method}`,
    'Max-Forwards: 70',
    ...(options.headers ?? []),
    `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
    '',
    body,
  ].join('\r\n');
}
