import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { formatHostPort } from './core-address.ts';
import { Retransmission } from './retransmission.ts';
import { explainSocketError, type SipSocket, type SocketAddress } from './socket.ts';
import { StunKeepAlive } from './stun-keep-alive.ts';
import type { SipTap, SipWire } from './wire-tap.ts';

export type UdpSocketOptions = {
  /** IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tap?: SipTap;
  /** Replaces T1 in ms, for tests. */
  readonly t1?: number;
};

/** Largest UDP payload over IPv4. */
const MAX_DATAGRAM_BYTES = 65_507;
/** Longest time between two keep-alives: NATs forget UDP after 30 s (RFC 5626 §4.4.2). */
const KEEP_ALIVE_MS = 29_000;

/**
 * SIP over UDP (RFC 3261 §18): one datagram a message, repeated where the transaction asks for it. The socket is
 * connected, so that only the core's own address can reach it, and a core that is not there is noticed by its ICMP
 * error. Empty lines keep a NAT's binding alive, or STUN where the core takes it.
 */
export class UdpSocket implements SipSocket {
  readonly via_transport: string = 'UDP';
  readonly url: string;
  readonly sip_uri: string;
  onconnect: () => void = () => {};
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {};
  ondata: (message: string) => void = () => {};
  readonly #options: UdpSocketOptions;
  #socket: Socket | null = null;
  #ready = false;
  #repetition: Retransmission | null = null;
  #keepAlive: NodeJS.Timeout | null = null;
  #keepAliveMs = KEEP_ALIVE_MS;
  #stun: StunKeepAlive | null = null;
  #wire: SipWire | null = null;

  constructor(options: UdpSocketOptions) {
    this.#options = options;
    const shown = formatHostPort(options.host, options.port);
    this.url = `udp://${shown}`;
    this.sip_uri = `sip:${shown};transport=udp`;
  }

  get local(): SocketAddress | null {
    if (this.#socket === null || !this.#ready) return null;
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  get remote(): SocketAddress | null {
    if (this.#socket === null || !this.#ready) return null;
    const { address, port } = this.#socket.remoteAddress();
    return { host: address, port };
  }

  connect(): void {
    this.disconnect();
    const { host, port, t1 } = this.#options;
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
    this.#socket = socket;
    const transmit = (text: string) => {
      this.#wire?.message('out', text);
      socket.send(Buffer.from(text, 'latin1'));
    };
    const repetition = new Retransmission(transmit, t1);
    this.#repetition = repetition;
    socket.on('message', (bytes) => {
      if (this.#socket !== socket) return;
      if (this.#stun?.received(bytes) === true) {
        this.#wire?.keepAlive('in', bytes);
        return;
      }
      const text = bytes.toString('latin1');
      if (text.trim() === '') {
        this.#wire?.keepAlive('in', bytes);
        return;
      }
      this.#wire?.message('in', text);
      repetition.received(text);
      this.ondata(text);
    });
    socket.on('error', (error) => this.#lost(socket, explainSocketError(error)));
    socket.on('connect', () => {
      this.#ready = true;
      const { tap } = this.#options;
      this.#wire = tap?.({ transport: this.via_transport, local: this.local, remote: this.remote }) ?? null;
      this.#waitForKeepAlive(socket);
      this.onconnect();
    });
    socket.connect(port, host);
  }

  /** Closes without calling ondisconnect: the caller asked for it. */
  disconnect(): void {
    const socket = this.#release();
    // What was handed over last is still sent: closing waits for the system to take it.
    if (socket !== null) setImmediate(() => socket.close());
  }

  send(message: string): boolean {
    if (this.#socket === null || !this.#ready || message.length > MAX_DATAGRAM_BYTES) return false;
    this.#wire?.message('out', message);
    this.#socket.send(Buffer.from(message, 'latin1'));
    this.#repetition?.sent(message);
    return true;
  }

  isConnected(): boolean {
    return this.#ready;
  }

  isConnecting(): boolean {
    return this.#socket !== null && !this.#ready;
  }

  keepAliveEvery(seconds: number, stun: boolean): void {
    this.#keepAliveMs = Math.min(KEEP_ALIVE_MS, seconds * 1000);
    const socket = this.#socket;
    if (socket === null || !this.#ready) return;
    if (stun && this.#stun === null) {
      this.#stun = new StunKeepAlive({
        send: (bytes) => {
          this.#wire?.keepAlive('out', bytes);
          socket.send(bytes);
        },
        silent: () => this.#giveUpStun(),
        dead: (reason) => this.#lost(socket, reason),
      });
    } else if (!stun) {
      this.#giveUpStun();
    }
    this.probe();
  }

  probe(): void {
    const socket = this.#socket;
    if (socket === null || !this.#ready) return;
    if (this.#stun === null) {
      this.#wire?.keepAlive('out', '\r\n\r\n');
      socket.send('\r\n\r\n');
    } else {
      this.#stun.ask();
    }
    this.#waitForKeepAlive(socket);
  }

  drop(reason: string): void {
    if (this.#socket !== null) this.#lost(this.#socket, reason);
  }

  /** Empty lines go on keeping the NAT's binding. */
  #giveUpStun(): void {
    this.#stun?.close();
    this.#stun = null;
  }

  #lost(socket: Socket, reason: string): void {
    if (this.#socket !== socket) return;
    this.#release();
    socket.close();
    this.ondisconnect(true, undefined, reason);
  }

  #release(): Socket | null {
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = false;
    this.#repetition?.close();
    this.#repetition = null;
    if (this.#keepAlive !== null) clearTimeout(this.#keepAlive);
    this.#keepAlive = null;
    this.#stun?.close();
    this.#stun = null;
    this.#wire = null;
    return socket;
  }

  #waitForKeepAlive(socket: Socket): void {
    if (this.#keepAlive !== null) clearTimeout(this.#keepAlive);
    const wait = this.#keepAliveMs * (0.8 + Math.random() * 0.2);
    this.#keepAlive = setTimeout(() => {
      if (this.#socket === socket) this.probe();
    }, wait);
  }
}
