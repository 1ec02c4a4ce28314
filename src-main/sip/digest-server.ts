import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type DigestCredentials, digestResponse } from './digest.ts';
import { quoteText } from './name-addr.ts';
import { parseUri, sameUri } from './uri.ts';

/** A nonce is accepted this long; after it the client is told `stale=true`. */
const NONCE_LIFETIME_MS = 5 * 60_000;
/** Nonces whose request counts are remembered; the oldest make room and count as stale from then on. */
const MAX_TRACKED_NONCES = 10_000;

/** What a server makes of an Authorization header. */
export type DigestVerdict =
  | { readonly kind: 'ok'; readonly username: string }
  /** Right password, but the nonce is old or was used with this count before: challenge again with stale=true. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * The server side of digest for one realm: makes challenges and checks answers.
 * Nonces carry their own time and a keyed hash, so unanswered challenges cost no memory (RFC 7616 §3.3, §5.5).
 */
export class DigestServer {
  readonly #realm: string;
  readonly #key = randomBytes(32);
  readonly #now: () => number;
  readonly #highestCount = new Map<string, number>();
  #oldestValid = 0;

  constructor(realm: string, now: () => number = Date.now) {
    this.#realm = realm;
    this.#now = now;
  }

  /** The challenges to send, one header each, SHA-256 before MD5 (RFC 8760 §2.3). */
  challenges(stale = false): readonly string[] {
    const nonce = this.#newNonce();
    return ['SHA-256', 'MD5'].map(
      (algorithm) =>
        `Digest realm=${quoteText(this.#realm)}, nonce="${nonce}", qop="auth,auth-int", algorithm=${algorithm}${
          stale ? ', stale=true' : ''
        }`,
    );
  }

  /**
   * Checks an answer. `request.body` is a latin1 string; `passwordOf` gives null for an unknown user.
   * A nonce count must grow with every use of a nonce (RFC 7616 §3.4).
   */
  verify(
    credentials: DigestCredentials,
    request: { readonly method: string; readonly uri: string; readonly body: string },
    passwordOf: (username: string) => string | null,
  ): DigestVerdict {
    const issuedAt = this.#issueTime(credentials.nonce);
    if (issuedAt === null) return { kind: 'stale' };
    if (!sameRequestUri(credentials.uri, request.uri)) {
      return { kind: 'refused', reason: 'The digest was made for another request URI.' };
    }
    const count = credentials.nc === null ? null : parseCount(credentials.nc);
    if (credentials.qop === null || credentials.cnonce === null || count === null) {
      return { kind: 'refused', reason: 'The digest lacks qop, cnonce or nc.' };
    }
    const password = passwordOf(credentials.username);
    const expected = digestResponse({
      ...credentials,
      password: password ?? '',
      method: request.method,
      body: request.body,
    });
    if (password === null || expected === null || !sameText(expected, credentials.response)) {
      return { kind: 'refused', reason: 'Wrong user name or password.' };
    }
    const isOld = issuedAt < this.#oldestValid || this.#now() - issuedAt > NONCE_LIFETIME_MS;
    if (isOld || count <= (this.#highestCount.get(credentials.nonce) ?? 0)) return { kind: 'stale' };
    this.#remember(credentials.nonce, count);
    return { kind: 'ok', username: credentials.username };
  }

  #newNonce(): string {
    const seed = `${this.#now().toString(36)}.${randomBytes(9).toString('hex')}`;
    return `${seed}.${this.#seal(seed)}`;
  }

  #seal(seed: string): string {
    return createHmac('sha256', this.#key).update(seed).digest('hex').slice(0, 32);
  }

  /** When this server made the nonce, in milliseconds since 1970, or null when it did not. */
  #issueTime(nonce: string): number | null {
    const cut = nonce.lastIndexOf('.');
    if (cut < 0 || !sameText(this.#seal(nonce.slice(0, cut)), nonce.slice(cut + 1))) return null;
    return Number.parseInt(nonce, 36);
  }

  #remember(nonce: string, count: number): void {
    this.#highestCount.delete(nonce);
    this.#highestCount.set(nonce, count);
    if (this.#highestCount.size <= MAX_TRACKED_NONCES) return;
    const [oldest] = this.#highestCount.keys();
    if (oldest === undefined) return;
    this.#highestCount.delete(oldest);
    // A forgotten nonce could be replayed, so everything issued up to it becomes stale.
    this.#oldestValid = Math.max(this.#oldestValid, (this.#issueTime(oldest) ?? 0) + 1);
  }
}

function parseCount(nc: string): number | null {
  return /^[0-9a-f]{8}$/i.test(nc) ? Number.parseInt(nc, 16) : null;
}

function sameRequestUri(a: string, b: string): boolean {
  if (a === b) return true;
  const [first, second] = [parseUri(a), parseUri(b)];
  return first !== null && second !== null && sameUri(first, second);
}

function sameText(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1')];
  return first.length === second.length && timingSafeEqual(first, second);
}
