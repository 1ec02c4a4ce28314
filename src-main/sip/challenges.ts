import type { IncomingResponse, OutgoingRequest } from 'jssip/lib/SIPMessage.js';
import { answerAka } from './aka.ts';
import type { Credentials } from './credentials.ts';
import {
  answerChallenge,
  type DigestChallenge,
  type DigestSecret,
  parseChallenges,
  pickChallenge,
} from './digest.ts';

/** Challenges that one request may meet: each hop and realm, and a stale nonce or two (RFC 3261 §22.3). */
const MAX_ROUNDS = 6;

/** Said where a request without credentials is challenged. */
export const NO_CREDENTIALS =
  'The core asks for a user name and password, or a SIM key; the profile gives none.';
const WRONG_MAC =
  "The core's AKA challenge is not from a network that knows this key (wrong MAC). Check K and OP or OPc.";
const MALFORMED = "The core's AKA challenge holds no RAND and AUTN.";
const STILL_OUT_OF_SEQUENCE =
  "The core's AKA challenge is out of sequence, also after the core was told the right number (AUTS).";
const NO_AKA = 'The core does not ask for AKAv1-MD5, the only challenge that an AKA key answers.';

/** How to answer one challenge, or why not. */
type Means =
  | { readonly kind: 'secret'; readonly secret: DigestSecret }
  | { readonly kind: 'synchronise'; readonly auts: string }
  | { readonly kind: 'none'; readonly problem: string };

/**
 * Answers the challenges that one request meets on its way: 401 and 407 one after the other, several realms, a stale
 * nonce, AKA's resynchronisation, and of several algorithms the top-most one we know (RFC 3261 §22, RFC 8760 §2.4,
 * RFC 3310 §3.4). A realm that refuses the same credentials twice without saying stale is final.
 */
export class Challenges {
  readonly #answered = new Set<string>();
  readonly #synchronised = new Set<string>();
  readonly #headers = new Map<string, string>();
  #rounds = 0;
  #problem: string | null = null;

  /** Why the last challenge was not answered, as a sentence for the user, where it was the challenge's fault. */
  get problem(): string | null {
    return this.#problem;
  }

  /**
   * Puts credentials for a 401 or 407 into the request that is to be repeated. False when there is nothing to answer
   * with, when it was tried already, or when the challenge is not from our network; see `problem`.
   */
  answer(response: IncomingResponse, request: OutgoingRequest, credentials: Credentials): boolean {
    this.#problem = null;
    const isProxy = response.status_code === 407;
    const values = response.getHeaders(isProxy ? 'proxy-authenticate' : 'www-authenticate');
    const all = parseChallenges(values);
    const challenges = all.filter(({ realm }) => credentials.realm === null || credentials.realm === realm);
    const challenge = pickChallenge(challenges, credentials.kind);
    if (challenge === null) {
      const [other] = all;
      if (challenges.length === 0 && other !== undefined)
        this.#problem = `The core asks for the realm “${other.realm}”, the profile answers “${credentials.realm}” only. Change the realm, or leave it empty.`;
      else if (credentials.kind === 'aka') this.#problem = NO_AKA;
      return false;
    }
    const key = `${response.status_code} ${challenge.realm}`;
    const wasRefused = this.#answered.has(key) && challenge.stale !== true;
    if (wasRefused || this.#rounds >= MAX_ROUNDS) return false;
    const value = this.#valueFor(challenge, key, request, credentials);
    if (value === null) return false;
    this.#rounds += 1;
    this.#headers.set(key, value);
    const prefix = `${response.status_code} `;
    const given = [...this.#headers].flatMap(([one, text]) => (one.startsWith(prefix) ? [text] : []));
    request.setHeader(isProxy ? 'proxy-authorization' : 'authorization', given);
    return true;
  }

  #valueFor(
    challenge: DigestChallenge,
    key: string,
    request: OutgoingRequest,
    credentials: Credentials,
  ): string | null {
    const means = this.#meansFor(challenge, key, credentials);
    const asked = {
      username: credentials.username,
      method: request.method,
      uri: String(request.ruri),
      body: request.body ?? '',
    };
    switch (means.kind) {
      case 'secret':
        this.#answered.add(key);
        return answerChallenge(challenge, { ...asked, password: means.secret });
      case 'synchronise':
        // Not an answer that could be refused: the next challenge of this realm is our network's real one.
        this.#synchronised.add(key);
        return answerChallenge(challenge, { ...asked, password: Buffer.alloc(0) }, { auts: means.auts });
      case 'none':
        this.#problem = means.problem;
        return null;
    }
  }

  #meansFor(challenge: DigestChallenge, key: string, credentials: Credentials): Means {
    if (credentials.kind === 'password') return { kind: 'secret', secret: credentials.password };
    const { sequence } = credentials;
    const answer = answerAka(credentials.key, challenge.nonce, sequence.get());
    switch (answer.kind) {
      case 'ok':
        sequence.set(answer.sqn);
        return { kind: 'secret', secret: answer.res };
      case 'synchronise':
        if (this.#synchronised.has(key)) return { kind: 'none', problem: STILL_OUT_OF_SEQUENCE };
        return { kind: 'synchronise', auts: answer.auts.toString('base64') };
      case 'wrong-mac':
        return { kind: 'none', problem: WRONG_MAC };
      case 'malformed':
        return { kind: 'none', problem: MALFORMED };
    }
  }
}
