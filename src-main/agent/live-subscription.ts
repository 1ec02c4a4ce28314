import { randomUUID } from 'node:crypto';
import { reasonPhrase } from '../sip/reply.ts';
import {
  type Notification,
  type Notifier,
  Subscription,
  type SubscriptionEnd,
  type SubscriptionOptions,
} from '../sip/subscription.ts';
import type { SipUserAgent } from '../sip/user-agent.ts';
import type { NotifyAnswer, NotifyFrame } from './receive-notify.ts';
import { SubscriptionRetry } from './subscription-retry.ts';
import type {
  NotifierView,
  NotifyText,
  NotifyView,
  SubscriptionOrigin,
  SubscriptionState,
  SubscriptionView,
} from './subscription-view.ts';

/** What is asked for, complete. */
export type SubscriptionTerms = Pick<SubscriptionOptions, 'target' | 'event' | 'accept' | 'expires'> & {
  readonly origin: SubscriptionOrigin;
  readonly application: string | null;
  /** Further header lines of the SUBSCRIBE. */
  readonly headers: readonly string[];
  /** Notifiers of a forked SUBSCRIBE that are followed. */
  readonly notifiers: number;
};

/** What came of a SUBSCRIBE first. */
export type FirstAnswer =
  /** The first NOTIFY, and how it was answered. */
  | { readonly kind: 'notified'; readonly code: number }
  /** Refused or left without NOTIFY; `code` is null where nobody answered. */
  | { readonly kind: 'failed'; readonly code: number | null; readonly reason: string };

export type LiveSubscriptionParts = {
  readonly ua: SipUserAgent;
  readonly contactLine: () => string;
  readonly receive: (notification: Notification, frame: NotifyFrame) => Promise<NotifyAnswer>;
  /** The state is another one. */
  readonly stateChanged: (subscription: LiveSubscription) => void;
  /** A NOTIFY was answered. */
  readonly notified: (subscription: LiveSubscription, notify: NotifyText) => void;
  /** Something that only a view shows is another one. */
  readonly viewChanged: () => void;
};

/** NOTIFYs of one subscription whose text is kept, and how much of each, in characters. */
const MAX_KEPT_NOTIFIES = 10;
const MAX_RAW_LENGTH = 32 * 1024;

/** A subscription as long as somebody wants it: over every SUBSCRIBE it takes, with what its NOTIFYs brought last. */
export class LiveSubscription {
  readonly id = randomUUID();
  readonly terms: SubscriptionTerms;
  /** What the first SUBSCRIBE led to. Never rejects. */
  readonly first: Promise<FirstAnswer>;
  readonly #parts: LiveSubscriptionParts;
  readonly #retry = new SubscriptionRetry();
  readonly #notifiers = new Map<string, NotifierView>();
  #tellFirst: (answer: FirstAnswer) => void = () => {};
  #subscription: Subscription | null = null;
  #timer: NodeJS.Timeout | null = null;
  #state: SubscriptionState = { kind: 'waiting' };
  #notifies = 0;
  #kept: readonly NotifyText[] = [];

