import { acceptContact, meaningOf } from './headers.ts';
import type { Notifier } from './notifier.ts';
import type { PushSubscription } from './push-subscription.ts';
import type { LiveResult } from './result-board.ts';

export type NotifyPush = {
  /** AOR or GRUU of who has subscribed. */
  readonly to: string;
  readonly application: string;
  readonly contentType: string;
  readonly body: Buffer;
  /** Seconds within which it is to take effect (RFC 6080 §6.2.3). */
  readonly effectiveBy?: number;
  /** Seconds to wait for a subscription where there is none yet. */
  readonly waitSeconds: number;
};

/**
 * Pushes content by a NOTIFY to every subscription of a user or terminal, and follows it to its answers: a 200 is the
 * delivery notice (PSA-SUB-03, -10, -12). Never rejects.
 */
export async function pushNotify(notifier: Notifier, push: NotifyPush, live: LiveResult): Promise<void> {
  const found = await notifier.waitFor(push.to, push.application, push.waitSeconds * 1000);
  if (found.length === 0) {
    live.end({ state: 'failed', reason: `${push.to} has not subscribed to ${push.application}.` });
    return;
  }
  const outcomes = await Promise.all(found.map((subscription) => send(subscription, push)));
  const bad = outcomes.find(({ code }) => code === null || code >= 300);
  const count = found.length === 1 ? 'accepted' : `accepted by ${found.length} terminals`;
  if (bad === undefined) live.end({ state: 'delivered', code: 200, reason: count });
  else if (bad.code === null) live.end({ state: 'failed', reason: bad.reason });
  else live.end({ state: 'rejected', code: bad.code, reason: meaningOf(bad.code, bad.reason) });
}

function send(subscription: PushSubscription, push: NotifyPush) {
  const { application, contentType, body, effectiveBy } = push;
  return subscription.notify({
    contentType,
    body,
    // The preferred identity is said by the subscription.
    headers: [acceptContact({ application })],
    ...(effectiveBy === undefined ? {} : { effectiveBy }),
  });
}
