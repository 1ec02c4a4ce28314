import { RateLimit } from '../../sip/rate-limit.ts';
import { ReferSubscription } from '../../sip/refer-subscription.ts';
import { sendReply } from '../../sip/reply.ts';
import type { IncomingRequest, SipUserAgent } from '../../sip/user-agent.ts';
import { LivePush, messageOf } from '../live-push.ts';
import { type ProcedureContext, shortage } from '../pager-mode.ts';
import { recordOf } from '../push-record.ts';
import type { StartedSubscription } from '../subscriptions.ts';
import type { TrustDecision } from '../trust.ts';
import { type AskedSubscription, checkRefer } from './check-refer.ts';
import { LiveRefer } from './live-refer.ts';

export type ReferContext = Pick<ProcedureContext, 'profile' | 'history' | 'refusals' | 'emit'> & {
  readonly ua: SipUserAgent;
  readonly contactLine: () => string;
  /** Sends the SUBSCRIBE in a dialog of its own. Throws a sentence when it cannot. */
  readonly subscribe: (asked: AskedSubscription) => StartedSubscription;
};

/** REFERs that wait or are followed at once in one terminal; one more gets 486. */
const MAX_OPEN_REFERS = 16;
/** REFERs looked at in a minute, so that two agents that refer to each other do not go round for ever; then 503. */
const MAX_REFERS_A_MINUTE = 30;
const MINUTE_MS = 60_000;
/** The subscription to a reference outlives every wait for the user and the SUBSCRIBE. In seconds. */
const SUBSCRIPTION_S = 900;

/**
 * REFER (PRA-REF-01 to -05): checked in the spec's order, kept, answered 202, and followed once the user or a rule allows
 * it. One of these serves all REFERs of a terminal.
 */
export class ReferMode {
  readonly #context: ReferContext;
  readonly #limit = new RateLimit(MAX_REFERS_A_MINUTE, MINUTE_MS);
  readonly #open = new Map<string, LiveRefer>();
  /** Those that are being kept, before they count as open. */
  #arriving = 0;

  constructor(context: ReferContext) {
    this.#context = context;
  }

  /** A REFER outside any dialog. */
  async receive(request: IncomingRequest): Promise<void> {
    const { profile, history, refusals, emit, ua, contactLine } = this.#context;
    if (!this.#limit.take()) {
      sendReply(request, { code: 503, headers: ['Retry-After: 60'] });
      return;
    }
    const verdict = checkRefer(request, profile);
    if (verdict.kind === 'refuse') {
      refusals.refuse(request, verdict.refusal);
      return;
    }
    const { asked, sender, trust } = verdict;
    const { application } = asked;
    const decide = ruledOn(trust) ?? profile.refer.decide;
    if (decide === 'deny') {
      refusals.refuse(request, {
        code: 603,
        reason: 'The profile declines every REFER.',
        application,
        sender,
      });
      return;
    }
    if (this.#open.size + this.#arriving >= MAX_OPEN_REFERS) {
      refusals.refuse(request, { code: 486, reason: 'Too many REFERs are open.', application, sender });
      return;
    }
    // RFC 4488 §4: the sender wants no subscription, and gets none.
    const isSilent = /^\s*false\s*(?:;|$)/i.test(request.getHeader('refer-sub') ?? '');
    const record = recordOf(request, { terminal: profile.name, application, sender });
    const push = new LivePush(history, emit, {
      ...record,
      state: 'waiting',
      code: 202,
      reason: null,
      body: {
        kind: 'refer',
        target: asked.target,
        event: asked.event,
        silent: isSilent,
        subscription: null,
        result: null,
      },
    });
    const subscription = isSilent
      ? null
      : ReferSubscription.open(ua, request, {
          contactLine,
          expires: SUBSCRIPTION_S,
          notified: (status, state) =>
            push.log({ side: 'out', ok: true, title: 'NOTIFY sent', detail: `${status.slice(8)}, ${state}` }),
          lost: (reason) => push.log({ side: 'in', ok: false, title: 'Referrer gone', detail: reason }),
        });
    if (subscription === null && !isSilent) {
      refusals.refuse(request, { code: 400, reason: 'The REFER has no Contact.', application, sender });
      return;
    }
    this.#arriving += 1;
    try {
      await push.keep();
    } catch (error) {
      subscription?.abandon();
      sendReply(request, shortage(error));
      emit({ event: 'error', message: `A REFER could not be kept: ${messageOf(error)}` });
      return;
    } finally {
      this.#arriving -= 1;
    }
    sendReply(request, {
      code: 202,
      headers: [contactLine(), ...(isSilent ? ['Refer-Sub: false'] : [])],
    });
    push.log({
      side: 'out',
      ok: true,
      title: '202 Accepted',
      detail: isSilent ? 'without subscription' : '',
    });
    if (asked.leftOut.length > 0) {
      const detail = `${asked.leftOut.join(', ')} of the Refer-To URI`;
      push.log({ side: 'local', ok: true, title: 'Left out', detail });
    }
    const refer = new LiveRefer({
      push,
      subscription,
      subscribe: () => this.#context.subscribe(asked),
      answerWithin: profile.refer.answerWithin,
      emit,
      over: ({ id }) => this.#open.delete(id),
    });
    this.#open.set(refer.id, refer);
    emit({
      event: 'refer',
      refer: refer.id,
      from: sender.uri,
      application,
      target: asked.target,
      package: asked.event,
      callId: record.callId,
    });
    refer.begin(decide);
  }

  /** The REFER with this id; null when it is over or was none. */
  find(refer: string): LiveRefer | null {
    return this.#open.get(refer) ?? null;
  }

  /** REFERs that wait for the user, with the time at which they decline themselves. */
  deadlines(): readonly { readonly offer: string; readonly deadline: string }[] {
    return [...this.#open.values()].flatMap(({ id, deadline }) =>
      deadline === null ? [] : [{ offer: id, deadline }],
    );
  }

  flowLost(): void {
    for (const refer of this.#open.values()) refer.flowLost();
  }

  /** Declines what waits, and ends what runs. */
  close(): void {
    for (const refer of [...this.#open.values()]) refer.close();
  }
}

function ruledOn(trust: TrustDecision): 'allow' | 'ask' | null {
  if (trust.kind === 'ask') return 'ask';
  return trust.kind === 'allow' && trust.rule ? 'allow' : null;
}
