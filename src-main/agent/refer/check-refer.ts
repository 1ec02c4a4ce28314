import { pushApplications } from '../../sip/feature-tags.ts';
import { type Reference, readReferTo } from '../../sip/refer-to.ts';
import {
  aorOf,
  formatUri,
  matchesTrustPattern,
  parseSipUri,
  type SipUri,
  uriParameter,
} from '../../sip/uri.ts';
import type { IncomingRequest } from '../../sip/user-agent.ts';
import { checkOrigin, originOf, type Sender, type Verdict } from '../checks.ts';
import { domainOf, type Profile } from '../profile.ts';
import type { Refusal } from '../refusals.ts';

/** What a REFER that passed asks for. */
export type AskedSubscription = {
  /** URI to SUBSCRIBE to. */
  readonly target: string;
  /** Event value in full. */
  readonly event: string;
  readonly application: string;
  /** Header lines of the URI that the SUBSCRIBE takes over. */
  readonly headers: readonly string[];
  /** Names of header fields of the URI that are not used. */
  readonly leftOut: readonly string[];
};

export type ReferVerdict =
  | {
      readonly kind: 'pass';
      readonly asked: AskedSubscription;
      readonly sender: Sender;
      readonly trust: Extract<Verdict, { readonly kind: 'pass' }>['trust'];
    }
  | { readonly kind: 'refuse'; readonly refusal: Refusal };

const PACKAGE = 'ua-profile';
const PROFILE_TYPE = 'oma-app';

/**
 * Whether a REFER asks for what this terminal does, and is from whom it may be (PRA-REF-02 to -04, X-52): one Refer-To
 * (400), a SUBSCRIBE to the push events (603), for an application it serves and by a sender it trusts (403), to the
 * user's own address or to a Push Sender Agent (403).
 */
export function checkRefer(request: IncomingRequest, profile: Profile): ReferVerdict {
  const origin = originOf(request);
  const { sender } = origin;
  const refuse = (code: number, reason: string): ReferVerdict => ({
    kind: 'refuse',
    refusal: { code, reason, sender, application: null },
  });
  const read = readReferTo(request.getHeaders('refer-to'));
  if (read.kind === 'malformed') return refuse(400, read.reason);
  if (read.kind === 'foreign')
    return refuse(603, `Refer-To names a ${read.scheme} URI; only sip is followed.`);
  const { reference } = read;
  const { method, event } = reference;
  if (method !== 'SUBSCRIBE') return refuse(603, `The REFER asks for ${method}; only SUBSCRIBE is done.`);
  if (event === null) return refuse(400, 'The REFER asks for a SUBSCRIBE without Event.');
  const profileType = event.parameters.get('profile-type')?.toLowerCase();
  if (event.type.toLowerCase() !== PACKAGE || profileType !== PROFILE_TYPE) {
    return refuse(
      603,
      `The REFER asks for ${event.text}; only ${PACKAGE};profile-type=${PROFILE_TYPE} is done.`,
    );
  }
  const named = pushApplications(
    reference.acceptContact.length > 0 ? reference.acceptContact : request.getHeaders('accept-contact'),
  );
  const verdict = checkOrigin({ ...origin, named }, profile, []);
  if (verdict.kind === 'refuse') return { kind: 'refuse', refusal: { code: 403, ...verdict } };
  const target = targetOf(reference, request, verdict, profile);
  if (target === null) {
    const reason = `The REFER leads to ${formatUri(reference.target)}, which is neither this user nor a trusted sender.`;
    return { kind: 'refuse', refusal: { code: 403, reason, sender, application: verdict.application } };
  }
  const { application, trust } = verdict;
  const { leftOut } = reference;
  const headers = reference.acceptContact.map((value) => `Accept-Contact: ${value}`);
  return { kind: 'pass', asked: { target, event: event.text, application, headers, leftOut }, sender, trust };
}

/** Whom to subscribe to: the user's own address or a Push Sender Agent (PSA-REF-03); null for anybody else. */
function targetOf(
  { target }: Reference,
  request: IncomingRequest,
  { identities }: Extract<Verdict, { readonly kind: 'pass' }>,
  profile: Profile,
): string | null {
  const asked = parseSipUri(request.ruri.toString());
  const isOwn =
    isSameUser(target, parseSipUri(profile.aor)) ||
    (asked !== null && formatUri(asked) === formatUri(target));
  // Our own GRUU or Contact would lead back to us.
  if (isOwn) return profile.aor;
  // Another host than the one that is trusted.
  if ((uriParameter(target, 'maddr') ?? '') !== '') return null;
  const isSender = identities.some((identity) => isSameUser(target, parseSipUri(identity)));
  const trusted = profile.trust.senders ?? [`*@${domainOf(profile.aor)}`];
  const isTrusted = trusted.some((pattern) => matchesTrustPattern(pattern, target));
  return isSender || isTrusted ? formatUri(target) : null;
}

function isSameUser(a: SipUri, b: SipUri | null): boolean {
  return b !== null && aorOf(a) === aorOf(b);
}
