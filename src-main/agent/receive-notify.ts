import { pushApplications } from '../sip/feature-tags.ts';
import { sendReply } from '../sip/reply.ts';
import type { Notification } from '../sip/subscription.ts';
import { checkOrigin, originOf, type PushOrigin } from './checks.ts';
import { contentTree, judgeContent, MAX_BODY_BYTES } from './judge-content.ts';
import { LivePush, messageOf } from './live-push.ts';
import { ANSWERED, contentOf, type ProcedureContext, shortage } from './pager-mode.ts';
import { type FirstLine, recordOf, takenRecord } from './push-record.ts';

/** What a NOTIFY is known by beside its own header fields: the subscription it belongs to. */
export type NotifyFrame = {
  /** Whose pushes it brings where it names nobody itself (Accept-Contact); null where it then brings none. */
  readonly application: string | null;
  /** The notifier, where the NOTIFY asserts none: whom the core asserted in the 2xx, else whom we subscribed to. */
  readonly notifier: readonly [string, ...string[]];
};

/** How a NOTIFY was answered, and the push its content became if it did. */
export type NotifyAnswer = { readonly code: number; readonly push: string | null };

/**
 * Takes a NOTIFY of a subscription and answers it (PRA-SUB-12 to -15): its content becomes a push by the same checks as
 * that of a MESSAGE, and is on disk before the 200, which a sender takes for a delivery notice (PSA-SUB-03). One without
 * content is only answered (RFC 6080 §6.8). Never waits for the user (RFC 6665 §4.1.3), never rejects.
 */
export async function receiveNotify(
  { request }: Notification,
  frame: NotifyFrame,
  context: ProcedureContext,
): Promise<NotifyAnswer> {
  try {
    return await answer({ request }, frame, context);
  } catch (error) {
    sendReply(request, { code: 500, headers: ['Retry-After: 10'] });
    context.emit({ event: 'error', message: `A NOTIFY could not be handled: ${messageOf(error)}` });
    return { code: 500, push: null };
  }
}

async function answer(
  { request }: Pick<Notification, 'request'>,
  frame: NotifyFrame,
  context: ProcedureContext,
): Promise<NotifyAnswer> {
  const { profile, history, refusals, emit, pushes } = context;
  const { length } = request.body;
  const names = pushApplications(request.getHeaders('accept-contact')).length > 0;
  if (length === 0 || (frame.application === null && !names)) {
    const code = length > MAX_BODY_BYTES ? 513 : 200;
    sendReply(request, { code });
    return { code, push: null };
  }
  const content = contentOf(request);
  const origin = originWithin(frame, originOf(request));
  const { contentType } = content;
  const verdict = checkOrigin(origin, profile, contentType === null ? [] : [contentType]);
  if (verdict.kind === 'refuse') {
    refusals.refuse(request, { code: 403, ...verdict });
    return { code: 403, push: null };
  }
  const { application, sender } = verdict;
  const tree = await contentTree(content);
  const judged = judgeContent(content, tree, verdict, profile);
  if (judged.kind === 'refuse') {
    refusals.refuse(request, { ...judged, application, sender });
    return { code: judged.code, push: null };
  }
  const base = recordOf(request, { terminal: profile.name, application, sender });
  const push = new LivePush(
    history,
    emit,
    takenRecord(base, content, judged, [...effectiveLine(request.getHeader('event')), ANSWERED]),
  );
  try {
    await push.keep(content.bytes);
  } catch (error) {
    const reply = shortage(error);
    sendReply(request, reply);
    emit({ event: 'error', message: `A push could not be kept: ${messageOf(error)}` });
    return { code: reply.code, push: null };
  }
  sendReply(request, { code: 200 });
  pushes.taken(push, content.bytes, judged.hold);
  return { code: 200, push: push.id };
}

/**
 * Who pushes and for what: the NOTIFY's own word first, then the subscription's. Whoever notifies in the dialog of a
 * SUBSCRIBE is whom the core led it to, so that the identity counts though no NOTIFY asserts it.
 */
function originWithin({ application, notifier }: NotifyFrame, own: PushOrigin): PushOrigin {
  const named = own.named.length > 0 || application === null ? own.named : [application];
  if (own.sender.asserted) return { ...own, named };
  const [uri] = notifier;
  return { named, sender: { uri, asserted: false }, subscribed: true, identities: notifier };
}

/** When the profile that was pushed is to be in force (RFC 6080 §6.2.3). */
function effectiveLine(event: string | undefined): readonly FirstLine[] {
  const seconds = /;\s*effective-by\s*=\s*(\d{1,10})\s*(?:;|$)/i.exec(event ?? '')?.[1];
  if (seconds === undefined) return [];
  const detail = Number(seconds) === 0 ? 'at once' : `within ${Number(seconds)} s`;
  return [{ side: 'in', ok: true, title: 'To take effect', detail }];
}
