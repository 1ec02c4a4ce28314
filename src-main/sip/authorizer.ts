import { answerChallenge, parseChallenges, pickChallenge } from './digest.ts';

/**
 * Answers the WWW-Authenticate headers of one server after the other with the value of Authorization, counting the uses
 * of each nonce (RFC 7616 §3.4); null when no challenge can be answered. A null `realm` answers any.
 */
export function digestAuthorizer({
  username,
  password,
  realm,
}: {
  readonly username: string;
  readonly password: string;
  readonly realm: string | null;
}): (
  challenges: readonly string[],
  request: { readonly method: string; readonly uri: string },
) => string | null {
  let used = { nonce: '', count: 0 };
  return (values, { method, uri }) => {
    const challenges = parseChallenges(values).filter((one) => realm === null || one.realm === realm);
    const challenge = pickChallenge(challenges);
    if (challenge === null) return null;
    used = { nonce: challenge.nonce, count: challenge.nonce === used.nonce ? used.count + 1 : 1 };
    const request = { username, password, method, uri, body: '' };
    return answerChallenge(challenge, request, { nonceCount: used.count });
  };
}
