import { pushApplications, sameApplication } from '../sip/feature-tags.ts';
import { assertedIdentities } from '../sip/name-addr.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import type { Profile } from './profile.ts';
import { decideTrust, type TrustDecision } from './trust.ts';

/** Who sent a push, as far as the core vouches for it. */
export type Sender = { readonly uri: string; readonly asserted: boolean };

/** Verdict of the checks that every push must pass before it has any effect. */
export type Verdict =
  | {
      readonly kind: 'pass';
      readonly application: string;
      readonly sender: Sender;
      /** What it is trusted by: the asserted identities, or the From URI where none is asserted. */
      readonly identities: readonly string[];
      /** What the rules of trust say; a push they deny does not pass. */
      readonly trust: Exclude<TrustDecision, { readonly kind: 'deny' }>;
    }
  | {
      readonly kind: 'refuse';
      readonly reason: string;
      readonly application: string | null;
      readonly sender: Sender;
    };

/** Whom a push is for and from, before it is checked. */
export type PushOrigin = {
  /** Applications it names, the one that is served is taken. */
  readonly named: readonly string[];
  readonly sender: Sender;
  /** Whether the sender is known though the core asserts none: this terminal subscribed to it. */
  readonly subscribed: boolean;
  readonly identities: readonly string[];
};

/** The checks of a MESSAGE or an INVITE. `types` are the media types it carries or offers. */
export function checkPush(request: IncomingRequest, profile: Profile, types: readonly string[]): Verdict {
  return checkOrigin(originOf(request), profile, types);
}

/**
 * The application check, then the identity check, in the order of the spec (PRA-PAG-02 to -04,
 * PRA-SES-05, -07). Both answer 403; only the reason tells them apart. `types` are the media types the push carries
 * or offers.
 */
export function checkOrigin(origin: PushOrigin, profile: Profile, types: readonly string[]): Verdict {
  const { named, sender, subscribed, identities } = origin;
  const application =
    named.find((id) => profile.applications.some((known) => sameApplication(known, id))) ?? null;
  if (application === null) {
    const reason =
      named.length === 0
        ? 'The push names no application (no +g.oma.pusheventapp in Accept-Contact).'
        : `No application of this terminal is called ${named.join(', ')}.`;
    return { kind: 'refuse', reason, application: named[0] ?? null, sender };
  }
  if (!sender.asserted && !subscribed && profile.trust.requireAssertedIdentity) {
    const reason = 'The core asserts no identity for the sender (no P-Asserted-Identity).';
    return { kind: 'refuse', reason, application, sender };
  }
  const trust = decideTrust({ identities, application, types }, profile);
  if (trust.kind === 'deny') return { kind: 'refuse', reason: trust.reason, application, sender };
  return { kind: 'pass', application, sender, identities, trust };
}

/** What a request says of its sender itself. Up to one SIP and one tel URI may be asserted; either one counts. */
export function originOf(request: IncomingRequest): PushOrigin {
  const sender = senderOf(request);
  const asserted = assertedIdentities(request.getHeaders('p-asserted-identity'));
  return {
    named: pushApplications(request.getHeaders('accept-contact')),
    sender,
    subscribed: false,
    identities: sender.asserted ? asserted : [sender.uri],
  };
}

/**
 * The asserted identity, or the From URI where the core asserts none. The terminal has one flow, which it opened
 * to its core itself, so every P-Asserted-Identity on it comes from the core (RFC 3325 §8, X-09).
 */
export function senderOf(request: IncomingRequest): Sender {
  const [asserted] = assertedIdentities(request.getHeaders('p-asserted-identity'));
  if (asserted !== undefined) return { uri: asserted, asserted: true };
  return { uri: request.from.uri.toString(), asserted: false };
}
