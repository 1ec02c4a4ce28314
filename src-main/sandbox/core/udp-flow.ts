import type { Socket } from 'node:dgram';
import { type Flow, MAX_UNSENT_BYTES, type SendResult } from './flow.ts';
import { addressTowards, hostPort, plainAddress } from './local-addresses.ts';

/** Largest UDP payload over IPv4. Longer requests get 513; the core does not change to TCP (RFC 3261 §18.1.1). */
export const MAX_DATAGRAM_BYTES = 65_507;

/** One remote address and port of a UDP socket. What is sent leaves by that socket (RFC 3581 §4). */
export class UdpFlow implements Flow {
  readonly id: string;
  readonly transport = 'UDP';
  readonly sentBy: string;
  readonly remoteHost: string;
  readonly remotePort: number;
  /** The remote address as the socket wants it, which may be IPv4 in its IPv6 form. */
  readonly address: string;
  readonly #socket: Socket;
  readonly #answeringTo: (flow: UdpFlow, port: number) => Flow;
  #isOpen = true;

  constructor(options: {
    readonly id: string;
    readonly socket: Socket;
    readonly address: string;
    readonly port: number;
    readonly answeringTo: (flow: UdpFlow, port: number) => Flow;
  }) {
    this.id = options.id;
    this.address = options.address;
    this.remoteHost = plainAddress(options.address);
    this.remotePort = options.port;
    this.#socket = options.socket;
    this.#answeringTo = options.answeringTo;
    const local = options.socket.address();
    this.sentBy = hostPort(addressTowards(options.address, local.address), local.port);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(bytes: Buffer): SendResult {
    if (!this.#isOpen) return 'closed';
    if (bytes.length > MAX_DATAGRAM_BYTES) return 'too-long';
    // What the system does not take is lost like any datagram, and repeated like any.
    if (this.#socket.getSendQueueSize() <= MAX_UNSENT_BYTES) {
      this.#socket.send(bytes, this.remotePort, this.address, () => {});
    }
    return 'sent';
  }

  answeringTo(port: number): Flow {
    return port === this.remotePort ? this : this.#answeringTo(this, port);
  }

  /** For the listener, which knows it no longer. */
  close(): void {
    this.#isOpen = false;
  }
}
