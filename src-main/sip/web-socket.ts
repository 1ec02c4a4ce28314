import { isUtf8 } from 'node:buffer';
import type { Socket as NetSocket } from 'node:net';
import { WebSocket } from 'ws';
import { formatHostPort } from './core-address.ts';
import { KeepAlive } from './keep-alive.ts';
import {
  CONNECT_TIMEOUT_MS,
  explainSocketError,
  FAREWELL_MS,
  KEEP_ALIVE_MS,
  localOf,
  MAX_UNSENT_BYTES,
  MAX_UNSENT_PONG_BYTES,
  remoteOf,
  type SipSocket,
  type SocketAddress,
  type TlsSettings,
  tlsOptions,
} from './socket.ts';
import type { SipTap, SipWire } from './wire-tap.ts';

export type WebSocketOptions = {
  /** IP address to connect to, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  /** Host of the URL; a certificate must be for it. */
  readonly name: string;
  readonly path: string;
  /** TLS, or null for `ws:`. */
  readonly tls: TlsSettings | null;
  readonly tap?: SipTap;
};

/** Largest message taken; a larger one ends the connection. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Frames of one message: SIP uses one (RFC 7118 §5.2), and each costs more memory than its bytes. */
const MAX_FRAGMENTS = 4_096;
const BLANK = /^(?:\r\n){1,2}$/;

/** SIP over WebSocket (RFC 7118): one message a frame, kept alive by WebSocket's own pings (§6). */
export class WebSocketSocket implements SipSocket {
  readonly via_transport: string;
  readonly url: string;
  readonly sip_uri: string;
  onconnect: () => void = () => {};
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {};
  ondata: (message: string) => void = () => {};
  readonly #options: WebSocketOptions;
  #socket: WebSocket | null = null;
  #stream: NetSocket | null = null;
  #keepAlive: KeepAlive | null = null;
  #keepAliveMs = KEEP_ALIVE_MS;
  #wire: SipWire | null = null;

  constructor(options: WebSocketOptions) {
    this.#options = options;
    const scheme = options.tls === null ? 'ws' : 'wss';
    const shown = formatHostPort(options.name, options.port);
    this.via_transport = scheme.toUpperCase();
    this.url = `${scheme}://${shown}${options.path}`;
    this.sip_uri = `sip:${shown};transport=ws`;
  }

  get local(): SocketAddress | null {
    return localOf(this.#stream);
  }

  get remote(): SocketAddress | null {
    return remoteOf(this.#stream);
  }

  connect(): void {
    this.disconnect();
    const { address, name, tls } = this.#options;
    const family = address.includes(':') ? 6 : 4;
    const socket = new WebSocket(this.url, 'sip', {
      maxPayload: MAX_MESSAGE_BYTES,
      maxFragments: MAX_FRAGMENTS,
      perMessageDeflate: false,
      // The name was looked up already, and perhaps by SRV: it is not looked up again.
      lookup: (_name, { all }, done) =>
        all === true ? done(null, [{ address, family }]) : done(null, address, family),
      ...(tls === null ? {} : tlsOptions(tls, name)),
    });
    this.#socket = socket;
    const keepAlive = new KeepAlive({
      intervalMs: this.#keepAliveMs,
      ping: () => {
        this.#wire?.keepAlive('out', 'WebSocket ping');
        socket.ping();
      },
      dead: () => lose('The core no longer answers on this connection.'),
    });
    let reason = 'The core closed the connection.';
    let isLost = false;
    const lose = (why: string): void => {
      isLost = true;
      reason = why;
      socket.terminate();
    };
    // Not the library's own limit, which every byte of a handshake that never ends would put off.
    const late = setTimeout(() => lose('The core did not answer the connection.'), CONNECT_TIMEOUT_MS);
    socket.on('upgrade', (response) => {
      this.#stream = response.socket;
    });
    socket.on('open', () => {
      clearTimeout(late);
      const { tap } = this.#options;
      this.#wire = tap?.({ transport: this.via_transport, local: this.local, remote: this.remote }) ?? null;
      this.#keepAlive = keepAlive;
      keepAlive.ask();
      this.onconnect();
    });
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1');
      if (this.#socket !== socket || text === '') return;
      if (!BLANK.test(text)) {
        this.#wire?.message('in', text);
        this.ondata(text);
        return;
      }
      this.#wire?.keepAlive('in', text);
      if (text.length !== 4 || socket.bufferedAmount >= MAX_UNSENT_PONG_BYTES) return;
      this.#wire?.keepAlive('out', '\r\n');
      socket.send('\r\n');
    });
    socket.on('pong', () => {
      this.#wire?.keepAlive('in', 'WebSocket pong');
      keepAlive.pong();
    });
    socket.on('error', (error) => {
      if (!isLost) reason = explainWebSocketError(error);
    });
    socket.on('close', () => {
      clearTimeout(late);
      keepAlive.close();
      if (this.#socket !== socket) return;
      this.#release();
      this.ondisconnect(true, undefined, reason);
    });
  }

  /** Closes without calling ondisconnect: the caller asked for it. */
  disconnect(): void {
    const socket = this.#socket;
    this.#keepAlive?.close();
    this.#release();
    if (socket === null) return;
    socket.close();
    // The library would wait much longer for the other side's farewell.
    setTimeout(() => socket.terminate(), FAREWELL_MS).unref();
  }

  send(message: string): boolean {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return false;
    if (socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.drop('The core reads nothing of what is sent to it.');
      return false;
    }
    this.#wire?.message('out', message);
    const bytes = Buffer.from(message, 'latin1');
    socket.send(bytes, { binary: !isUtf8(bytes) });
    return true;
  }

  isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.#socket?.readyState === WebSocket.CONNECTING;
  }

  keepAliveEvery(seconds: number): void {
    this.#keepAliveMs = seconds * 1000;
    this.#keepAlive?.every(this.#keepAliveMs);
  }

  probe(): void {
    this.#keepAlive?.ask();
  }

  drop(reason: string): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#keepAlive?.close();
    this.#release();
    socket.terminate();
    this.ondisconnect(true, undefined, reason);
  }

  #release(): void {
    this.#socket = null;
    this.#stream = null;
    this.#wire = null;
    this.#keepAlive = null;
  }
}

function explainWebSocketError(error: Error): string {
  if (/subprotocol/i.test(error.message)) return 'The server there does not speak SIP over WebSocket.';
  const refused = /Unexpected server response: (\d+)/.exec(error.message);
  if (refused !== null) return `The server there answered ${refused[1]} instead of opening a WebSocket.`;
  return explainSocketError(error);
}
