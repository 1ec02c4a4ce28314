import type { ContentPart } from '../content/part-tree.ts';
import { type History, HistoryBusyError } from '../history/history.ts';
import { type Reply, replyLater, sendReply } from '../sip/reply.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import { type AlreadyAnswered, messageKey } from './already-answered.ts';
import { checkOrigin, originOf, type PushOrigin, type Verdict } from './checks.ts';
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
const OK: Reply = { code: 200 };
/** The answer where we fail by our own fault (PRA-STA-07). */
export const FAULT: Reply = { code: 500, headers: [`Retry-After: ${RETRY_AFTER_S}`] };
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
 * before, on another flow or in another run, is answered so again and nothing more. Rejects where we fail by our own
 * fault, with the request answered.
 */
export function receiveMessage(request: IncomingRequest, context: ProcedureContext): Promise<void> {
  try {
    const origin = originOf(request);
    const key = messageKey(context.profile.name, origin.sender, request);
    const before = context.answered.find(key);
    if (before === undefined) return receiveNew(request, key, context, origin);
    return orFault(
      request,
      // Of several that waited, only one is new then.
      before.then((kept) => (kept ? sendReply(request, OK) : receiveMessage(request, context))),
    );
  } catch (error) {
    sendReply(request, FAULT);
    return Promise.reject(error);
  }
}

/** What fails by our own fault still answers (PRA-STA-07). */
function orFault(request: IncomingRequest, procedure: Promise<void>): Promise<void> {
  return procedure.catch((error: unknown) => {
    sendReply(request, FAULT);
    throw error;
  });
}

function receiveNew(
  request: IncomingRequest,
  key: string,
  context: ProcedureContext,
  origin: PushOrigin,
): Promise<void> {
  const { profile, refusals, answered } = context;
  const contentType = request.getHeader('content-type') ?? null;
  const verdict = checkOrigin(origin, profile, contentType === null ? [] : [contentType]);
  if (verdict.kind === 'refuse') {
    refusals.refuse(request, { code: 403, ...verdict });
    return Promise.resolve();
  }
  const content = contentOf(request);
  const opening = contentTree(content);
  if (opening === null) return judgeAndKeep(request, key, context, verdict, content, null);
  const opened = opening.then(async (tree) => {
    // The same message may have come by another way while this one was taken apart.
    const meanwhile = answered.find(key);
    if (meanwhile !== undefined && (await meanwhile)) sendReply(request, OK);
    else await judgeAndKeep(request, key, context, verdict, content, tree);
  });
  return orFault(request, opened);
}

function judgeAndKeep(
  request: IncomingRequest,
  key: string,
  { profile, history, refusals, emit, pushes, answered }: ProcedureContext,
  verdict: Extract<Verdict, { readonly kind: 'pass' }>,
  content: PushedContent,
  tree: ContentPart | null,
): Promise<void> {
  const { application, sender } = verdict;
  const judged = judgeContent(content, tree, verdict, profile);
  if (judged.kind === 'refuse') {
    refusals.refuse(request, { ...judged, application, sender });
    return Promise.resolve();
  }
  const base = recordOf(request, { terminal: profile.name, application, sender });
  const expired = expiredLine(request, base.at);
  const push = new LivePush(history, emit, takenRecord(base, content, judged, [...expired, ANSWERED]));
  const keeping = push.keep(content.bytes);
  answered.remember(key, keeping);
  return answerWhenKept(keeping, push, content.bytes, judged.hold, replyLater(request), { emit, pushes });
}

/** Apart from what came before: a burst waits for the disk, and with it only what is needed here. */
function answerWhenKept(
  keeping: Promise<void>,
  push: LivePush,
  bytes: Buffer,
  hold: string | null,
  reply: (reply: Reply) => void,
  { emit, pushes }: Pick<ProcedureContext, 'emit' | 'pushes'>,
): Promise<void> {
  return keeping.then(
    () => {
      reply(OK);
      pushes.taken(push, bytes, hold);
    },
    (error: unknown) => {
      reply(shortage(error));
      emit({ event: 'error', message: `A push could not be kept: ${messageOf(error)}` });
    },
  );
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

/** The content of a request, byte-exact. */
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
