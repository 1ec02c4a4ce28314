import { acceptsType } from '../sdp/accept-types.ts';
import { sameApplication } from '../sip/feature-tags.ts';
import { remember } from '../sip/remember.ts';
import { matchesTrustPattern, parseUri } from '../sip/uri.ts';
import { domainOf, type Profile, type TrustRule } from './profile.ts';

/** What a push is judged by. */
export type TrustQuestion = {
  /** Identities of the sender: the asserted ones, or the From URI where none is asserted; one that fits is enough. */
  readonly identities: readonly string[];
  readonly application: string;
  /** Media types it carries or offers; none when it is empty. */
  readonly types: readonly string[];
};

/** `rule` tells that a rule of the profile decided, not the list of senders. */
export type TrustDecision =
  | { readonly kind: 'allow'; readonly rule: boolean }
  | { readonly kind: 'ask'; readonly reason: string }
  | { readonly kind: 'deny'; readonly reason: string };

/** What would be decided on a push of one type, and the position of the rule that decides; null: the list of senders. */
export type TrustExplanation = { readonly decision: TrustDecision; readonly rule: number | null };

/** What was decided for a profile: all of late by the question's text, and the last without making that text. */
type Decider = {
  readonly decide: (question: string) => TrustDecision;
  last: { readonly question: TrustQuestion; readonly decision: TrustDecision } | null;
};

/** A sender tends to push more of the same, and each push asks twice. */
const deciders = new WeakMap<object, Decider>();

const ANY_TYPE: readonly string[] = ['*/*', '*'];

/**
 * Whether a sender may push this for that application (ALL-SEC-07): the first rule that fits, else the list of
 * trusted senders. Of several types the strictest decision counts.
 */
export function decideTrust(question: TrustQuestion, profile: Pick<Profile, 'aor' | 'trust'>): TrustDecision {
  const decider = deciderOf(profile);
  const { last } = decider;
  if (last !== null && asksTheSame(last.question, question)) return last.decision;
  const { identities, application, types } = question;
  const decision = decider.decide(JSON.stringify({ identities, application, types }));
  decider.last = { question: { identities, application, types }, decision };
  return decision;
}

function deciderOf(profile: Pick<Profile, 'aor' | 'trust'>): Decider {
  const known = deciders.get(profile);
  if (known !== undefined) return known;
  const decide = remember((text) => decideAnew(JSON.parse(text) as TrustQuestion, profile));
  const made: Decider = { decide, last: null };
  deciders.set(profile, made);
  return made;
}

function asksTheSame(one: TrustQuestion, other: TrustQuestion): boolean {
  return (
    one.application === other.application &&
    isSameList(one.identities, other.identities) &&
    isSameList(one.types, other.types)
  );
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((item, at) => item === other[at]));
}

function decideAnew(question: TrustQuestion, profile: Pick<Profile, 'aor' | 'trust'>): TrustDecision {
  const types = question.types.length === 0 ? [null] : question.types;
  const decisions = types.map((type) => decideType(question, type, profile));
  return (
    decisions.find(({ kind }) => kind === 'deny') ??
    decisions.find(({ kind }) => kind === 'ask') ??
    decisions.find((one) => one.kind === 'allow' && !one.rule) ?? { kind: 'allow', rule: true }
  );
}

/** The decision on a push of one type, and which rule makes it. */
export function explainTrust(
  { identities, application }: Omit<TrustQuestion, 'types'>,
  type: string | null,
  profile: Pick<Profile, 'aor' | 'trust'>,
): TrustExplanation {
  const at = profile.trust.rules.findIndex((one) => fits(one, identities, application, type));
  const types = type === null ? [] : [type];
  return {
    decision: decideTrust({ identities, application, types }, profile),
    rule: at === -1 ? null : at,
  };
}

function decideType(
  { identities, application }: TrustQuestion,
  type: string | null,
  { aor, trust }: Pick<Profile, 'aor' | 'trust'>,
): TrustDecision {
  const [first = 'The sender'] = identities;
  const rule = trust.rules.find((one) => fits(one, identities, application, type));
  switch (rule?.decide) {
    case 'allow':
      return { kind: 'allow', rule: true };
    case 'ask':
      return { kind: 'ask', reason: `A rule of the profile asks before ${first} may push this.` };
    case 'deny':
      return { kind: 'deny', reason: `A rule of the profile denies ${first} this push.` };
    case undefined: {
      const senders = trust.senders ?? [`*@${domainOf(aor)}`];
      return senders.some((pattern) => matchesAny(pattern, identities))
        ? { kind: 'allow', rule: false }
        : { kind: 'deny', reason: `${first} is not on the list of trusted senders.` };
    }
  }
}

function fits(
  rule: TrustRule,
  identities: readonly string[],
  application: string,
  type: string | null,
): boolean {
  const sender = rule.sender === '*' || matchesAny(rule.sender, identities);
  const forIt = rule.application === '*' || sameApplication(rule.application, application);
  return sender && forIt && isOfType(rule.type, type);
}

/** Whether the media type of a rule means this one; one that means any means no type at all too. */
export function isOfType(ruled: string, type: string | null): boolean {
  return ANY_TYPE.includes(ruled) || (type !== null && acceptsType([ruled], type));
}

/** Whether one of the identities fits a pattern such as `*@push.test`. */
export function matchesAny(pattern: string, identities: readonly string[]): boolean {
  return identities.some((identity) => {
    const uri = parseUri(identity);
    return uri !== null && matchesTrustPattern(pattern, uri);
  });
}
