import { randomBytes } from 'node:crypto';
import Dialog, { type DialogOwner } from 'jssip/lib/Dialog.js';
import type { IncomingRequest, IncomingResponse } from 'jssip/lib/SIPMessage.js';
import Timers from 'jssip/lib/Timers.js';
import { newTag, sendReply } from './reply.ts';
import { parseEvent, parseSubscriptionState, type SubscriptionStateHeader } from './subscription-state.ts';
import type { Outcome, SipUserAgent } from './user-agent.ts';

export type SubscriptionOptions = {
  /** Request-URI and To. */
  readonly target: string;
  /** Event header value, e.g. `reg`. */
  readonly event: string;
  readonly accept: string;
  /** Seconds asked for. */
  readonly expires: number;
  /** Whole Contact line for the flow of the moment. */
  readonly contactLine: () => string;
  /** Further header lines. */
  readonly headers?: readonly string[];
  readonly handlers: SubscriptionHandlers;
};

export type SubscriptionHandlers = {
  /** The notifier granted it, or prolonged it. `expiresAt` in ms since the epoch. */
  readonly active: (expiresAt: number) => void;
  /** A NOTIFY, already answered 200. The body is latin1, one character a byte. */
  readonly notified: (body: string, contentType: string | null) => void;
  readonly ended: (end: SubscriptionEnd) => void;
};

/** Why a subscription is over. */
export type SubscriptionEnd =
  /** The answer to SUBSCRIBE; null when none came. */
  | { readonly kind: 'refused'; readonly code: number | null; readonly reason: string }
  /** The notifier's last word (RFC 6665 §4.1.3). `retryAfter` in seconds. */
  | { readonly kind: 'terminated'; readonly reason: string | null; readonly retryAfter: number | null }
  /** No NOTIFY came after the 2xx (Timer N), or no refresh worked. */
  | { readonly kind: 'lapsed' }
  | { readonly kind: 'unsubscribed' };

/** The shortest expiry that is followed, so that a hostile notifier cannot make us subscribe in a loop. */
const MIN_EXPIRES_S = 10;
const MAX_EXPIRES_S = 2 ** 31 / 1000 - 1;
/** How often 423 may make the same request longer. */
const MAX_PROLONGATIONS = 2;
/** A refresh goes out when this share of the time is over. */
const REFRESH_SHARE = 0.8;
/** How long the last NOTIFY may take after unsubscribing. */
const FAREWELL_MS = 2_000;
/** Refresh errors that end the subscription at once (RFC 6665 §4.1.2.2). */
const ENDING_CODES: ReadonlySet<number> = new Set([
  404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604,
]);

/**
 * One subscription to an event package (RFC 6665 §4.1): NOTIFY makes the dialog and may come before the 2xx, refreshes
 * in time, ends by the notifier's word, by ours, or when nothing comes.
 */
export class Subscription implements DialogOwner {
  readonly _ua: SipUserAgent;
  readonly #options: SubscriptionOptions;
  readonly #callId = randomBytes(12).toString('hex');
  readonly #fromTag = newTag();
  #expires: number;
  #cseq = 1;
  #prolongations = 0;
  #dialog: Dialog | null = null;
  #over = false;
  #leaving = false;
  #refreshing = false;
  #timer: NodeJS.Timeout | null = null;
  #expiresAt = 0;
  #farewell: () => void = () => {};

