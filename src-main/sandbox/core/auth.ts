import { parseCredentials } from '../../sip/digest.ts';
import { DigestServer } from '../../sip/digest-server.ts';
import type { SipRequest } from '../../sip/message.ts';
import { unescapeUri } from '../../sip/uri.ts';

/** A user of the sandbox: the name is the user part of the AOR and the digest user name. */
export type CoreUser = { readonly name: string; readonly password: string };

export type AuthResult =
  | { readonly kind: 'authenticated'; readonly username: string }
  /** No credentials, or wrong ones: answer `code` with these headers. */
  | {
      readonly kind: 'challenge';
      readonly code: 401 | 407;
      readonly headers: readonly (readonly [string, string])[];
    };

type Role = 'registrar' | 'proxy';

const HEADERS = {
  registrar: { code: 401, credentials: 'Authorization', challenge: 'WWW-Authenticate' },
  proxy: { code: 407, credentials: 'Proxy-Authorization', challenge: 'Proxy-Authenticate' },
} as const;

/** Digest authentication of the core's users, as registrar and as proxy (RFC 3261 §22, RFC 8760). */
export class CoreAuth {
  readonly #digest: DigestServer;
  readonly #realm: string;
  readonly #passwords: ReadonlyMap<string, string>;

  constructor(realm: string, users: readonly CoreUser[]) {
    this.#realm = realm;
    this.#digest = new DigestServer(realm);
    this.#passwords = new Map(users.map((user) => [user.name, user.password]));
  }

  /** True when the user part of a URI (escapes allowed) names a user. */
  hasUser(userPart: string): boolean {
    return this.#passwords.has(Buffer.from(unescapeUri(userPart), 'latin1').toString('utf8'));
  }

  /** True when a request carries proxy credentials for this realm, right or wrong. */
  hasProxyCredentials(request: SipRequest): boolean {
    return request.headers('Proxy-Authorization').some((value) => this.#isOurs(value));
  }

  check(request: SipRequest, role: Role): AuthResult {
    const names = HEADERS[role];
    const value = request.headers(names.credentials).find((one) => this.#isOurs(one));
    const credentials = value === undefined ? null : parseCredentials(value);
    if (credentials === null) return this.#challenge(role, false);
    const verdict = this.#digest.verify(
      credentials,
      { method: request.method, uri: request.uri, body: request.body.toString('latin1') },
      (username) => this.#passwords.get(username) ?? null,
    );
    if (verdict.kind === 'ok') return { kind: 'authenticated', username: verdict.username };
    return this.#challenge(role, verdict.kind === 'stale');
  }

  /** Takes out the credentials that were meant for this core (RFC 3261 §22.3). */
  removeProxyCredentials(request: SipRequest): void {
    const others = request.headers('Proxy-Authorization').filter((value) => !this.#isOurs(value));
    request.fields.replace('Proxy-Authorization', others);
  }

  #challenge(role: Role, stale: boolean): AuthResult {
    const { code, challenge } = HEADERS[role];
    return {
      kind: 'challenge',
      code,
      headers: this.#digest.challenges(stale).map((value) => [challenge, value]),
    };
  }

  #isOurs(value: string): boolean {
    return parseCredentials(value)?.realm === this.#realm;
  }
}
