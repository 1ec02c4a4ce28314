import type { CloseReason, DialOptions, MsrpConnection } from './connection.ts';
import { dial } from './dial.ts';
import type { ResponseHead } from './message.ts';
import type { MsrpSession, SessionLookup } from './session.ts';
import { formatUri, type MsrpUri, newTransactionId, parsePath } from './uri.ts';
import { writeAuth } from './writer.ts';

/** Port of a relay whose URI names none (RFC 4976 §8). */
export const DEFAULT_RELAY_PORT = 2855;
/** Time a relay has to answer one AUTH. */
export const AUTH_TIMEOUT_MS = 30_000;
/** AUTHs sent for one grant: plain, with credentials, with a fresh nonce, with other Expires. */
export const MAX_AUTHS = 4;
/** Seconds a grant is asked for. */
export const WANTED_EXPIRES = 3600;

/** What a relay lets us use: its URIs in the order of a To-Path, for so many seconds (RFC 4976 §5.1). */
export type RelayGrant = { readonly usePath: readonly MsrpUri[]; readonly expires: number };

/**
 * Answers the WWW-Authenticate headers of a relay with the value of Authorization, for the method and digest-uri named;
 * null when there is no credential for them.
 */
export type Authorize = (
  challenges: readonly string[],
  request: { readonly method: string; readonly uri: string },
) => string | null;

export type RelayLinkOptions = {
  readonly relay: MsrpUri;
  /** Our URI in AUTH requests. */
  readonly localUri: MsrpUri;
  readonly authorize: Authorize;
  /** Sessions that may be bound to the connection. */
  readonly lookup: SessionLookup;
  readonly dial: DialOptions;
  readonly authTimeoutMs?: number;
};

type Pending = {
  readonly transactionId: string;
  readonly resolve: (response: ResponseHead) => void;
  readonly reject: (error: Error) => void;
};

/**
 * One connection to our MSRP relay (RFC 4976 §5.1). It asks for grants one after the other, for AUTH must not be
 * pipelined (§9.1), and stays open while no session is bound, to be reached.
 */
export class RelayLink implements MsrpSession {
  readonly localUri: MsrpUri;
  readonly peerFingerprints = [];
  readonly connection: MsrpConnection;
  readonly #options: RelayLinkOptions;
  #pending: Pending | null = null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: RelayLinkOptions, connection: MsrpConnection) {
    this.#options = options;
    this.localUri = options.localUri;
    this.connection = connection;
    connection.attach(this);
  }

  /** Connects. Rejects with an Error that names the relay and the cause. */
  static async open(options: RelayLinkOptions): Promise<RelayLink> {
    const target = { ...options.relay, port: options.relay.port ?? DEFAULT_RELAY_PORT };
    // TCP keeps it alive; between two AUTHs there may be silence for long.
    return new RelayLink(options, await dial(target, options.lookup, { ...options.dial, idleTimeoutMs: 0 }));
  }

  /** Asks for a URI of the relay for one session. Rejects with what the relay says against it. */
  grant(): Promise<RelayGrant> {
    const granted = this.#last.then(() => this.#authenticate());
    this.#last = granted.catch(() => {});
    return granted;
  }

  close(): void {
    this.connectionClosed({ kind: 'local' });
    this.connection.close();
  }

  bind(): void {}
  requestStart(): void {}
  body(): void {}
  requestEnd(): void {}

  response(response: ResponseHead): void {
    if (response.transactionId !== this.#pending?.transactionId) return;
    this.#pending.resolve(response);
    this.#pending = null;
  }

  connectionClosed(_reason: CloseReason): void {
    this.#pending?.reject(new Error('the connection to it was lost'));
    this.#pending = null;
  }

  async #authenticate(): Promise<RelayGrant> {
    let authorization: string | null = null;
    let expires = WANTED_EXPIRES;
    for (let count = 0; count < MAX_AUTHS; count += 1) {
      const response = await this.#auth(authorization, expires);
      switch (response.code) {
        case 200:
          return readGrant(response, expires);
        case 401:
          authorization = this.#answerTo(response, authorization !== null);
          break;
        case 423:
          expires = withinBounds(response, expires);
          break;
        default:
          throw new Error(`it answers AUTH with ${response.code} ${response.comment}`);
      }
    }
    throw new Error('it is not content with any AUTH');
  }

  #answerTo(response: ResponseHead, tried: boolean): string {
    const challenges = valuesOf(response, 'www-authenticate');
    const stale = challenges.some((challenge) => /\bstale\s*=\s*"?true/i.test(challenge));
    if (tried && !stale) throw new Error('it refuses the user name and password');
    const uri = formatUri(this.#options.relay);
    const authorization = this.#options.authorize(challenges, { method: 'AUTH', uri });
    if (authorization === null) throw new Error('there is no password for what it asks');
    return authorization;
  }

  #auth(authorization: string | null, expires: number): Promise<ResponseHead> {
    const { relay, authTimeoutMs = AUTH_TIMEOUT_MS } = this.#options;
    if (this.connection.closed) return Promise.reject(new Error('the connection to it was lost'));
    const transactionId = newTransactionId();
    return new Promise<ResponseHead>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error('it does not answer AUTH'));
        // The answer may be held up behind a chunk of somebody's message; without one the connection is dead.
        if (this.connection.sessions.size === 1) this.connection.close();
      }, authTimeoutMs);
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      };
      this.#pending = { transactionId, resolve: settled(resolve), reject: settled(reject) };
      const fields = { transactionId, toPath: [relay], fromPath: [this.localUri], expires, authorization };
      this.connection.write(writeAuth(fields));
    });
  }
}

function readGrant(response: ResponseHead, asked: number): RelayGrant {
  const [text = ''] = valuesOf(response, 'use-path');
  const usePath = parsePath(text);
  if (usePath === null) throw new Error('its answer to AUTH has no Use-Path that can be read');
  return { usePath, expires: secondsOf(response, 'expires') ?? asked };
}

/** Expires as a 423 wants it (RFC 4976 §6.3). */
function withinBounds(response: ResponseHead, expires: number): number {
  const least = secondsOf(response, 'min-expires') ?? 0;
  const most = secondsOf(response, 'max-expires') ?? Number.POSITIVE_INFINITY;
  return Math.min(Math.max(expires, least), most);
}

function secondsOf(response: ResponseHead, name: string): number | null {
  const [text = ''] = valuesOf(response, name);
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function valuesOf(response: ResponseHead, name: string): readonly string[] {
  return response.headers.filter((header) => header.name.toLowerCase() === name).map(({ value }) => value);
}
