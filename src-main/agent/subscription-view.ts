/** Who asked for a subscription: the profile, the user or a command, or a REFER that was allowed. */
export type SubscriptionOrigin = 'profile' | 'user' | 'refer';

/** Where a subscription stands. Times ISO 8601. */
export type SubscriptionState =
  /** Until the terminal is registered. */
  | { readonly kind: 'waiting' }
  /** SUBSCRIBE is sent, and no NOTIFY came yet. */
  | { readonly kind: 'subscribing' }
  /** `pending`: the notifier has not decided yet (RFC 6665 §4.1.3). */
  | { readonly kind: 'active' | 'pending'; readonly expiresAt: string }
  | {
      readonly kind: 'ended';
      /** What happened, in a sentence. */
      readonly reason: string;
      /** The SIP code that refused it, if one did. */
      readonly code: number | null;
      /** When it is tried again; null when it is not. */
      readonly retryAt: string | null;
    };

/** One who notifies: a forked SUBSCRIBE may have several. */
export type NotifierView = {
  /** Its tag in the dialog. */
  readonly tag: string;
  readonly uri: string;
  /** `active`, `pending`, or what the notifier calls it. */
  readonly state: string;
  readonly expiresAt: string;
};

/** A NOTIFY that came. Sizes are bytes. */
export type NotifyView = {
  /** Its place among the NOTIFYs of the subscription, from 1. */
  readonly number: number;
  readonly at: string;
  /** From URI of the notifier. */
  readonly from: string;
  /** Subscription-State as written. */
  readonly state: string;
  readonly contentType: string | null;
  readonly bytes: number;
  /** The code it was answered with. */
  readonly code: number;
  /** The push its content became, or null. */
  readonly push: string | null;
};

/** A NOTIFY with its text as it came, cut where it is very long. */
export type NotifyText = NotifyView & { readonly raw: string; readonly isCut: boolean };

/** A subscription as a person sees it. */
export type SubscriptionView = {
  readonly id: string;
  readonly origin: SubscriptionOrigin;
  /** Whom it was asked of. */
  readonly target: string;
  /** The Event of the SUBSCRIBE in full. */
  readonly event: string;
  /** Whose pushes its NOTIFYs are; null where they are only shown. */
  readonly application: string | null;
  /** Accept of the SUBSCRIBE. */
  readonly accept: string;
  /** Seconds asked for. */
  readonly expires: number;
  readonly state: SubscriptionState;
  readonly notifiers: readonly NotifierView[];
  /** NOTIFYs so far. */
  readonly notifies: number;
  readonly lastNotify: NotifyView | null;
};
