import { randomBytes } from 'node:crypto';
import type { IncomingRequest, IncomingResponse } from 'jssip/lib/SIPMessage.js';
import Timers from 'jssip/lib/Timers.js';
import { AskedExpiry } from './asked-expiry.ts';
import { assertedIdentities } from './name-addr.ts';
import { RateLimit } from './rate-limit.ts';
import { newTag, sendReply } from './reply.ts';
import {
  type Notification,
  type Notifier,
  readNotify,
  retryAfterOf,
  SubscriptionDialog,
  type SubscriptionEnd,
} from './subscription-dialog.ts';
import { type EventHeader, parseEvent } from './subscription-state.ts';
import type { Outcome, SipUserAgent } from './user-agent.ts';

export {
  answerNotify,
  type Notification,
  type Notifier,
  type SubscriptionEnd,
} from './subscription-dialog.ts';

export type SubscriptionOptions = {
  /** Request-URI and To. */
  readonly target: string;
  /** Event header value, e.g. `reg` or `ua-profile;profile-type=oma-app`. */
  readonly event: string;
  /** Accept header value. */
  readonly accept: string;
  /** Seconds asked for; 0 fetches the state once. */
  readonly expires: number;
  /** Notifiers of a forked SUBSCRIBE that are followed, each in its own dialog; one unless said (RFC 6665 §4.1.4). */
  readonly notifiers?: number;
  /** Whole Contact line for the flow of the moment. */
  readonly contactLine: () => string;
  /** Further header lines. */
  readonly headers?: readonly string[];
  readonly handlers: SubscriptionHandlers;
};

export type SubscriptionHandlers = {
  /** The SUBSCRIBE was answered 2xx; the notifier is still to speak. */
  readonly accepted?: () => void;
  /**
   * A notifier granted it, prolonged or shortened it. `state` is `active`, `pending` or one of its own; `expiresAt` in ms
   * since the epoch.
   */
  readonly active: (expiresAt: number, state: string, notifier: Notifier) => void;
  /** A NOTIFY: answers it, and tells with what code. Never rejects. */
  readonly notified: (notification: Notification) => Promise<number>;
  /** One of several notifiers is gone, others are left. */
  readonly left?: (notifier: Notifier, end: SubscriptionEnd) => void;
  readonly ended: (end: SubscriptionEnd) => void;
};

/** NOTIFYs of one subscription that are looked at in a second; further ones get 503 (RFC 6665 §4.2.2 has them come again). */
const MAX_NOTIFIES_A_SECOND = 200;
const NOTIFY_RETRY_AFTER_S = 2;

/**
 * One SUBSCRIBE to an event package and what comes of it (RFC 6665 §4.1): a NOTIFY makes a dialog and may come before
 * the 2xx, and each notifier of a fork has its own. It ends with its last dialog, by our word, or when nothing comes.
 */
export class Subscription {
  readonly #ua: SipUserAgent;
  readonly #options: SubscriptionOptions;
  readonly #event: EventHeader;
  readonly #asked: AskedExpiry;
  readonly #callId = randomBytes(12).toString('hex');
  readonly #fromTag = newTag();
  readonly #rate = new RateLimit(MAX_NOTIFIES_A_SECOND, 1000);
  /** By the tag of the notifier. */
  readonly #dialogs = new Map<string, SubscriptionDialog>();
  #answer: { readonly tag: string; readonly identities: readonly string[] } | null = null;
  #cseq = 1;
  #over = false;
  #leaving = false;
  #timer: NodeJS.Timeout | null = null;

