import type { ListenAddress, Listener } from './listener.ts';
import { plainAddress, reachableAt } from './local-addresses.ts';

const DEFAULT_PORT = 5060;
const DEFAULT_TLS_PORT = 5061;

/** Which hosts and ports are the core itself: its domain, and every address it listens on. */
export class OwnAddresses {
  readonly #domain: string;
  readonly #hostsByPort = new Map<number, Set<string>>();

  /** `asked` is what the listeners, in the same order, were told to listen on. */
  constructor(domain: string, asked: readonly ListenAddress[], listeners: readonly Listener[]) {
    this.#domain = domain.toLowerCase();
    for (const [index, { host, port, transport }] of listeners.entries()) {
      const hosts = [asked[index]?.host ?? host, ...reachableAt(host)].map(normal);
      this.#add(port, hosts);
      const isTls = transport === 'tls' || transport === 'wss';
      if (port === (isTls ? DEFAULT_TLS_PORT : DEFAULT_PORT)) this.#add(null, hosts);
    }
  }

  /** `host` as in a URI. `port` null is the default one of its scheme or transport. */
  includes(host: string, port: number | null): boolean {
    const wanted = normal(host);
    return wanted === this.#domain || this.#hostsByPort.get(port ?? 0)?.has(wanted) === true;
  }

  #add(port: number | null, hosts: readonly string[]): void {
    const key = port ?? 0;
    this.#hostsByPort.set(key, new Set([...(this.#hostsByPort.get(key) ?? []), ...hosts]));
  }
}

function normal(host: string): string {
  return plainAddress(host).toLowerCase();
}
