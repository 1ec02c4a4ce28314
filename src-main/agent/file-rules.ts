import type { FileRecord } from '../history/records.ts';
import { sameApplication } from '../sip/feature-tags.ts';
import type { Profile } from './profile.ts';
import { decideTrust, isOfType, matchesAny, type TrustDecision } from './trust.ts';

/** What becomes of one offered file. */
export type FileDecision = Profile['files']['decide'];

/** By what one file of an offer is judged. */
export type FileQuestion = {
  /** Identities of the sender; one that fits is enough. */
  readonly identities: readonly string[];
  readonly application: string;
  readonly type: string | null;
  /** Null where the offer names none: then no rule about sizes fits. */
  readonly bytes: number | null;
};

/** Decides on every file of an offer, those added later too. */
export type DecideFile = (file: Pick<FileRecord, 'type' | 'bytes'>) => FileDecision;

type Trusted = Exclude<TrustDecision, { readonly kind: 'deny' }>;

/** Why a file is not taken that a rule declines. */
export const DECLINED_BY_RULE = 'Declined by a rule of the profile.';

/**
 * The first rule of `files.rules` that fits decides on a file; else a rule of trust that let the push pass, else
 * `files.decide`. A rule of trust that asks keeps a file from being accepted unseen, not from being declined.
 */
export function decideFile(question: FileQuestion, files: Profile['files'], trust: Trusted): FileDecision {
  const rule = files.rules.find((one) => fits(one, question));
  if (trust.kind === 'ask') return rule?.decide === 'decline' ? 'decline' : 'ask';
  return rule?.decide ?? (trust.rule ? 'accept' : files.decide);
}

/**
 * Decides on one file of an offer that was trusted: what the rules of trust say of its type counts too, for it may have
 * been named after the offer was let pass, by a re-INVITE or an ACK. The stricter one holds.
 */
export function decideOfferedFile(
  question: FileQuestion,
  profile: Pick<Profile, 'aor' | 'trust' | 'files'>,
  offer: Trusted,
): FileDecision {
  const { type } = question;
  const own = decideTrust({ ...question, types: type === null ? [] : [type] }, profile);
  if (own.kind === 'deny') return 'decline';
  const isRuled = offer.kind === 'allow' && offer.rule;
  return decideFile(question, profile.files, own.kind === 'allow' && !isRuled ? offer : own);
}

function fits(
  rule: Profile['files']['rules'][number],
  { identities, application, type, bytes }: FileQuestion,
): boolean {
  if (rule.sender !== '*' && !matchesAny(rule.sender, identities)) return false;
  if (rule.application !== '*' && !sameApplication(rule.application, application)) return false;
  if (!isOfType(rule.type, type)) return false;
  if (rule.minBytes === null && rule.maxBytes === null) return true;
  return bytes !== null && bytes >= (rule.minBytes ?? 0) && bytes <= (rule.maxBytes ?? bytes);
}
