import { parseSipUri, type SipUri, uriParameter } from '../sip/uri.ts';

/** Temporary GRUUs that are remembered; each refresh brings a new one, and the oldest make room. */
const MAX_TEMPORARY = 200;

/**
 * The GRUUs the registrar has given this terminal. Each 2xx brings a new temporary one while older ones stay valid for
 * as long as the registration lives (RFC 5627 §4.2).
 */
export class Gruus {
  #public: string | null = null;
  #temporary: readonly string[] = [];

  get public(): string | null {
    return this.#public;
  }

  /** The newest temporary GRUU. */
  get temporary(): string | null {
    return this.#temporary.at(-1) ?? null;
  }

  learn(publicGruu: string | null, temporaryGruu: string | null): void {
    this.#public = publicGruu;
    if (temporaryGruu === null) return;
    const others = this.#temporary.filter((one) => one !== temporaryGruu);
    this.#temporary = [...others, temporaryGruu].slice(-MAX_TEMPORARY);
  }

  /** The registration is over, or lapsed. */
  drop(): void {
    this.#public = null;
    this.#temporary = [];
  }

  /** The reg event package shows that the registrar forgot our instance (RFC 5628 §6.1). */
  dropTemporary(): void {
    this.#temporary = [];
  }

  /** Whether a Request-URI is one of them. User and host decide together with `gr` (RFC 5627 §4.3). */
  owns(asked: SipUri): boolean {
    if (uriParameter(asked, 'gr') === undefined) return false;
    const all = this.#public === null ? this.#temporary : [this.#public, ...this.#temporary];
    return all.some((own) => {
      const ours = parseSipUri(own);
      return (
        ours !== null &&
        ours.user === asked.user &&
        ours.host.toLowerCase() === asked.host.toLowerCase() &&
        uriParameter(ours, 'gr') === uriParameter(asked, 'gr')
      );
    });
  }
}