  /** Sends the SUBSCRIBE at once. */
  constructor(ua: SipUserAgent, options: SubscriptionOptions) {
    this._ua = ua;
    this.#options = options;
    this.#expires = options.expires;
    ua.expectNotify(this.#callId, this.#fromTag, (request) => this.#receiveFirst(request));
    void this.#subscribe();
  }

  /** Ends it with `Expires: 0` and waits for the last NOTIFY, bounded in time. Never rejects. */
  async unsubscribe(): Promise<void> {
    if (this.#over || this.#leaving) return;
    this.#leaving = true;
    const dialog = this.#dialog;
    if (dialog === null || !this._ua.isConnected()) {
      this.#end({ kind: 'unsubscribed' });
      return;
    }
    const gone = new Promise<void>((resolve) => {
      this.#farewell = resolve;
      setTimeout(resolve, FAREWELL_MS).unref();
    });
    dialog.sendRequest('SUBSCRIBE', {
      extraHeaders: this.#headers(0),
      eventHandlers: { ...noHandlers, onErrorResponse: () => this.#farewell() },
    });
    await gone;
    this.#end({ kind: 'unsubscribed' });
  }

  /** Forgets it without a word: the flow or the registration it stood on is gone. */
  abandon(): void {
    this.#release();
  }

  /** Called by the dialog for each request inside it. */
  receiveRequest(request: IncomingRequest): void {
    if (request.method === 'NOTIFY') this.#receiveNotify(request);
    else if (request.method !== 'ACK') sendReply(request, { code: 405 });
  }

  async #subscribe(): Promise<void> {
    const { target } = this.#options;
    const outcome = await this._ua.request({
      method: 'SUBSCRIBE',
      to: target,
      callId: this.#callId,
      fromTag: this.#fromTag,
      cseq: this.#cseq,
      headers: this.#headers(this.#expires),
      authenticated: (cseq) => {
        this.#cseq = cseq;
        // A NOTIFY may have made the dialog before this.
        if (this.#dialog !== null) this.#dialog.local_seqnum = Math.max(this.#dialog.local_seqnum, cseq);
      },
    });
    if (!this.#over) this.#answered(outcome);
  }

  #answered(outcome: Outcome): void {
    if (outcome.kind !== 'response') {
      this.#end({ kind: 'refused', code: null, reason: 'No answer came.' });
      return;
    }
    const { response } = outcome;
    const { status_code: code } = response;
    if (code === 423 && this.#prolong(response)) {
      this.#cseq += 1;
      void this.#subscribe();
    } else if (code >= 300) {
      this.#end({ kind: 'refused', code, reason: response.reason_phrase });
    } else if (this.#dialog === null) {
      // Timer N: without a NOTIFY there is no subscription (RFC 6665 §4.1.2.4).
      this.#after(64 * Timers.T1, () => this.#end({ kind: 'lapsed' }));
    }
  }

  #receiveFirst(request: IncomingRequest): void {
    if (this.#over || !this.#isOurs(request)) return;
    if (this.#dialog !== null) {
      // Another notifier of a forked SUBSCRIBE: one is enough (§4.1.4).
      sendReply(request, { code: 481 });
      return;
    }
    const dialog = request.hasHeader('contact') ? new Dialog(this, request, 'UAS') : null;
    if (dialog === null || dialog.error !== undefined) {
      sendReply(request, { code: 400, reason: 'NOTIFY without a Contact' });
      return;
    }
    dialog.local_seqnum = this.#cseq;
    this.#dialog = dialog;
    this.#receiveNotify(request);
  }

  #receiveNotify(request: IncomingRequest): void {
    if (!this.#isOurs(request)) return;
    const header = parseSubscriptionState(request.getHeader('subscription-state') ?? '');
    if (header === null) {
      sendReply(request, { code: 400, reason: 'Missing or malformed Subscription-State' });
      return;
    }
    // An answered request is stripped of both.
    const { body } = request;
    const contentType = request.getHeader('content-type') ?? null;
    sendReply(request, { code: 200 });
    this.#options.handlers.notified(body, contentType);
    if (this.#over) return;
    if (header.state === 'terminated') this.#terminated(header);
    else this.#prolonged(header.expires);
  }

  /** Whether a NOTIFY is for our package (§8.2.1); otherwise it is answered 489. */
  #isOurs(request: IncomingRequest): boolean {
    const theirs = parseEvent(request.getHeader('event') ?? '');
    const ours = parseEvent(this.#options.event);
    if (theirs !== null && theirs.type === ours?.type && theirs.id === ours.id) return true;
    sendReply(request, { code: 489, headers: [`Allow-Events: ${ours?.type ?? ''}`] });
    return false;
  }

  #terminated({ reason, retryAfter }: SubscriptionStateHeader): void {
    if (this.#leaving) this.#farewell();
    else this.#end({ kind: 'terminated', reason, retryAfter });
  }

  #prolonged(expires: number | null): void {
    const granted = Math.min(MAX_EXPIRES_S, Math.max(MIN_EXPIRES_S, expires ?? this.#expires));
    this.#expiresAt = Date.now() + granted * 1000;
    this.#options.handlers.active(this.#expiresAt);
    if (!this.#leaving) this.#after(granted * REFRESH_SHARE * 1000, () => this.refresh());
  }

  /** Asks for full state now, by refreshing (RFC 3680 §5.2). One SUBSCRIBE at a time: its answer brings it anyway. */
  refresh(): void {
    if (this.#refreshing || this.#dialog === null) return;
    this.#refreshing = true;
    const failed = (code: number | null): void => {
      this.#refreshing = false;
      if (this.#over) return;
      const left = this.#expiresAt - Date.now();
      if ((code !== null && ENDING_CODES.has(code)) || left <= 0) this.#end({ kind: 'lapsed' });
      else this.#after(Math.min(left, Math.max(1_000, left / 2)), () => this.refresh());
    };
    this.#dialog.sendRequest('SUBSCRIBE', {
      extraHeaders: this.#headers(this.#expires),
      eventHandlers: {
        onSuccessResponse: (response) => {
          this.#refreshing = false;
          if (!this.#over) this.#prolonged(Number(response.getHeader('expires')) || null);
        },
        onErrorResponse: (response) => {
          if (response.status_code !== 423 || !this.#prolong(response)) {
            failed(response.status_code);
            return;
          }
          this.#refreshing = false;
          this.refresh();
        },
        onDialogError: (response) => failed(response.status_code),
        onRequestTimeout: () => failed(null),
        onTransportError: () => failed(null),
      },
    });
  }

  /** Takes the Min-Expires of a 423. False when there is none, or it was done too often. */
  #prolong(response: IncomingResponse): boolean {
    const minimum = Number(response.getHeader('min-expires'));
    this.#prolongations += 1;
    if (!Number.isInteger(minimum) || minimum <= this.#expires || minimum > MAX_EXPIRES_S) return false;
    if (this.#prolongations > MAX_PROLONGATIONS) return false;
    this.#expires = minimum;
    return true;
  }

  #headers(expires: number): readonly string[] {
    const { event, accept, contactLine, headers = [] } = this.#options;
    return [
      contactLine(),
      `Event: ${event}`,
      `Accept: ${accept}`,
      `Expires: ${expires}`,
      'Supported: gruu, path',
      ...headers,
    ];
  }

  #end(end: SubscriptionEnd): void {
    if (this.#over) return;
    this.#release();
    this.#options.handlers.ended(end);
  }

  #release(): void {
    this.#over = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this._ua.forgetNotify(this.#callId, this.#fromTag);
    this.#dialog?.terminate();
    this.#dialog = null;
  }

  #after(milliseconds: number, action: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(action, milliseconds);
  }
}

const noHandlers = {
  onSuccessResponse: () => {},
  onErrorResponse: () => {},
  onDialogError: () => {},
  onRequestTimeout: () => {},
  onTransportError: () => {},
};
