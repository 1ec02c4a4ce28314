import { randomBytes } from 'node:crypto';
import { aorToUri, type SipUri, uriParameter } from '../../sip/uri.ts';

/** Temporary GRUUs kept per instance; the oldest make room. */
const MAX_TEMPORARY_PER_INSTANCE = 100;
const TEMPORARY_USER = /^tgruu\.[0-9a-f]{32}$/;

/** The instance a GRUU names, or that it is no GRUU, or one that is not valid (any more). */
export type GruuLookup =
  | { readonly kind: 'instance'; readonly aor: string; readonly instance: string }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'not-a-gruu' };

type Temporary = { readonly user: string; readonly cseq: number };
type Issued = { readonly callId: string; readonly temporary: Temporary[] };

/**
 * Makes and resolves the GRUUs of one domain (RFC 5627). A public GRUU is the AOR with the instance id as `gr`;
 * a temporary one has an unguessable user and is valid until its instance unregisters or registers under
 * another Call-ID (§3.1.2).
 */
export class Gruus {
  readonly #domain: string;
  readonly #temporary = new Map<string, { readonly aor: string; readonly instance: string }>();
  readonly #issued = new Map<string, Issued>();

  constructor(domain: string) {
    this.#domain = domain;
  }

  /** Public GRUU of an instance (`urn:uuid:…`, without angle brackets) of an AOR such as `sip:bob@push.test`. */
  publicGruu(aor: string, instance: string): string {
    return `${aorToUri(aor)};gr=${escapeParameter(instance)}`;
  }

  /** A new temporary GRUU for a registration with this Call-ID and CSeq. */
  newTemporaryGruu(aor: string, instance: string, callId: string, cseq: number): string {
    const key = instanceKey(aor, instance);
    const before = this.#issued.get(key);
    if (before !== undefined && before.callId !== callId) this.forget(aor, instance);
    const issued = this.#issued.get(key) ?? { callId, temporary: [] };
    const user = `tgruu.${randomBytes(16).toString('hex')}`;
    issued.temporary.push({ user, cseq });
    if (issued.temporary.length > MAX_TEMPORARY_PER_INSTANCE) {
      const oldest = issued.temporary.shift();
      if (oldest !== undefined) this.#temporary.delete(oldest.user);
    }
    this.#issued.set(key, issued);
    this.#temporary.set(user, { aor, instance });
    return this.#temporaryUri(user);
  }

  /**
   * The newest temporary GRUU of an instance and the CSeq of the REGISTER that made the oldest still valid one
   * (RFC 5628 §5); null when it has none.
   */
  temporaryGruu(aor: string, instance: string): { readonly uri: string; readonly firstCseq: number } | null {
    const temporary = this.#issued.get(instanceKey(aor, instance))?.temporary ?? [];
    const [oldest, newest] = [temporary[0], temporary.at(-1)];
    if (oldest === undefined || newest === undefined) return null;
    return { uri: this.#temporaryUri(newest.user), firstCseq: oldest.cseq };
  }

  /** Ends the validity of every temporary GRUU of an instance (RFC 5627 §5.3). */
  forget(aor: string, instance: string): void {
    const key = instanceKey(aor, instance);
    for (const { user } of this.#issued.get(key)?.temporary ?? []) this.#temporary.delete(user);
    this.#issued.delete(key);
  }

  /** Finds what a URI of this domain names. `aor` is the AOR of its user part. */
  lookUp(uri: SipUri, aor: string): GruuLookup {
    if (uri.user !== null && TEMPORARY_USER.test(uri.user)) {
      const found = this.#temporary.get(uri.user);
      return found === undefined ? { kind: 'invalid' } : { kind: 'instance', ...found };
    }
    const instance = uriParameter(uri, 'gr');
    if (instance === undefined) return { kind: 'not-a-gruu' };
    return instance === '' ? { kind: 'invalid' } : { kind: 'instance', aor, instance };
  }

  #temporaryUri(user: string): string {
    return `sip:${user}@${this.#domain};gr`;
  }
}

function instanceKey(aor: string, instance: string): string {
  return `${aor}\n${instance}`;
}

/** Escapes what may not stand in a URI parameter value (RFC 3261 §25.1 paramchar). */
function escapeParameter(text: string): string {
  return text.replace(/[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/g, (character) => encodeURIComponent(character));
}
