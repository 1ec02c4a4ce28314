import type { RequestHead } from '../../msrp/message.ts';
import { formatUri } from '../../msrp/uri.ts';
import { digestResponse, parseCredentials } from '../../sip/digest.ts';
import { DigestServer } from '../../sip/digest-server.ts';

/** Shortest, usual and longest time of a grant, in seconds. */
const MIN_EXPIRES = 60;
const DEFAULT_EXPIRES = 3600;
const MAX_EXPIRES = 86_400;

export type AuthVerdict =
  /** `info` is the value of Authentication-Info. */
  | { readonly kind: 'ok'; readonly expires: number; readonly info: string }
  | { readonly kind: 'refused'; readonly code: 401 | 423; readonly headers: readonly string[] };

/** Judges AUTH requests by digest with the users of the core (RFC 4976 §6.3, §9.1). */
export class RelayAuth {
  readonly #digest: DigestServer;
  readonly #passwords: ReadonlyMap<string, string>;

  constructor(realm: string, users: readonly { readonly name: string; readonly password: string }[]) {
    this.#digest = new DigestServer(realm);
    this.#passwords = new Map(users.map(({ name, password }) => [name, password]));
  }

  judge(head: RequestHead): AuthVerdict {
    const header = (name: string): string | undefined =>
      head.headers.find((one) => one.name.toLowerCase() === name)?.value;
    const credentials = parseCredentials(header('authorization') ?? '');
    if (credentials === null) return this.#challenge(false);
    // The rightmost URI of To-Path is the request-URI of the digest.
    const target = head.toPath.at(-1);
    const verdict = this.#digest.verify(
      credentials,
      { method: 'AUTH', uri: target === undefined ? '' : formatUri(target), body: '' },
      (name) => this.#passwords.get(name) ?? null,
    );
    if (verdict.kind !== 'ok') return this.#challenge(verdict.kind === 'stale');
    const expires = readSeconds(header('expires')) ?? DEFAULT_EXPIRES;
    if (expires < MIN_EXPIRES) return refusal(423, [`Min-Expires: ${MIN_EXPIRES}`]);
    if (expires > MAX_EXPIRES) return refusal(423, [`Max-Expires: ${MAX_EXPIRES}`]);
    const password = this.#passwords.get(verdict.username) ?? '';
    const rspauth = digestResponse({ ...credentials, password, method: '', body: '' }) ?? '';
    const { cnonce, nc } = credentials;
    return { kind: 'ok', expires, info: `rspauth="${rspauth}", cnonce="${cnonce}", nc=${nc}, qop=auth` };
  }

  #challenge(stale: boolean): AuthVerdict {
    // A relay must not offer auth-int (RFC 4976 §9.1).
    const values = this.#digest.challenges(stale).map((value) => value.replace('auth,auth-int', 'auth'));
    return refusal(
      401,
      values.map((value) => `WWW-Authenticate: ${value}`),
    );
  }
}

function refusal(code: 401 | 423, headers: readonly string[]): AuthVerdict {
  return { kind: 'refused', code, headers };
}

function readSeconds(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
