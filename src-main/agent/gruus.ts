import { parseSipUri, type SipUri, uriParameter } from '../sip/uri.ts';

/** Temporary GRUUs that are remembered; each refresh brings a new one, and the oldest make room. */
const MAX_TEMPORARY = 200;

/**
 * The GRUUs the registrar has given this terminal. Each 2xx brings a new temporary one while older ones stay valid for
 * as long as the registration lives (RFC 5627 §4.2).
 */
export class Gruus {
  #public: string | null = null;
  /** With the CSeq of the REGISTER whose answer brought each. */
  #temporary: readonly { readonly uri: string; readonly cseq: number }[] = [];

  get public(): string | null {
    return this.#public;
  }

  /** The newest temporary GRUU. */
  get temporary(): string | null {
    return this.#temporary.at(-1)?.uri ?? null;
  }

  /** `cseq` is that of the REGISTER. */
  learn(publicGruu: string | null, temporaryGruu: string | null, cseq: number): void {
    this.#public = publicGruu;
    if (temporaryGruu === null) return;
    const others = this.#temporary.filter(({ uri }) => uri !== temporaryGruu);
    this.#temporary = [...others, { uri: temporaryGruu, cseq }].slice(-MAX_TEMPORARY);
  }

  /** The registration is over, or lapsed. */
  drop(): void {
    this.#public = null;
    this.#temporary = [];
  }

  /** The reg event package shows that those older than a REGISTER are void, or all of them (RFC 5628 §6.1). */
  dropTemporary(firstCseq: number = Number.POSITIVE_INFINITY): void {
    this.#temporary = this.#temporary.filter(({ cseq }) => cseq >= firstCseq);
  }

  /** Whether a Request-URI is one of them. User and host decide together with `gr` (RFC 5627 §4.3). */
  owns(asked: SipUri): boolean {
    if (uriParameter(asked, 'gr') === undefined) return false;
    const temporary = this.#temporary.map(({ uri }) => uri);
    const all = this.#public === null ? temporary : [this.#public, ...temporary];
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
