import { createHash } from 'node:crypto';
import { parseContentType } from '../content/mime.ts';
import { type History, HistoryBusyError } from '../history/history.ts';
import { acceptsType } from '../sdp/accept-types.ts';
import { type Reply, sendReply } from '../sip/reply.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import { checkPush } from './checks.ts';
import type { Emit } from './events.ts';
import { LivePush, messageOf } from './live-push.ts';
import type { Profile } from './profile.ts';
import { recordOf } from './push-record.ts';
import type { Refusal, Refusals } from './refusals.ts';

/** Largest MESSAGE body taken; beyond it 513 (X-12: never refused for being over 1300). */
const MAX_BODY_BYTES = 1024 * 1024;
/** Characters of a message that stand in lists. */
const MAX_PREVIEW_LENGTH = 120;
/** Seconds a sender is asked to wait when history is busy or broken (PRA-STA-05). */
const RETRY_AFTER_S = 10;
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
};

/**
 * Pager mode (PRA-PAG-01 to -12): checks in the spec's order with no side effect before all pass, the push
 * durable before its 200, and a 200 without body or Contact. Content is kept byte-exact.
 */
export async function receiveMessage(request: IncomingRequest, context: ProcedureContext): Promise<void> {
  const { profile, history, refusals, emit } = context;
  const verdict = checkPush(request, profile);
  if (verdict.kind === 'refuse') {
    refusals.refuse(request, { code: 403, ...verdict });
    return;
  }
  const { application, sender } = verdict;
  const problem = whyUnacceptable(request, profile);
  if (problem !== null) {
    refusals.refuse(request, { ...problem, application, sender });
    return;
  }
  const content = Buffer.from(request.body, 'latin1');
  const base = recordOf(request, { terminal: profile.name, application, sender });
  const push = new LivePush(history, emit, {
    ...base,
    preview: previewOf(content, request.getHeader('content-type')),
    state: 'received',
    code: 200,
    reason: null,
    body:
      content.length === 0
        ? { kind: 'none' }
        : { kind: 'content', sha256: createHash('sha256').update(content).digest('hex') },
    // Written with the push: a line of its own would cost a second write for each.
    delivery: [...base.delivery, { ...ANSWERED, at: base.at }],
  });
  try {
    await push.keep(content);
  } catch (error) {
    sendReply(request, shortage(error));
    emit({ event: 'error', message: `A push could not be kept: ${messageOf(error)}` });
    return;
  }
  sendReply(request, { code: 200 });
  const { contentType, bytes, callId, from } = push.record;
  const path = await history.contentPath(push.record, content).catch((error: unknown) => {
    emit({ event: 'error', message: `A push has no file of its own: ${messageOf(error)}` });
    return null;
  });
  emit({
    event: 'push',
    push: push.id,
    method: 'MESSAGE',
    application,
    from,
    contentType,
    bytes,
    path,
    callId,
  });
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
  if (contentType !== undefined && parseContentType(contentType) === null) {
    return { code: 400, reason: `The Content-Type ${contentType} is malformed.` };
  }
  if (contentType !== undefined && !acceptsType(profile.content.accept, contentType)) {
    return { code: 415, reason: `Content of type ${contentType} is not taken.`, headers: [accept] };
  }
  const encoding = request.getHeader('content-encoding') ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') {
    const headers = [accept, 'Accept-Encoding: identity'];
    return { code: 415, reason: `Content encoded with ${encoding} is not taken.`, headers };
  }
  return null;
}

/** First line of a text in UTF-8, short enough for a list. */
function previewOf(content: Buffer, contentType: string | undefined): string | null {
  if (contentType === undefined || !/^text\/plain\b/i.test(contentType)) return null;
  const [line = ''] = content
    .toString('utf8', 0, MAX_PREVIEW_LENGTH * 4)
    .trimStart()
    .split(/[\r\n]/);
  // Control characters have no place in a list, and bidi controls could turn what stands beside it.
  const text = line
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .slice(0, MAX_PREVIEW_LENGTH);
  return text === '' ? null : text;
}

/** 503 where the queue is full, 500 where history is broken; both say when to come back. */
export function shortage(error: unknown): Reply {
  const headers = [`Retry-After: ${RETRY_AFTER_S}`];
  return error instanceof HistoryBusyError ? { code: 503, headers } : { code: 500, headers };
}
