import { connect as connectTcp, isIP, type Socket as NetSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { StreamFramer } from './framing.ts';
import { KeepAlive } from './keep-alive.ts';

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

/** PEM texts, as read from the profile's files. */
export type TlsSettings = {
  /** Authorities to trust instead of the system's. */
  readonly ca: string | null;
  /** Client certificate and key. */
  readonly cert: string | null;
  readonly key: string | null;
  /** False only when the user said so: then any certificate is taken. */
  readonly verify: boolean;
};

export type StreamSocketOptions = {
  /** Host name or IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** TLS, or null for plain TCP. */
  readonly tls: TlsSettings | null;
  /** Replaces the times of the keep-alive, in ms. */
  readonly keepAlive?: { readonly intervalMs: number; readonly pongMs: number };
};

/** How long connecting, with the TLS handshake, may take. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A peer that reads nothing may hold this much of our output before the connection is given up. */
const MAX_UNSENT_BYTES = 32 * 1024 * 1024;

/**
 * One SIP connection over TCP or TLS (RFC 3261 §18, §26.3): frames by Content-Length in bytes, answers keep-alive
 * pings, and sends its own so that a half-open connection is noticed (RFC 5626 §4.4.1). Reconnecting is the
 * transport's business.
 */
export class StreamSocket implements SipSocket {
  readonly via_transport: string;
  readonly url: string;
  readonly sip_uri: string;
  onconnect: () => void = () => {};
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {};
  ondata: (message: string) => void = () => {};
  readonly #options: StreamSocketOptions;
  #socket: NetSocket | null = null;
  /** TCP is up, and over TLS the handshake is done. */
  #ready = false;

  constructor(options: StreamSocketOptions) {
    this.#options = options;
    const { host, port, tls } = options;
    const shown = host.includes(':') ? `[${host}]` : host;
    const scheme = tls === null ? 'tcp' : 'tls';
    this.via_transport = scheme.toUpperCase();
    this.url = `${scheme}://${shown}:${port}`;
    this.sip_uri = `sip:${shown}:${port};transport=${scheme}`;
  }

  get local(): LocalAddress | null {
    const { localAddress, localPort } = this.#socket ?? {};
    return localAddress === undefined || localPort === undefined
      ? null
      : { host: localAddress, port: localPort };
  }

  connect(): void {
    this.disconnect();
    const socket = open(this.#options);
    this.#socket = socket;
    const framer = new StreamFramer();
    const keepAlive = new KeepAlive(socket, this.#options.keepAlive);
    let reason = 'The core closed the connection.';
    socket.setTimeout(CONNECT_TIMEOUT_MS, () =>
      socket.destroy(new Error('The core did not answer the connection.')),
    );
    socket.on(this.#options.tls === null ? 'connect' : 'secureConnect', () => {
      socket.setTimeout(0);
      this.#ready = true;
      keepAlive.start();
      this.onconnect();
    });
    socket.on('data', (bytes) => {
      for (const frame of framer.push(bytes)) {
        if (this.#socket !== socket) return;
        switch (frame.kind) {
          case 'message':
            this.ondata(frame.bytes.toString('latin1'));
            break;
          case 'ping':
            socket.write('\r\n');
            break;
          case 'pong':
            keepAlive.pong();
            break;
          case 'broken':
            socket.destroy(new Error(`The core sent bytes that are no SIP: ${frame.reason}`));
            return;
        }
      }
    });
    socket.on('error', (error) => {
      reason = explain(error);
    });
    socket.on('close', (hadError) => {
      keepAlive.stop();
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#ready = false;
      this.ondisconnect(hadError, undefined, reason);
    });
  }

  /** Closes without calling ondisconnect: the caller asked for it. */
  disconnect(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = false;
    // end() lets the last response leave; the peer's close or this half's destroy ends it.
    socket?.end(() => socket.destroy());
  }

  send(message: string): boolean {
    const socket = this.#socket;
    if (socket === null || !this.#ready || socket.destroyed) return false;
    if (socket.writableLength > MAX_UNSENT_BYTES) {
      socket.destroy(new Error('The core reads nothing of what is sent to it.'));
      return false;
    }
    socket.write(message, 'latin1');
    return true;
  }

  isConnected(): boolean {
    return this.#socket !== null && this.#ready;
  }

  isConnecting(): boolean {
    return this.#socket !== null && !this.#ready;
  }
}

function open({ host, port, tls }: StreamSocketOptions): NetSocket {
  const address = { host, port, noDelay: true, keepAlive: true };
  if (tls === null) return connectTcp(address);
  const { ca, cert, key, verify } = tls;
  const socket = connectTls({
    host,
    port,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: verify,
    // Server Name Indication is for names only (RFC 6066 §3); the certificate is checked for either.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  });
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  return socket;
}

/** What went wrong, in a sentence a person can do something with. */
function explain(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `The core's certificate is not signed by an authority this terminal trusts; name its CA in tls.ca (${code}).`;
    case 'CERT_HAS_EXPIRED':
      return "The core's certificate has expired.";
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return "The core's certificate is for another name than the one in the profile.";
    default:
      return error.message;
  }
}
