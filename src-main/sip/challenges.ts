import type { IncomingResponse, OutgoingRequest } from 'jssip/lib/SIPMessage.js';
import { answerChallenge, parseChallenges, pickChallenge } from './digest.ts';

/** Challenges that one request may meet: each hop and realm, and a stale nonce or two (RFC 3261 §22.3). */
const MAX_ROUNDS = 6;

export type ChallengeCredentials = {
  readonly username: string;
  readonly password: string;
  /** The only realm to answer, or null for any. */
  readonly realm: string | null;
};

/**
 * Answers the challenges that one request meets on its way: 401 and 407 one after the other, several realms, a stale
 * nonce, and of several algorithms the top-most one we know (RFC 3261 §22, RFC 8760 §2.4). A realm that refuses the
 * same credentials twice without saying stale is final.
 */
export class Challenges {
  readonly #answered = new Set<string>();
  readonly #headers = new Map<string, string>();
  #rounds = 0;

  /**
   * Puts credentials for a 401 or 407 into the request that is to be repeated. False when there is nothing to answer
   * with, or when it was tried already.
   */
  answer(response: IncomingResponse, request: OutgoingRequest, credentials: ChallengeCredentials): boolean {
    const isProxy = response.status_code === 407;
    const values = response.getHeaders(isProxy ? 'proxy-authenticate' : 'www-authenticate');
    const challenges = parseChallenges(values).filter(
      ({ realm }) => credentials.realm === null || credentials.realm === realm,
    );
    const challenge = pickChallenge(challenges);
    if (challenge === null || this.#rounds >= MAX_ROUNDS) return false;
    const key = `${response.status_code} ${challenge.realm}`;
    if (this.#answered.has(key) && challenge.stale !== true) return false;
    const { username, password } = credentials;
    const value = answerChallenge(challenge, {
      username,
      password,
      method: request.method,
      uri: String(request.ruri),
      body: request.body ?? '',
    });
    if (value === null) return false;
    this.#rounds += 1;
    this.#answered.add(key);
    this.#headers.set(key, value);
    const prefix = `${response.status_code} `;
    const all = [...this.#headers].flatMap(([one, text]) => (one.startsWith(prefix) ? [text] : []));
    request.setHeader(isProxy ? 'proxy-authorization' : 'authorization', all);
    return true;
  }
}