  constructor(terms: SubscriptionTerms, parts: LiveSubscriptionParts) {
    this.terms = terms;
    this.#parts = parts;
    this.first = new Promise((resolve) => {
      this.#tellFirst = resolve;
    });
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  get view(): SubscriptionView {
    const { origin, target, event, application, accept, expires } = this.terms;
    const last = this.#kept.at(-1);
    return {
      id: this.id,
      origin,
      target,
      event,
      application,
      accept,
      expires,
      state: this.#state,
      notifiers: [...this.#notifiers.values()],
      notifies: this.#notifies,
      lastNotify: last === undefined ? null : withoutText(last),
    };
  }

  /** The last NOTIFYs, oldest first. */
  get texts(): readonly NotifyText[] {
    return this.#kept;
  }

  /** Whether it is over and will not be tried again by itself. */
  get isOver(): boolean {
    return this.#state.kind === 'ended' && this.#state.retryAt === null;
  }

  /** Subscribes, unless it has or is over. */
  start(): void {
    if (this.#subscription !== null || this.isOver) return;
    this.#clearTimer();
    const { target, event, accept, expires, headers, notifiers } = this.terms;
    this.#set({ kind: 'subscribing' });
    const subscription: Subscription = new Subscription(this.#parts.ua, {
      target,
      event,
      accept,
      expires,
      headers,
      notifiers,
      contactLine: this.#parts.contactLine,
      handlers: {
        active: (expiresAt, state, notifier) => {
          if (this.#subscription === subscription) this.#active(expiresAt, state, notifier);
        },
        notified: (notification) => this.#notified(subscription, notification),
        left: ({ tag }) => {
          this.#notifiers.delete(tag);
          this.#parts.viewChanged();
        },
        ended: (end) => {
          if (this.#subscription === subscription) this.#ended(end);
        },
      },
    });
    this.#subscription = subscription;
  }

  /** The flow is gone, and the dialogs with it: it waits for the next registration. */
  suspend(): void {
    this.#drop();
    if (!this.isOver) this.#set({ kind: 'waiting' });
  }

  /** Unsubscribes, bounded in time, and waits for the next registration. Never rejects. */
  async leave(): Promise<void> {
    const subscription = this.#detach();
    this.suspend();
    await subscription?.unsubscribe();
  }

  /** Unsubscribes for good, bounded in time. Never rejects. */
  async stop(): Promise<void> {
    const subscription = this.#detach();
    this.#drop();
    if (!this.isOver) this.#finish({ kind: 'unsubscribed' }, null);
    await subscription?.unsubscribe();
  }

  /** What is over may start again, with the waits of a new one. */
  revive(): void {
    if (this.#subscription !== null) return;
    this.#clearTimer();
    this.#retry.reset();
    this.#set({ kind: 'waiting' });
  }

  /** Asks the notifiers for full state by a refresh. */
  refresh(): void {
    this.#subscription?.refresh();
  }

  #active(expiresAt: number, state: string, { tag, uri }: Notifier): void {
    this.#retry.active();
    const until = new Date(expiresAt).toISOString();
    this.#notifiers.set(tag, { tag, uri, state, expiresAt: until });
    const all = [...this.#notifiers.values()];
    const kind = all.every((one) => one.state === 'pending') ? 'pending' : 'active';
    // The one that lasts longest: the subscription lives as long as one of them.
    const latest = Math.max(...all.map((one) => Date.parse(one.expiresAt)));
    this.#set({ kind, expiresAt: new Date(latest).toISOString() });
  }

  async #notified(subscription: Subscription, notification: Notification): Promise<number> {
    const { request, notifier } = notification;
    const raw = request.data;
    const facts = {
      at: new Date().toISOString(),
      from: notifier.uri,
      state: request.getHeader('subscription-state') ?? '',
      contentType: request.getHeader('content-type') ?? null,
      bytes: request.body.length,
    };
    const { application, target } = this.terms;
    const [first = target, ...others] = subscription.assertedBy(notifier);
    const answered = await this.#parts.receive(notification, { application, notifier: [first, ...others] });
    this.#notifies += 1;
    const notify = { number: this.#notifies, ...facts, ...answered, ...textOf(raw) };
    this.#kept = [...this.#kept.slice(1 - MAX_KEPT_NOTIFIES), notify];
    this.#tellFirst({ kind: 'notified', code: answered.code });
    this.#parts.notified(this, notify);
    return answered.code;
  }

  #ended(end: SubscriptionEnd): void {
    this.#subscription = null;
    const seconds = this.terms.expires === 0 ? null : this.#retry.next(end);
    this.#finish(end, seconds);
    if (seconds !== null) this.#timer = setTimeout(() => this.start(), seconds * 1000);
  }

  #finish(end: SubscriptionEnd, seconds: number | null): void {
    this.#notifiers.clear();
    const reason = explainEnd(end, this.terms.expires === 0);
    const code = end.kind === 'refused' ? end.code : null;
    this.#tellFirst({ kind: 'failed', code, reason });
    const retryAt = seconds === null ? null : new Date(Date.now() + seconds * 1000).toISOString();
    this.#set({ kind: 'ended', reason, code, retryAt });
  }

  /** What comes of it from now on changes no state any more. */
  #detach(): Subscription | null {
    const subscription = this.#subscription;
    this.#subscription = null;
    return subscription;
  }

  #drop(): void {
    this.#clearTimer();
    this.#subscription?.abandon();
    this.#subscription = null;
    this.#notifiers.clear();
  }

  #set(state: SubscriptionState): void {
    const before = this.#state;
    this.#state = state;
    if (before.kind !== state.kind || state.kind === 'ended') this.#parts.stateChanged(this);
    this.#parts.viewChanged();
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Why a subscription is over, in a sentence. `once`: it only fetched the state. */
function explainEnd(end: SubscriptionEnd, once: boolean): string {
  switch (end.kind) {
    case 'refused': {
      if (end.code === null) return 'Nobody answered the SUBSCRIBE.';
      const phrase = end.reason || reasonPhrase(end.code);
      return end.code === 489
        ? `The notifier does not know this event package (489 ${phrase}).`
        : `The SUBSCRIBE was refused (${end.code} ${phrase}).`;
    }
    case 'terminated':
      if (once) return 'The state was fetched once.';
      return end.reason === null
        ? 'The notifier ended it.'
        : `The notifier ended it: ${REASONS[end.reason] ?? end.reason}.`;
    case 'lapsed':
      return 'The notifier no longer knows it, or never sent a NOTIFY.';
    case 'unsubscribed':
      return 'Unsubscribed.';
  }
}

/** RFC 6665 §4.1.3, in words. */
const REASONS: Readonly<Record<string, string>> = {
  deactivated: 'deactivated, to be asked for again at once',
  probation: 'probation, to be asked for again later',
  rejected: 'rejected, the rules there no longer allow it',
  timeout: 'timeout, it was not refreshed in time',
  giveup: 'giveup, nobody there decided on it',
  noresource: 'noresource, what it is about is gone',
  invariant: 'invariant, what it is about will not change any more',
};

function withoutText({ raw: _raw, isCut: _isCut, ...notify }: NotifyText): NotifyView {
  return notify;
}

/** SIP text is UTF-8 (RFC 3261 §7.3.1); what is not is shown with replacement characters. */
function textOf(raw: string): Pick<NotifyText, 'raw' | 'isCut'> {
  const isCut = raw.length > MAX_RAW_LENGTH;
  return { raw: Buffer.from(raw.slice(0, MAX_RAW_LENGTH), 'latin1').toString('utf8'), isCut };
}
