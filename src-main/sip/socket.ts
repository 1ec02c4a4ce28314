import { connect, type Socket as NetSocket } from 'node:net';
import { StreamFramer } from './framing.ts';

/** Local end of a connected socket. */
export type LocalAddress = { readonly host: string; readonly port: number };

/**
 * What JsSIP's Transport needs of a socket, plus the local address for Via and Contact.
 * Strings are latin1, one character a byte, so that bodies pass byte-exact.
 */
export interface SipSocket {
  readonly via_transport: string;
  readonly url: string;
  readonly sip_uri: string;
  readonly local: LocalAddress | null;
  onconnect: () => void;
  ondisconnect: (error: boolean, code?: number, reason?: string) => void;
  ondata: (message: string) => void;
  connect(): void;
  disconnect(): void;
  send(message: string): boolean;
  isConnected(): boolean;
  isConnecting(): boolean;
}

/** How long a TCP connect may take. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A peer that reads nothing may hold this much of our output before the connection is given up. */
const MAX_UNSENT_BYTES = 32 * 1024 * 1024;

/**
 * One SIP connection over TCP (RFC 3261 §18): frames by Content-Length in bytes and answers
 * keep-alive pings (RFC 5626 §4.4.1). Reconnecting is the transport's business.
 */
export class TcpSocket implements SipSocket {
  readonly via_transport: string = 'TCP';
  readonly url: string;
  readonly sip_uri: string;
  onconnect: () => void = () => {};
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {};
  ondata: (message: string) => void = () => {};
  readonly #host: string;
  readonly #port: number;
  #socket: NetSocket | null = null;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
    const shown = host.includes(':') ? `[${host}]` : host;
    this.url = `tcp://${shown}:${port}`;
    this.sip_uri = `sip:${shown}:${port};transport=tcp`;
  }

  get local(): LocalAddress | null {
    const { localAddress, localPort } = this.#socket ?? {};
    return localAddress === undefined || localPort === undefined
      ? null
      : { host: localAddress, port: localPort };
  }

  connect(): void {
    this.disconnect();
    const framer = new StreamFramer();
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true, keepAlive: true });
    this.#socket = socket;
    let reason = 'The core closed the connection.';
    socket.setTimeout(CONNECT_TIMEOUT_MS, () =>
      socket.destroy(new Error('The core did not answer the connection.')),
    );
    socket.on('connect', () => {
      socket.setTimeout(0);
      this.onconnect();
    });
    socket.on('data', (bytes) => {
      for (const frame of framer.push(bytes)) {
        switch (frame.kind) {
          case 'message':
            this.ondata(frame.bytes.toString('latin1'));
            break;
          case 'ping':
            socket.write('\r\n');
            break;
          case 'pong':
            break;
          case 'broken':
            socket.destroy(new Error(`The core sent bytes that are no SIP: ${frame.reason}`));
            return;
        }
      }
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', (hadError) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.ondisconnect(hadError, undefined, reason);
    });
  }

  /** Closes without calling ondisconnect: the caller asked for it. */
  disconnect(): void {
    const socket = this.#socket;
    this.#socket = null;
    // end() lets the last response leave; the peer's close or this half's destroy ends it.
    socket?.end(() => socket.destroy());
  }

  send(message: string): boolean {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== 'open') return false;
    if (socket.writableLength > MAX_UNSENT_BYTES) {
      socket.destroy(new Error('The core reads nothing of what is sent to it.'));
      return false;
    }
    socket.write(message, 'latin1');
    return true;
  }

  isConnected(): boolean {
    return this.#socket?.readyState === 'open';
  }

  isConnecting(): boolean {
    return this.#socket?.connecting === true;
  }
}
