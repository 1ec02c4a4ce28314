import type { Authorize } from '../msrp/relay-link.ts';
import { answerChallenge, parseChallenges, pickChallenge } from '../sip/digest.ts';
import type { Profile } from './profile.ts';

/**
 * Answers the challenges of an MSRP relay by digest with the user name and password of the profile (RFC 4976 §9.1).
 * @throws Error with a sentence for the user when the profile has no password.
 */
export function relayCredentials(auth: Profile['auth']): Authorize {
  if (auth?.password === undefined) throw new Error('msrp.relay needs auth with a username and a password.');
  const { username, password, realm } = auth;
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
