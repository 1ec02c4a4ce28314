import { connect as connectTcp, isIP, type Socket as NetSocket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsConnectionOptions } from 'node:tls';
import { type Frame, StreamFramer } from './framing.ts';
import { KeepAlive } from './keep-alive.ts';
import type { SipTap, SipWire } from './wire-tap.ts';

/** One end of a connected socket. */
export type SocketAddress = { readonly host: string; readonly port: number };

/**
 * What JsSIP's Transport needs of a socket, plus the local address for Via and Contact.
 * Strings are latin1, one character a byte, so that bodies pass byte-exact.
 */
export interface SipSocket {
  readonly via_transport: string;
  readonly url: string;
  readonly sip_uri: string;
  readonly local: SocketAddress | null;
  readonly remote: SocketAddress | null;
  onconnect: () => void;
  ondisconnect: (error: boolean, code?: number, reason?: string) => void;
  ondata: (message: string) => void;
  connect(): void;
  disconnect(): void;
  send(message: string): boolean;
  isConnected(): boolean;
  isConnecting(): boolean;
  /**
   * Sets the longest time between two keep-alives, in seconds. With `stun` the core takes STUN on its UDP port
   * (RFC 5626 §4.4.2), and a missing answer ends the flow.
   */
  keepAliveEvery(seconds: number, stun: boolean): void;
  /** Asks for a sign of life now: the network may have changed. */
  probe(): void;
  /** Gives the connection up, as if it were lost. */
  drop(reason: string): void;
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
  /** Name to ask for and to check, where it is not the one in the core's URI. */
  readonly serverName: string | null;
};

export type StreamSocketOptions = {
  /** Host name or IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** TLS, or null for plain TCP. */
  readonly tls: TlsSettings | null;
  /** The name the certificate must be for, where `host` is an address found for it. */
  readonly name?: string;
  readonly tap?: SipTap;
  /** Replaces the times of the keep-alive, in ms. */
  readonly keepAlive?: { readonly intervalMs: number; readonly pongMs: number };
};

