import { createHmac, randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { bindingResponse, parseStun } from '../../sip/stun.ts';
import type { Flow, FlowEvents } from './flow.ts';
import type { Listener } from './listener.ts';
import { UdpFlow } from './udp-flow.ts';

/** Remote addresses and ports known at a time; those silent for longest make room. */
export const MAX_UDP_FLOWS = 1000;
const MAX_PORT = 65_535;
const CR = 13;
const LF = 10;

export type UdpEvents = FlowEvents & {
  /** True when a flow must not make room for others, since a binding lives over it. */
  readonly isInUse: (flowId: string) => boolean;
};

/**
 * Receives SIP over UDP: a flow for each remote address and port, which nobody but the core closes. Empty lines are
 * no messages, STUN Binding Requests are answered (RFC 3261 §18.2.1, RFC 5626 §4.4.2 and §8).
 */
export class UdpListener implements Listener {
  readonly transport = 'udp';
  readonly host: string;
  readonly port: number;
  readonly #socket: Socket;
  readonly #events: UdpEvents;
  readonly #maxFlows: number;
  /** Ids follow from remote addresses, so that a flow that made room comes back as the same. */
  readonly #key = randomBytes(32);
  /** In the order in which they were last heard of, the one silent for longest first. */
  readonly #flows = new Map<string, UdpFlow>();

  private constructor(socket: Socket, events: UdpEvents, maxFlows: number) {
    const { address, port } = socket.address();
    this.#socket = socket;
    this.#events = events;
    this.#maxFlows = maxFlows;
    this.host = address;
    this.port = port;
    // Errors of sending concern one datagram; there is no connection to lose.
    socket.on('error', () => {});
    socket.on('message', (bytes, remote) => this.#receive(bytes, remote));
  }

  /** Listens on host and port (0 for any free one). Rejects when the address cannot be had. */
  static async open(
    address: { readonly host: string; readonly port: number },
    events: UdpEvents,
    maxFlows: number = MAX_UDP_FLOWS,
  ): Promise<UdpListener> {
    const socket = createSocket({ type: isIPv6(address.host) ? 'udp6' : 'udp4' });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(address.port, address.host, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new UdpListener(socket, events, maxFlows);
  }

  flow(id: string): Flow | undefined {
    return this.#flows.get(id);
  }

  async close(): Promise<void> {
    for (const flow of [...this.#flows.values()]) this.#drop(flow);
    await new Promise<void>((resolve) => {
      this.#socket.close(() => resolve());
    });
  }

  #receive(bytes: Buffer, { address, port }: RemoteInfo): void {
    // Nothing can be sent to port 0, which only a forged datagram comes from.
    if (port === 0) return;
    const stun = parseStun(bytes);
    if (stun.kind === 'request') {
      this.#socket.send(bindingResponse(stun, { host: address, port }), port, address, () => {});
    }
    if (stun.kind !== 'not-stun' || bytes.every((byte) => byte === CR || byte === LF)) {
      const known = this.#flows.get(this.#idOf(address, port));
      if (known !== undefined) this.#heard(known);
      return;
    }
    const flow = this.#flow(address, port);
    if (flow !== null) this.#events.onMessage(flow, bytes);
  }

  /** The flow of a remote address and port, made where there is none. Null while all others are in use. */
  #flow(address: string, port: number): UdpFlow | null {
    const id = this.#idOf(address, port);
    const known = this.#flows.get(id);
    if (known !== undefined) {
      this.#heard(known);
      return known;
    }
    if (this.#flows.size >= this.#maxFlows && !this.#makeRoom()) return null;
    const flow = new UdpFlow({
      id,
      socket: this.#socket,
      address,
      port,
      answeringTo: (asked, otherPort) => this.#answeringTo(asked, otherPort),
    });
    this.#flows.set(id, flow);
    return flow;
  }

  #answeringTo(flow: UdpFlow, port: number): Flow {
    const isPort = Number.isInteger(port) && port > 0 && port <= MAX_PORT;
    return (isPort ? this.#flow(flow.address, port) : null) ?? flow;
  }

  #idOf(address: string, port: number): string {
    return createHmac('sha256', this.#key).update(`${address} ${port}`).digest('hex').slice(0, 16);
  }

  #heard(flow: UdpFlow): void {
    this.#flows.delete(flow.id);
    this.#flows.set(flow.id, flow);
  }

  #makeRoom(): boolean {
    for (const flow of this.#flows.values()) {
      if (this.#events.isInUse(flow.id)) continue;
      this.#drop(flow);
      return true;
    }
    return false;
  }

  #drop(flow: UdpFlow): void {
    flow.close();
    this.#flows.delete(flow.id);
    this.#events.onClosed(flow);
  }
}
