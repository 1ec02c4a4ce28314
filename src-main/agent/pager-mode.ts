import { type History, HistoryBusyError } from '../history/history.ts';
import { keepForReply, type Reply, sendReply } from '../sip/reply.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import { type AlreadyAnswered, messageKey } from './already-answered.ts';
import { checkPush } from './checks.ts';
import type { Emit } from './events.ts';
import { contentTree, judgeContent, type PushedContent } from './judge-content.ts';
import { LivePush, messageOf } from './live-push.ts';
import { messageExpiry } from './message-expiry.ts';
import type { Profile } from './profile.ts';
import { type FirstLine, recordOf, takenRecord } from './push-record.ts';
import type { Pushes } from './pushes.ts';
import { type Refusals, warning } from './refusals.ts';

/** Seconds a sender is asked to wait when history is busy or broken (PRA-STA-05). */
const RETRY_AFTER_S = 10;
/** The line of a timeline about the 200. */
export const ANSWERED = {
  side: 'out',
  ok: true,
  title: '200 OK',
  detail: 'sent once the push was safely on disk',
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
  const content = contentOf(request);
  const opening = contentTree(content);
  const tree = opening === null ? null : await opening;
  // The same message may have come by another way while this one was taken apart.
  const meanwhile = opening === null ? undefined : answered.find(key);
  if (meanwhile !== undefined && (await meanwhile)) {
    sendReply(request, { code: 200 });
    return;
  }
  const judged = judgeContent(content, tree, verdict, profile);
  if (judged.kind === 'refuse') {
    refusals.refuse(request, { ...judged, application, sender });
    return;
  }
  const base = recordOf(request, { terminal: profile.name, application, sender });
  const expired = expiredLine(request, base.at);
  const push = new LivePush(history, emit, takenRecord(base, content, judged, [...expired, ANSWERED]));
  const keeping = push.keep(content.bytes);
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
  pushes.taken(push, content.bytes, judged.hold);
}

/** A line about a message that came too late: it is taken, and whoever looks at it sees so (RFC 3428 §7). */
function expiredLine(request: IncomingRequest, at: string): readonly FirstLine[] {
  if (!request.hasHeader('expires')) return [];
  const arrived = new Date(at);
  const expiry = messageExpiry(request, arrived);
  if (expiry === null || expiry > arrived) return [];
  const detail = `of use until ${expiry.toISOString()}`;
  return [{ side: 'local', ok: false, title: 'Expired when it came', detail }];
}

/** The content of a request, byte-exact. Read it before the answer, which strips the request. */
export function contentOf(request: IncomingRequest): PushedContent {
  return {
    contentType: request.getHeader('content-type') ?? null,
    contentEncoding: request.getHeader('content-encoding') ?? null,
    bytes: Buffer.from(request.body, 'latin1'),
  };
}

/** 503 where the queue is full, 500 where history is broken; both say when to come back. */
export function shortage(error: unknown): Reply {
  const isBusy = error instanceof HistoryBusyError;
  const reason = isBusy ? 'Too many pushes wait to be kept.' : 'The push could not be kept.';
  return { code: isBusy ? 503 : 500, headers: [`Retry-After: ${RETRY_AFTER_S}`, warning(reason)] };
}
