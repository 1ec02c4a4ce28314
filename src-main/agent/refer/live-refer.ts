import type { PushState } from '../../history/records.ts';
import type { ReferProgress, ReferSubscription } from '../../sip/refer-subscription.ts';
import type { Emit } from '../events.ts';
import { type LivePush, messageOf } from '../live-push.ts';
import type { FirstAnswer } from '../live-subscription.ts';
import type { StartedSubscription } from '../subscriptions.ts';

export type LiveReferParts = {
  readonly push: LivePush;
  /** Null where the sender wants to hear nothing (RFC 4488). */
  readonly subscription: ReferSubscription | null;
  /** Sends the SUBSCRIBE that was asked for. Throws a sentence when it cannot. */
  readonly subscribe: () => StartedSubscription;
  /** How long it waits for the user, in seconds. */
  readonly answerWithin: number;
  readonly emit: Emit;
  /** It is over and may be forgotten. */
  readonly over: (refer: LiveRefer) => void;
};

/** Why a REFER is not followed, and what its sender is told. */
const DECLINE = {
  user: { code: 603, reason: 'Declined by the user.' },
  'no-answer': { code: 480, reason: 'Nobody answered in time.' },
  closing: { code: 480, reason: 'The terminal was closed.' },
} as const;
export type ReferDecline = keyof typeof DECLINE;

/** The SUBSCRIBE has this long to bring its first NOTIFY; then its sender is told 408. */
const RESULT_TIMEOUT_MS = 90_000;

/**
 * One REFER from its 202 to the last NOTIFY about it (PRA-REF-01 to -05, X-51): it waits for the user or a rule, has
 * the SUBSCRIBE sent, and tells its sender what came of that.
 */
export class LiveRefer {
  readonly #parts: LiveReferParts;
  #state: 'waiting' | 'subscribing' | 'over' = 'waiting';
  #deadline: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: LiveReferParts) {
    this.#parts = parts;
  }

  get id(): string {
    return this.#parts.push.id;
  }

  /** When it declines itself, ISO 8601; null while it does not wait. */
  get deadline(): string | null {
    return this.#state === 'waiting' ? this.#deadline : null;
  }

  /** The REFER has its 202: asks the user, or does what a rule allows. */
  begin(decide: 'ask' | 'allow'): void {
    const { push, answerWithin } = this.#parts;
    if (decide === 'allow') {
      this.#tell({ kind: 'trying' }, (subscription, progress) => subscription.begin(progress));
      this.#subscribe('Allowed by rule');
      return;
    }
    const wait = answerWithin * 1000;
    this.#deadline = new Date(Date.now() + wait).toISOString();
    this.#setTimer(wait, () => this.decline('no-answer'));
    this.#tell({ kind: 'pending' }, (subscription, progress) => subscription.begin(progress));
    push.log({ side: 'local', ok: true, title: 'The user is asked', detail: '' });
  }

  /** Does what the REFER asks for. @throws Error with a sentence when it no longer waits. */
  accept(): void {
    if (this.#state !== 'waiting') throw new Error('This REFER no longer waits for an answer.');
    this.#tell({ kind: 'trying' });
    this.#subscribe('Accepted');
  }

  /** Declines it. Without effect when it no longer waits. */
  decline(cause: ReferDecline): void {
    if (this.#state !== 'waiting') return;
    const { code, reason } = DECLINE[cause];
    this.#parts.emit({ event: 'refer-answered', refer: this.id, accepted: false });
    this.#finish(code, reason, 'declined');
  }

  /** The flow to the core is gone: nobody can be told any more; what waits may still be decided. */
  flowLost(): void {
    this.#parts.subscription?.abandon();
  }

  /** The terminal closes. */
  close(): void {
    if (this.#state === 'waiting') this.decline('closing');
    else this.#finish(DECLINE.closing.code, DECLINE.closing.reason, 'failed');
  }

  #subscribe(title: string): void {
    const { push, emit, subscribe } = this.#parts;
    this.#state = 'subscribing';
    this.#clearTimer();
    push.log({ side: 'local', ok: true, title, detail: '' });
    emit({ event: 'refer-answered', refer: this.id, accepted: true });
    let started: ReturnType<typeof subscribe>;
    try {
      started = subscribe();
    } catch (error) {
      this.#finish(500, messageOf(error), 'failed');
      return;
    }
    const { body } = push.record;
    push.log({
      side: 'out',
      ok: true,
      title: 'SUBSCRIBE sent',
      detail: body.kind === 'refer' ? body.target : '',
    });
    push.update({
      state: 'receiving',
      ...(body.kind === 'refer' ? { body: { ...body, subscription: started.id } } : {}),
    });
    this.#setTimer(RESULT_TIMEOUT_MS, () => this.#finish(408, 'No NOTIFY came in time.', 'failed'));
    void started.first.then((answer) => this.#answered(answer));
  }

  #answered(answer: FirstAnswer): void {
    if (this.#state === 'over') return;
    if (answer.kind === 'notified') this.#finish(200, null, 'completed');
    else this.#finish(answer.code ?? 408, answer.reason, 'failed');
  }

  /** The last word, to the sender of the REFER and to the user. */
  #finish(code: number, reason: string | null, state: PushState): void {
    const { push, emit, over } = this.#parts;
    this.#state = 'over';
    this.#clearTimer();
    this.#tell({ kind: 'done', code });
    const { body } = push.record;
    const subscription = body.kind === 'refer' ? body.subscription : null;
    push.update({
      state,
      code: 202,
      reason,
      ...(body.kind === 'refer' ? { body: { ...body, result: code } } : {}),
    });
    emit({ event: 'refer-ended', refer: this.id, code, reason, subscription });
    over(this);
  }

  #tell(
    progress: ReferProgress,
    how: (subscription: ReferSubscription, progress: ReferProgress) => void = (subscription, told) =>
      subscription.tell(told),
  ): void {
    const { subscription } = this.#parts;
    if (subscription !== null) how(subscription, progress);
  }

  #setTimer(ms: number, action: () => void): void {
    this.#clearTimer();
    this.#timer = setTimeout(action, ms);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
