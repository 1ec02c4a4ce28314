import { type MsrpUri, newSessionUri, sameUri } from '../../msrp/uri.ts';
import type { Hop } from './hop.ts';

/** URIs one client may hold at a time, and all of them; the oldest of the client make room. */
const MAX_GRANTS_PER_HOP = 256;
const MAX_GRANTS = 10_000;

/** A URI that the relay handed out: it leads over this connection of its client and no other (RFC 4976 §6.3). */
export type Grant = { readonly uri: MsrpUri; readonly client: Hop };

type Kept = Grant & { readonly timer: NodeJS.Timeout };

/** The URIs the relay has handed out in Use-Path. */
export class Grants {
  readonly #base: Pick<MsrpUri, 'host' | 'port' | 'scheme'> & { readonly port: number };
  readonly #bySession = new Map<string, Kept>();
  readonly #byHop = new Map<Hop, Set<string>>();

  constructor(base: { readonly host: string; readonly port: number; readonly scheme: 'msrp' | 'msrps' }) {
    this.#base = base;
  }

  /** A new URI for a client, valid for so many seconds; null when there are too many. */
  issue(client: Hop, seconds: number): MsrpUri | null {
    const mine = this.#byHop.get(client) ?? new Set<string>();
    const [oldest] = mine;
    if (mine.size >= MAX_GRANTS_PER_HOP && oldest !== undefined) this.#forget(oldest);
    if (this.#bySession.size >= MAX_GRANTS) return null;
    const uri = newSessionUri(this.#base.host, this.#base.port, this.#base.scheme);
    const id = uri.sessionId ?? '';
    const timer = setTimeout(() => this.#forget(id), seconds * 1000);
    timer.unref();
    this.#bySession.set(id, { uri, client, timer });
    this.#byHop.set(client, mine.add(id));
    return uri;
  }

  /** The grant a URI is of, if it holds. */
  find(uri: MsrpUri): Grant | undefined {
    const kept = uri.sessionId === null ? undefined : this.#bySession.get(uri.sessionId);
    return kept !== undefined && sameUri(kept.uri, uri) ? kept : undefined;
  }

  /** The connection of a client is gone, and with it what it was granted. */
  hopClosed(hop: Hop): void {
    for (const id of [...(this.#byHop.get(hop) ?? [])]) this.#forget(id);
  }

  /** Forgets all. */
  close(): void {
    for (const id of [...this.#bySession.keys()]) this.#forget(id);
  }

  #forget(id: string): void {
    const kept = this.#bySession.get(id);
    if (kept === undefined) return;
    clearTimeout(kept.timer);
    this.#bySession.delete(id);
    const mine = this.#byHop.get(kept.client);
    mine?.delete(id);
    if (mine?.size === 0) this.#byHop.delete(kept.client);
  }
}
