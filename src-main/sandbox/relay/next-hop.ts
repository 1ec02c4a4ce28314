import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { MsrpUri } from '../../msrp/uri.ts';
import { Hop, type HopEvents } from './hop.ts';

/** Time a connection to the next hop may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Port of a URI that names none (RFC 4976 §8). */
const DEFAULT_PORT = 2855;

export type DialPolicy = {
  /** Whether the relay may connect to an IP address. */
  readonly mayConnectTo: (address: string) => boolean;
  /** Certificates to trust for `msrps`, as PEM; those of the system when absent. */
  readonly ca?: string;
};

/** The way to whoever is next on a path: an open connection, or one that is being made. */
export class NextHop {
  #hop: Hop | null = null;
  #waiting: { readonly bytes: Buffer; readonly source: Hop }[] = [];
  #isGone = false;
  readonly #onGone: () => void;

  private constructor(onGone: () => void) {
    this.#onGone = onGone;
  }

  /** Over a connection that is open. */
  static over(hop: Hop): NextHop {
    const next = new NextHop(() => {});
    next.#hop = hop;
    return next;
  }

  /** Connects to the authority of a URI. `onGone` is called once, when that fails. */
  static dial(uri: MsrpUri, policy: DialPolicy, events: HopEvents, onGone: () => void): NextHop {
    const next = new NextHop(onGone);
    connect(uri, policy).then(
      (socket) => next.#opened(new Hop(socket, events, null)),
      () => next.#fail(),
    );
    return next;
  }

  /** The connection, once there is one. */
  get hop(): Hop | null {
    return this.#hop;
  }

  /** Writes one whole request. While the peer cannot take more, the hop it came from is not read. */
  write(bytes: Buffer, source: Hop): void {
    if (this.#isGone) return;
    if (this.#hop === null) {
      source.pause();
      this.#waiting.push({ bytes, source });
      return;
    }
    this.#hop.write(bytes);
    if (!this.#hop.isCongested) return;
    source.pause();
    void this.#hop.drained().then(() => source.resume());
  }

  #opened(hop: Hop): void {
    this.#hop = hop;
    for (const { bytes, source } of this.#takeWaiting()) {
      hop.write(bytes);
      source.resume();
    }
  }

  #fail(): void {
    this.#isGone = true;
    for (const { source } of this.#takeWaiting()) source.resume();
    this.#onGone();
  }

  #takeWaiting() {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}

async function connect({ scheme, host, port }: MsrpUri, policy: DialPolicy): Promise<Socket> {
  const addresses = isIP(host) !== 0 ? [host] : (await lookup(host, { all: true })).map((one) => one.address);
  const address = addresses.find((one) => policy.mayConnectTo(one));
  if (address === undefined) throw new Error(`The relay may not connect to ${host}.`);
  return new Promise((resolve, reject) => {
    const to = { host: address, port: port ?? DEFAULT_PORT };
    const isSecure = scheme === 'msrps';
    const trusted = policy.ca === undefined ? {} : { ca: policy.ca };
    const socket = isSecure
      ? connectTls({ ...to, servername: isIP(host) === 0 ? host : '', ...trusted })
      : connectTcp(to);
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), CONNECT_TIMEOUT_MS);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
