import Dialog, { type DialogOwner } from 'jssip/lib/Dialog.js';
import type { IncomingRequest, IncomingResponse } from 'jssip/lib/SIPMessage.js';
import { type AskedExpiry, MAX_EXPIRES_S } from './asked-expiry.ts';
import { refreshTarget } from './in-dialog-request.ts';
import { type Reply, sendReply } from './reply.ts';
import {
  type EventHeader,
  parseEvent,
  parseSubscriptionState,
  type SubscriptionStateHeader,
} from './subscription-state.ts';
import type { SipUserAgent } from './user-agent.ts';

/** Why a subscription is over. */
export type SubscriptionEnd =
  /** The answer to SUBSCRIBE; null when none came. `retryAfter` in seconds. */
  | {
      readonly kind: 'refused';
      readonly code: number | null;
      readonly reason: string;
      readonly retryAfter: number | null;
    }
  /** The notifier's last word (RFC 6665 §4.1.3). `retryAfter` in seconds. */
  | { readonly kind: 'terminated'; readonly reason: string | null; readonly retryAfter: number | null }
  /** No NOTIFY came after the 2xx (Timer N), or the notifier no longer knows it. */
  | { readonly kind: 'lapsed' }
  | { readonly kind: 'unsubscribed' };

/** One who notifies: the other end of one dialog. */
export type Notifier = {
  /** Its tag. */
  readonly tag: string;
  /** From URI of its NOTIFYs. */
  readonly uri: string;
};

/** A NOTIFY of a subscription that waits for its answer. */
export type Notification = {
  readonly request: IncomingRequest;
  readonly state: SubscriptionStateHeader;
  readonly notifier: Notifier;
};

export type SubscriptionDialogParts = {
  readonly event: EventHeader;
  /** Header lines of a SUBSCRIBE that asks for so many seconds. */
  readonly headers: (seconds: number) => readonly string[];
  readonly asked: AskedExpiry;
  /** Answers the NOTIFY and tells with what code. */
  readonly notified: (notification: Notification) => Promise<number>;
  /** The notifier granted it, prolonged or shortened it. `expiresAt` in ms since the epoch. */
  readonly active: (state: string, expiresAt: number) => void;
  readonly ended: (end: SubscriptionEnd) => void;
};

/** The shortest expiry that is followed, so that a hostile notifier cannot make us subscribe in a loop. */
const MIN_EXPIRES_S = 10;
/** A refresh goes out when this share of the time is over. */
const REFRESH_SHARE = 0.8;
/** How long the last NOTIFY may take after unsubscribing. */
const FAREWELL_MS = 2_000;
/** Refresh errors that end the subscription at once (RFC 6665 §4.1.2.2). */
const ENDING_CODES: ReadonlySet<number> = new Set([
  404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604,
]);

/**
 * The Subscription-State of a NOTIFY for this package and id (RFC 6665 §8.2.1). Null when it is for another one or says
 * none that can be read; it is then answered.
 */
export function readNotify(request: IncomingRequest, ours: EventHeader): SubscriptionStateHeader | null {
  const theirs = parseEvent(request.getHeader('event') ?? '');
  if (theirs === null || theirs.type !== ours.type || theirs.id !== ours.id) {
    sendReply(request, { code: 489, headers: [`Allow-Events: ${ours.type}`] });
    return null;
  }
  const state = parseSubscriptionState(request.getHeader('subscription-state') ?? '');
  if (state === null) sendReply(request, { code: 400, reason: 'Missing or malformed Subscription-State' });
  return state;
}

/** One dialog of a subscription, made by a notifier's first NOTIFY (RFC 6665 §4.1): refreshed in time until it ends. */
export class SubscriptionDialog implements DialogOwner {
  readonly _ua: SipUserAgent;
  readonly notifier: Notifier;
  readonly #parts: SubscriptionDialogParts;
  readonly #dialog: Dialog;
  #over = false;
  #leaving = false;
  #refreshing = false;
  #timer: NodeJS.Timeout | null = null;
  /** As the notifier's last NOTIFY said. */
  #state = 'active';
  #expiresAt = 0;
  /** Whether a NOTIFY has said when it expires: the 2xx is not asked then (§4.1.3). */
  #isTold = false;
  #latest: { readonly cseq: number; readonly code: Promise<number> } | null = null;
  #farewell: () => void = () => {};

