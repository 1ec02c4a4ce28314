import { hash } from 'node:crypto';
import { type History, HistoryBusyError } from '../history/history.ts';
import type { DeliveryEntry, ReferenceRecord } from '../history/records.ts';
import { acceptsType } from '../sdp/accept-types.ts';
import { keepForReply, type Reply, sendReply } from '../sip/reply.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import { type AlreadyAnswered, messageKey } from './already-answered.ts';
import { checkPush, type Verdict } from './checks.ts';
import type { Emit } from './events.ts';
import { LivePush, messageOf } from './live-push.ts';
import { messageExpiry } from './message-expiry.ts';
import { previewOf } from './preview.ts';
import type { Profile } from './profile.ts';
import { recordOf } from './push-record.ts';
import type { Pushes } from './pushes.ts';
import { contentTypeOf, type FoundReference, findReference, referenceRecord } from './reference.ts';
import type { Refusal, Refusals } from './refusals.ts';
import type { TrustDecision } from './trust.ts';

/** Largest MESSAGE body taken; beyond it 513 (X-12: never refused for being over 1300). */
const MAX_BODY_BYTES = 1024 * 1024;
/** Seconds a sender is asked to wait when history is busy or broken (PRA-STA-05). */
const RETRY_AFTER_S = 10;
/** Content encodings that are taken (ALL-STA-02); content is kept as it came and decoded for showing. */
const ENCODINGS: readonly string[] = ['identity', 'gzip', 'deflate', 'br'];
const ANSWERED = {
  side: 'out',
  ok: true,
  title: '200 OK',
  detail: 'sent once the push was safely on disk',
  file: null,
} as const;

export type ProcedureContext = {
  readonly profile: Profile;
  readonly history: History;
  readonly refusals: Refusals;
  readonly emit: Emit;
  readonly pushes: Pushes;
  readonly answered: AlreadyAnswered;
};

/**
 * Pager mode (PRA-PAG-01 to -12): checks in the spec's order with no side effect before all pass, the push
 * durable before its 200, and a 200 without body or Contact. Content is kept byte-exact. A push that was answered 200
 * before, on another flow or in another run, is answered so again and nothing more.
 */
export async function receiveMessage(request: IncomingRequest, context: ProcedureContext): Promise<void> {
  const { profile, history, refusals, emit, pushes, answered } = context;
  const key = messageKey(profile.name, request);
  const before = answered.find(key);
  if (before !== undefined && (await before)) {
    sendReply(request, { code: 200 });
    return;
  }
  const contentType = request.getHeader('content-type') ?? null;
  const verdict = checkPush(request, profile, contentType === null ? [] : [contentType]);
  if (verdict.kind === 'refuse') {
    refusals.refuse(request, { code: 403, ...verdict });
    return;
  }
  const { application, sender } = verdict;
  const content = Buffer.from(request.body, 'latin1');
  const problem = whyUnacceptable(request, profile);
  if (problem !== null) {
    refusals.refuse(request, { ...problem, application, sender });
    return;
  }
  const found = findReference(contentType, content);
  const referenceProblem = whyNotReferred(found, profile);
  if (referenceProblem !== null) {
    refusals.refuse(request, { ...referenceProblem, application, sender });
    return;
  }
  const reference = found.kind === 'ok' ? referenceRecord(found.reference) : null;
  const named = judgeReferred(verdict, request, contentType, reference, profile);
  if (named.kind === 'refuse') {
    refusals.refuse(request, { code: 403, ...named });
    return;
  }
  const hold = whyToHold(named.trust, reference, profile);
  const base = recordOf(request, { terminal: profile.name, application, sender });
  const push = new LivePush(history, emit, {
    ...base,
    preview: reference === null && !isEncoded(request) ? previewOf(content, contentType ?? undefined) : null,
    state: hold !== null ? 'waiting' : reference === null ? 'received' : 'receiving',
    code: 200,
    reason: hold,
    reference,
    body:
      content.length === 0 ? { kind: 'none' } : { kind: 'content', sha256: hash('sha256', content, 'hex') },
    // Written with the push: a line of its own would cost a second write for each.
    delivery: [...base.delivery, ...expiredLine(request, base.at), { ...ANSWERED, at: base.at }],
  });
  const keeping = push.keep(content);
  answered.remember(key, keeping);
  // A burst waits for the disk with as little as it can.
  keepForReply(request);
  try {
    await keeping;
  } catch (error) {
    sendReply(request, shortage(error));
    emit({ event: 'error', message: `A push could not be kept: ${messageOf(error)}` });
    return;
  }
  sendReply(request, { code: 200 });
  pushes.taken(push, content, hold);
}

