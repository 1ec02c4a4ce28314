import { formatUri, type MsrpUri } from '../../msrp/uri.ts';
import type { Hop } from './hop.ts';

/** URIs remembered for one connection; the oldest make room. */
const MAX_PER_HOP = 256;

/** Who has spoken over which connection: answers and reports go back the same way, for a peer need not listen. */
export class KnownPeers {
  readonly #byUri = new Map<string, Hop>();
  readonly #byHop = new Map<Hop, Set<string>>();

  note(uri: MsrpUri, hop: Hop): void {
    const key = formatUri(uri);
    if (this.#byUri.get(key) === hop) return;
    const before = this.#byUri.get(key);
    if (before?.isOpen === true) return;
    this.#byUri.set(key, hop);
    const mine = this.#byHop.get(hop) ?? new Set<string>();
    this.#byHop.set(hop, mine.add(key));
    const [oldest] = mine;
    if (mine.size > MAX_PER_HOP && oldest !== undefined) this.#forget(oldest, mine);
  }

  find(uri: MsrpUri): Hop | undefined {
    return this.#byUri.get(formatUri(uri));
  }

  hopClosed(hop: Hop): void {
    const mine = this.#byHop.get(hop);
    this.#byHop.delete(hop);
    for (const key of mine ?? []) if (this.#byUri.get(key) === hop) this.#byUri.delete(key);
  }

  #forget(key: string, mine: Set<string>): void {
    mine.delete(key);
    this.#byUri.delete(key);
  }
}