  /** @throws Error when the NOTIFY has no usable Contact. */
  constructor(ua: SipUserAgent, first: IncomingRequest, cseq: number, parts: SubscriptionDialogParts) {
    this._ua = ua;
    this.#parts = parts;
    this.notifier = { tag: first.from_tag, uri: first.from.uri.toString() };
    this.#dialog = new Dialog(this, first, 'UAS');
    if (this.#dialog.error !== undefined) throw new Error(this.#dialog.error);
    this.#dialog.local_seqnum = cseq;
  }

  /** The first SUBSCRIBE was sent again under this CSeq. */
  sentAgain(cseq: number): void {
    this.#dialog.local_seqnum = Math.max(this.#dialog.local_seqnum, cseq);
  }

  /** Called by the dialog for each request inside it. */
  receiveRequest(request: IncomingRequest): void {
    if (request.method === 'NOTIFY') this.receiveNotify(request);
    else if (request.method !== 'ACK') sendReply(request, { code: 405 });
  }

  /** A NOTIFY of this dialog, in order (RFC 3261 §12.2.2). */
  receiveNotify(request: IncomingRequest): void {
    const state = readNotify(request, this.#parts.event);
    if (state === null) return;
    if (this.#latest?.cseq === request.cseq) {
      // The same once more, by another branch: it has its answer, and no second effect.
      void this.#latest.code.then((code) => sendReply(request, { code }));
      return;
    }
    const code = this.#parts.notified({ request, state, notifier: this.notifier });
    this.#latest = { cseq: request.cseq, code };
    void code.then(() => this.#follow(state));
  }

  /** What the 2xx to the first SUBSCRIBE granted; it counts where no NOTIFY said more. */
  granted(seconds: number | null): void {
    if (!this.#over && !this.#isTold && seconds !== null) this.#prolonged('active', seconds);
  }

  /** Asks for full state now, by refreshing (RFC 3680 §5.2). One SUBSCRIBE at a time: its answer brings it anyway. */
  refresh(): void {
    if (this.#refreshing || this.#over || this.#leaving) return;
    this.#refreshing = true;
    this.#dialog.sendRequest('SUBSCRIBE', {
      extraHeaders: this.#parts.headers(this.#parts.asked.seconds),
      eventHandlers: {
        onSuccessResponse: (response) => {
          this.#refreshing = false;
          if (this.#over) return;
          refreshTarget(this.#dialog, response);
          this.#prolonged(null, Number(response.getHeader('expires')) || this.#parts.asked.seconds);
        },
        onErrorResponse: (response) => this.#refused(response),
        onDialogError: (response) => this.#refused(response),
        onRequestTimeout: () => this.#unanswered(),
        onTransportError: () => this.#unanswered(),
      },
    });
  }

  /** Ends it with `Expires: 0` and waits for the last NOTIFY, bounded in time. Never rejects. */
  async unsubscribe(): Promise<void> {
    if (this.#over || this.#leaving) return;
    this.#leaving = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this._ua.isConnected()) {
      let timer: NodeJS.Timeout | undefined;
      const gone = new Promise<void>((resolve) => {
        this.#farewell = resolve;
        timer = setTimeout(resolve, FAREWELL_MS);
      });
      this.#dialog.sendRequest('SUBSCRIBE', {
        extraHeaders: this.#parts.headers(0),
        eventHandlers: {
          onErrorResponse: () => this.#farewell(),
          onDialogError: () => this.#farewell(),
          onTransportError: () => this.#farewell(),
        },
      });
      await gone;
      clearTimeout(timer);
    }
    this.#end({ kind: 'unsubscribed' });
  }

  /** Forgets it without a word. */
  abandon(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dialog.terminate();
    this.#farewell();
  }

  #follow(header: SubscriptionStateHeader): void {
    if (this.#over) return;
    if (header.state === 'terminated') {
      if (this.#leaving) this.#farewell();
      else this.#end({ kind: 'terminated', reason: header.reason, retryAfter: header.retryAfter });
      return;
    }
    this.#isTold ||= header.expires !== null;
    this.#prolonged(header.state, header.expires);
  }

  /** `state` null: as before. `expires` null: as it was, or as asked. */
  #prolonged(state: string | null, expires: number | null): void {
    this.#state = state ?? this.#state;
    const isLonger = expires !== null || this.#expiresAt <= Date.now();
    const seconds = Math.min(MAX_EXPIRES_S, expires ?? this.#parts.asked.seconds);
    if (isLonger) this.#expiresAt = Date.now() + seconds * 1000;
    this.#parts.active(this.#state, this.#expiresAt);
    if (!isLonger || this.#leaving) return;
    this.#after(Math.max(MIN_EXPIRES_S, seconds) * REFRESH_SHARE * 1000, () => this.refresh());
  }

  #refused(response: IncomingResponse): void {
    this.#refreshing = false;
    if (this.#over || this.#leaving) return;
    const { status_code: code, reason_phrase: reason } = response;
    if (code === 423 && this.#parts.asked.prolong(response)) this.refresh();
    else if (code === 481) this.#end({ kind: 'lapsed' });
    else if (ENDING_CODES.has(code))
      this.#end({ kind: 'refused', code, reason, retryAfter: retryAfterOf(response) });
    else this.#tryAgain();
  }

  #unanswered(): void {
    this.#refreshing = false;
    if (!this.#over && !this.#leaving) this.#tryAgain();
  }

  /** A failure that may pass: again when half of what is left is over. */
  #tryAgain(): void {
    const left = this.#expiresAt - Date.now();
    if (left <= 0) this.#end({ kind: 'lapsed' });
    else this.#after(Math.min(left, Math.max(1_000, left / 2)), () => this.refresh());
  }

  #end(end: SubscriptionEnd): void {
    if (this.#over) return;
    this.abandon();
    this.#parts.ended(end);
  }

  #after(milliseconds: number, action: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(action, milliseconds);
  }
}

/** Seconds of a Retry-After, without its comment and parameters (RFC 3261 §20.33); null when there is none. */
export function retryAfterOf(response: IncomingResponse): number | null {
  const digits = /^\s*(\d{1,10})(?!\d)/.exec(response.getHeader('retry-after') ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Answers a NOTIFY; for handlers that have nothing to wait for. */
export function answerNotify({ request }: Notification, reply: Reply = { code: 200 }): Promise<number> {
  sendReply(request, reply);
  return Promise.resolve(reply.code);
}