/** How long connecting, with the handshakes, may take. */
export const CONNECT_TIMEOUT_MS = 6_000;
/** Longest time between two pings unless the profile or the core says less (RFC 5626 §4.4.1). */
export const KEEP_ALIVE_MS = 120_000;
/** How long messages that came at once are handled before the event loop gets its turn, in ms. */
const SLICE_MS = 2;
/** A peer that reads nothing may hold this much of our output before the connection is given up. */
export const MAX_UNSENT_BYTES = 32 * 1024 * 1024;
/** A peer that reads nothing is owed no pongs. */
export const MAX_UNSENT_PONG_BYTES = 64 * 1024;
/** What was said last may take this long to leave a connection that is given up. */
export const FAREWELL_MS = 2_000;

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
  #keepAlive: KeepAlive | null = null;
  #keepAliveMs: number;
  #wire: SipWire | null = null;
  /** What was sent in this turn of the event loop, in latin1: it leaves with one call to the system. */
  #unsent = '';
  /** TCP is up, and over TLS the handshake is done. */
  #ready = false;

  constructor(options: StreamSocketOptions) {
    this.#options = options;
    this.#keepAliveMs = options.keepAlive?.intervalMs ?? KEEP_ALIVE_MS;
    const { host, port, tls } = options;
    const shown = host.includes(':') ? `[${host}]` : host;
    const scheme = tls === null ? 'tcp' : 'tls';
    this.via_transport = scheme.toUpperCase();
    this.url = `${scheme}://${shown}:${port}`;
    this.sip_uri = `sip:${shown}:${port};transport=${scheme}`;
  }

  get local(): SocketAddress | null {
    return localOf(this.#socket);
  }

  get remote(): SocketAddress | null {
    return remoteOf(this.#socket);
  }

  connect(): void {
    this.disconnect();
    const socket = open(this.#options);
    this.#socket = socket;
    const framer = new StreamFramer();
    const keepAlive = new KeepAlive({
      intervalMs: this.#keepAliveMs,
      ...(this.#options.keepAlive === undefined ? {} : { pongMs: this.#options.keepAlive.pongMs }),
      ping: () => {
        this.#wire?.keepAlive('out', '\r\n\r\n');
        socket.write('\r\n\r\n');
      },
      dead: () => socket.destroy(new Error('The core no longer answers on this connection.')),
    });
    let reason = 'The core closed the connection.';
    // Not the socket's own timeout, which every byte of a handshake that never ends would put off.
    const late = setTimeout(
      () =>
        socket.destroy(
          new Error(
            socket.connecting || this.#options.tls === null
              ? 'The core did not answer the connection.'
              : 'The core took the connection, but not the TLS handshake; is this its port for TLS?',
          ),
        ),
      CONNECT_TIMEOUT_MS,
    );
    socket.on(this.#options.tls === null ? 'connect' : 'secureConnect', () => {
      clearTimeout(late);
      this.#ready = true;
      const { tap } = this.#options;
      this.#wire = tap?.({ transport: this.via_transport, local: this.local, remote: this.remote }) ?? null;
      this.#keepAlive = keepAlive;
      keepAlive.ask();
      this.onconnect();
    });
    const handle = (frame: Frame) => {
      switch (frame.kind) {
        case 'message':
          this.#wire?.message('in', frame.text);
          this.ondata(frame.text);
          break;
        case 'ping':
          this.#wire?.keepAlive('in', '\r\n\r\n');
          if (socket.writableLength >= MAX_UNSENT_PONG_BYTES) break;
          this.#wire?.keepAlive('out', '\r\n');
          socket.write('\r\n');
          break;
        case 'pong':
          this.#wire?.keepAlive('in', '\r\n');
          keepAlive.pong();
          break;
        case 'broken':
          socket.destroy(new Error(`The core sent bytes that are no SIP: ${frame.reason}`));
          break;
      }
    };
    /** Frames that wait for their turn; nothing is read meanwhile. */
    let waiting: readonly Frame[] = [];
    const work = () => {
      const until = performance.now() + SLICE_MS;
      let done = 0;
      for (const frame of waiting) {
        if (this.#socket !== socket) return;
        handle(frame);
        done += 1;
        if (performance.now() > until) break;
      }
      waiting = waiting.slice(done);
      setImmediate(() => (waiting.length === 0 ? socket.resume() : work()));
    };
    socket.on('data', (bytes) => {
      waiting = framer.push(bytes);
      // Otherwise as many as 32 reads would follow each other in one turn.
      socket.pause();
      work();
    });
    socket.on('error', (error) => {
      reason = explainSocketError(error);
    });
    socket.on('close', (hadError) => {
      clearTimeout(late);
      keepAlive.close();
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#unsent = '';
      this.#ready = false;
      this.ondisconnect(hadError, undefined, reason);
    });
  }

  /** Closes without calling ondisconnect: the caller asked for it. */
  disconnect(): void {
    const socket = this.#socket;
    const wasReady = this.#ready;
    if (socket !== null) this.#flush(socket);
    this.#socket = null;
    this.#keepAlive?.close();
    this.#keepAlive = null;
    this.#ready = false;
    if (!wasReady) {
      socket?.destroy();
      return;
    }
    // end() lets the last response leave, unless the peer reads nothing.
    socket?.end(() => socket.destroy());
    setTimeout(() => socket?.destroy(), FAREWELL_MS).unref();
  }

  send(message: string): boolean {
    const socket = this.#socket;
    if (socket === null || !this.#ready || socket.destroyed) return false;
    if (socket.writableLength + this.#unsent.length > MAX_UNSENT_BYTES) {
      socket.destroy(new Error('The core reads nothing of what is sent to it.'));
      return false;
    }
    this.#wire?.message('out', message);
    if (this.#unsent === '') setImmediate(() => this.#flush(socket));
    this.#unsent += message;
    return true;
  }

  #flush(socket: NetSocket): void {
    if (this.#socket !== socket) return;
    const text = this.#unsent;
    this.#unsent = '';
    if (text !== '' && !socket.destroyed) socket.write(text, 'latin1');
  }

  isConnected(): boolean {
    return this.#socket !== null && this.#ready;
  }

  isConnecting(): boolean {
    return this.#socket !== null && !this.#ready;
  }

  keepAliveEvery(seconds: number): void {
    this.#keepAliveMs = seconds * 1000;
    this.#keepAlive?.every(this.#keepAliveMs);
  }

  probe(): void {
    this.#keepAlive?.ask();
  }

  drop(reason: string): void {
    this.#socket?.destroy(new Error(reason));
  }
}

/** Our end of a socket, or null while it has none. */
export function localOf(socket: NetSocket | null): SocketAddress | null {
  const { localAddress: host, localPort: port } = socket ?? {};
  return host === undefined || port === undefined ? null : { host, port };
}

/** The other end of a socket, or null while it has none. */
export function remoteOf(socket: NetSocket | null): SocketAddress | null {
  const { remoteAddress: host, remotePort: port } = socket ?? {};
  return host === undefined || port === undefined ? null : { host, port };
}

/** Names of a certificate are shown up to here. */
const MAX_NAMES_LENGTH = 100;

/** What Node's TLS needs to be told; `name` is what the certificate must be for (RFC 5922 §7). */
export function tlsOptions(tls: TlsSettings, name: string): TlsConnectionOptions {
  const { ca, cert, key, verify } = tls;
  const expected = tls.serverName ?? name;
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: verify,
    // Server Name Indication is for names only (RFC 6066 §3); the certificate is checked for either.
    ...(isIP(expected) === 0 ? { servername: expected } : {}),
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  };
}

function open({ host, port, tls, name }: StreamSocketOptions): NetSocket {
  const address = { host, port, noDelay: true, keepAlive: true };
  if (tls === null) return connectTcp(address);
  const socket = connectTls({ host, port, ...tlsOptions(tls, name ?? host) });
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  return socket;
}

/** What went wrong with a connection, in a sentence a person can do something with. */
export function explainSocketError(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `The core's certificate is not signed by an authority this terminal trusts; name its CA (CA file for TLS, tls.ca) (${code}).`;
    case 'CERT_HAS_EXPIRED':
      return "The core's certificate has expired.";
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return explainWrongName(error);
    case 'ECONNREFUSED':
      return 'Nobody listens there (ECONNREFUSED); is the core running?';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'The core cut the connection.';
    case 'ETIMEDOUT':
      return 'The core did not answer in time.';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'There is no way to the core from this network.';
    default:
      return error.message;
  }
}

/** Node gives the name that was asked for, and the certificate (ERR_TLS_CERT_ALTNAME_INVALID). */
function explainWrongName(error: Error): string {
  const { host, cert } = error as Error & { host?: string; cert?: { subjectaltname?: string } };
  const names = cert?.subjectaltname?.replaceAll(/(?:DNS|IP Address|URI):/g, '').slice(0, MAX_NAMES_LENGTH);
  const found = names === undefined || names === '' ? 'another name' : names;
  return `The core's certificate is for ${found}, not for ${host ?? 'the name in the profile'}; put a name it has into tls.serverName.`;
}