/** The checks once more with the type of the content that is named: a rule about it counts wherever the content lies. */
function judgeReferred(
  verdict: Verdict,
  request: IncomingRequest,
  contentType: string | null,
  reference: ReferenceRecord | null,
  profile: Profile,
): Verdict {
  const innerType = reference?.contentType ?? null;
  if (contentType === null || innerType === null) return verdict;
  return checkPush(request, profile, [contentType, innerType]);
}

/** A line about a message that came too late: it is taken, and whoever looks at it sees so (RFC 3428 §7). */
function expiredLine(request: IncomingRequest, at: string): readonly DeliveryEntry[] {
  const arrived = new Date(at);
  const expiry = messageExpiry(request, arrived);
  if (expiry === null || expiry > arrived) return [];
  const detail = `of use until ${expiry.toISOString()}`;
  return [{ at, side: 'local', ok: false, title: 'Expired when it came', detail, file: null }];
}

/** Why a message waits for the user, or null: a rule of trust, or content that is fetched only when asked. */
function whyToHold(
  trust: Exclude<TrustDecision, { readonly kind: 'deny' }>,
  reference: ReferenceRecord | null,
  { content }: Profile,
): string | null {
  if (trust.kind === 'ask') return trust.reason;
  if (reference === null || content.indirection === 'allow') return null;
  return 'Its content lies elsewhere and is fetched only when you allow it.';
}

/** Why a reference is refused before the 200: not taken at all, malformed, or larger than we take (RFC 4483 §5.3, §5.9). */
function whyNotReferred(
  found: FoundReference,
  { content }: Profile,
): Pick<Refusal, 'code' | 'reason' | 'headers'> | null {
  if (found.kind === 'none') return null;
  const accept = `Accept: ${content.accept.join(', ')}`;
  if (content.indirection === 'deny') {
    const reason = 'Content that lies elsewhere is not taken (content.indirection is deny).';
    return { code: 415, reason, headers: [accept] };
  }
  if (found.kind === 'bad') return { code: 400, reason: found.reason };
  const { innerType, size } = found.reference;
  if (innerType !== null && !acceptsType(content.accept, innerType)) {
    return { code: 415, reason: `Content of type ${innerType} is not taken.`, headers: [accept] };
  }
  if (size !== null && size > content.maxBytes) {
    return { code: 513, reason: `The content has ${size} bytes; at most ${content.maxBytes} are taken.` };
  }
  return null;
}

function whyUnacceptable(
  request: IncomingRequest,
  profile: Profile,
): Pick<Refusal, 'code' | 'reason' | 'headers'> | null {
  const bytes = request.body.length;
  const contentType = request.getHeader('content-type');
  const accept = `Accept: ${profile.content.accept.join(', ')}`;
  if (bytes > MAX_BODY_BYTES) {
    return { code: 513, reason: `The content has ${bytes} bytes; at most ${MAX_BODY_BYTES} are taken.` };
  }
  if (bytes > 0 && contentType === undefined) {
    return { code: 400, reason: 'The push has content but no Content-Type.' };
  }
  if (contentType !== undefined && contentTypeOf(contentType) === null) {
    return { code: 400, reason: `The Content-Type ${contentType} is malformed.` };
  }
  if (contentType !== undefined && !acceptsType(profile.content.accept, contentType)) {
    return { code: 415, reason: `Content of type ${contentType} is not taken.`, headers: [accept] };
  }
  const encoding = encodingOf(request);
  if (!ENCODINGS.includes(encoding)) {
    const headers = [accept, `Accept-Encoding: ${ENCODINGS.join(', ')}`];
    return { code: 415, reason: `Content encoded with ${encoding} is not taken.`, headers };
  }
  return null;
}

function encodingOf(request: IncomingRequest): string {
  return (request.getHeader('content-encoding') ?? 'identity').trim().toLowerCase();
}

function isEncoded(request: IncomingRequest): boolean {
  return encodingOf(request) !== 'identity';
}

/** 503 where the queue is full, 500 where history is broken; both say when to come back. */
export function shortage(error: unknown): Reply {
  const headers = [`Retry-After: ${RETRY_AFTER_S}`];
  return error instanceof HistoryBusyError ? { code: 503, headers } : { code: 500, headers };
}