  /** Sends the SUBSCRIBE at once. @throws Error when the Event is malformed. */
  constructor(ua: SipUserAgent, options: SubscriptionOptions) {
    const event = parseEvent(options.event);
    if (event === null) throw new Error(`The Event ${options.event} is malformed.`);
    this.#ua = ua;
    this.#options = options;
    this.#event = event;
    this.#asked = new AskedExpiry(options.expires);
    ua.expectNotify(this.#callId, this.#fromTag, (request) => this.#receiveFirst(request));
    void this.#subscribe();
  }

  /** Whom the core asserted in the 2xx to the SUBSCRIBE, for the notifier that answered it (RFC 3325 §5). */
  assertedBy(notifier: Notifier): readonly string[] {
    return this.#answer?.tag === notifier.tag ? this.#answer.identities : [];
  }

  /** Asks for full state now (RFC 3680 §5.2). */
  refresh(): void {
    for (const dialog of this.#dialogs.values()) dialog.refresh();
  }

  /** Ends it with `Expires: 0` and waits for the last NOTIFY, bounded in time. Never rejects. */
  async unsubscribe(): Promise<void> {
    if (this.#over || this.#leaving) return;
    this.#leaving = true;
    await Promise.all([...this.#dialogs.values()].map((dialog) => dialog.unsubscribe()));
    this.#end({ kind: 'unsubscribed' });
  }

  /** Forgets it without a word: the flow or the registration it stood on is gone. */
  abandon(): void {
    this.#over = true;
    this.#clearTimer();
    this.#ua.forgetNotify(this.#callId, this.#fromTag);
    for (const dialog of this.#dialogs.values()) dialog.abandon();
    this.#dialogs.clear();
  }

  async #subscribe(): Promise<void> {
    const { target } = this.#options;
    const outcome = await this.#ua.request({
      method: 'SUBSCRIBE',
      to: target,
      callId: this.#callId,
      fromTag: this.#fromTag,
      cseq: this.#cseq,
      headers: this.#headers(this.#asked.seconds),
      authenticated: (cseq) => {
        this.#cseq = cseq;
        // A NOTIFY may have made a dialog before this.
        for (const dialog of this.#dialogs.values()) dialog.sentAgain(cseq);
      },
    });
    if (!this.#over && !this.#leaving) this.#answered(outcome);
  }

  #answered(outcome: Outcome): void {
    if (outcome.kind !== 'response') {
      const reason = 'No answer came.';
      // Whoever has notified has taken the SUBSCRIBE (RFC 6665 §4.1.2.4).
      if (this.#dialogs.size === 0) this.#end({ kind: 'refused', code: null, reason, retryAfter: null });
      else this.#expectNoMore();
      return;
    }
    const { response } = outcome;
    const { status_code: code, reason_phrase: phrase } = response;
    if (code === 423 && this.#asked.prolong(response)) {
      this.#cseq += 1;
      void this.#subscribe();
    } else if (code >= 300) {
      const reason = outcome.problem ?? phrase;
      this.#end({ kind: 'refused', code, reason, retryAfter: retryAfterOf(response) });
    } else {
      this.#accepted(response);
    }
  }

  #accepted(response: IncomingResponse): void {
    const tag = response.to_tag ?? '';
    this.#answer = { tag, identities: assertedIdentities(response.getHeaders('p-asserted-identity')) };
    this.#dialogs.get(tag)?.granted(Number(response.getHeader('expires')) || null);
    this.#options.handlers.accepted?.();
    // Timer N: notifiers have this long to speak, and without any there is no subscription (RFC 6665 §4.1.2.4).
    this.#timer = setTimeout(() => {
      if (this.#dialogs.size === 0) this.#end({ kind: 'lapsed' });
      else this.#expectNoMore();
    }, 64 * Timers.T1);
  }

  #expectNoMore(): void {
    this.#ua.forgetNotify(this.#callId, this.#fromTag);
  }

  #receiveFirst(request: IncomingRequest): void {
    if (readNotify(request, this.#event) === null) return;
    if (this.#leaving || this.#dialogs.size >= (this.#options.notifiers ?? 1)) {
      sendReply(request, { code: 481 });
      return;
    }
    if (!request.hasHeader('contact')) {
      sendReply(request, { code: 400, reason: 'NOTIFY without a Contact' });
      return;
    }
    const { handlers } = this.#options;
    const tag = request.from_tag;
    const dialog: SubscriptionDialog = new SubscriptionDialog(this.#ua, request, this.#cseq, {
      event: this.#event,
      asked: this.#asked,
      headers: (seconds) => this.#headers(seconds),
      notified: (notification) => this.#notified(notification),
      active: (state, expiresAt) => handlers.active(expiresAt, state, dialog.notifier),
      ended: (end) => this.#left(dialog, end),
    });
    this.#dialogs.set(tag, dialog);
    dialog.receiveNotify(request);
  }

  #notified(notification: Notification): Promise<number> {
    if (this.#rate.take()) return this.#options.handlers.notified(notification);
    sendReply(notification.request, { code: 503, headers: [`Retry-After: ${NOTIFY_RETRY_AFTER_S}`] });
    return Promise.resolve(503);
  }

  #left(dialog: SubscriptionDialog, end: SubscriptionEnd): void {
    this.#dialogs.delete(dialog.notifier.tag);
    if (this.#over || this.#leaving) return;
    if (this.#dialogs.size === 0) this.#end(end);
    else this.#options.handlers.left?.(dialog.notifier, end);
  }

  #headers(seconds: number): readonly string[] {
    const { event, accept, contactLine, headers = [] } = this.#options;
    return [
      contactLine(),
      `Event: ${event}`,
      `Accept: ${accept}`,
      `Expires: ${seconds}`,
      'Supported: gruu, path',
      ...headers,
    ];
  }

  #end(end: SubscriptionEnd): void {
    if (this.#over) return;
    this.abandon();
    this.#options.handlers.ended(end);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
