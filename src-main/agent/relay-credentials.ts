import type { Authorize } from '../msrp/relay-link.ts';
import { digestAuthorizer } from '../sip/authorizer.ts';
import type { Profile } from './profile.ts';

/**
 * Answers the challenges of an MSRP relay by digest with the user name and password of the profile (RFC 4976 §9.1).
 * @throws Error with a sentence for the user when the profile has no password.
 */
export function relayCredentials(auth: Profile['auth']): Authorize {
  if (auth?.password === undefined) throw new Error('msrp.relay needs auth with a username and a password.');
  const { username, password, realm } = auth;
  return digestAuthorizer({ username, password, realm });
}
