import Dialog, { type DialogOwner } from 'jssip/lib/Dialog.js';
import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import { newTag, reasonPhrase, sendReply } from './reply.ts';
import { parseEvent } from './subscription-state.ts';
import type { SipUserAgent } from './user-agent.ts';

export type ReferSubscriptionOptions = {
  /** Whole Contact line for the flow of the moment. */
  readonly contactLine: () => string;
  /** Seconds the subscription lasts unless it is refreshed. */
  readonly expires: number;
  /** A NOTIFY was sent: its status line and Subscription-State. */
  readonly notified: (status: string, state: string) => void;
  /** The referrer will hear no more, by its own word or because it does not answer. */
  readonly lost: (reason: string) => void;
};

/** How far a reference is. `code` and `reason` are those of the request it asked for. */
export type ReferProgress =
  /** Nobody has decided yet. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'trying' }
  | { readonly kind: 'done'; readonly code: number; readonly reason?: string };

/** Longest time that a refresh is granted, in seconds. */
const MAX_EXPIRES_S = 3_600;
const EVENT = 'refer';

/**
 * The subscription that a REFER makes (RFC 3515 §2.4.4): the dialog, a NOTIFY with message/sipfrag at once and with each
 * change, one at a time, refreshed and ended by the referrer's SUBSCRIBE, over with the last NOTIFY.
 */
export class ReferSubscription implements DialogOwner {
  readonly _ua: SipUserAgent;
  readonly #options: ReferSubscriptionOptions;
  readonly #dialog: Dialog;
  /** CSeq of the REFER: what `id` may name (RFC 3515 §2.4.6). */
  readonly #id: string;
  #progress: ReferProgress = { kind: 'pending' };
  #expiresAt: number;
  #timer: NodeJS.Timeout | null = null;
  #sending = false;
  /** There is something that no NOTIFY has told yet. */
  #news = false;
  /** Why it ends before the reference is done; null while it does not. */
  #ending: 'timeout' | null = null;
  #over = false;

  private constructor(ua: SipUserAgent, request: IncomingRequest, options: ReferSubscriptionOptions) {
    this._ua = ua;
    this.#options = options;
    this.#id = String(request.cseq);
    request.to_tag = newTag();
    this.#dialog = new Dialog(this, request, 'UAS');
    this.#expiresAt = Date.now() + options.expires * 1000;
  }

  /**
   * Takes charge of a REFER that is about to be answered 202. Null, without having answered it, when it has no Contact
   * that could be notified (RFC 3515 §2.2).
   */
  static open(
    ua: SipUserAgent,
    request: IncomingRequest,
    options: ReferSubscriptionOptions,
  ): ReferSubscription | null {
    return request.hasHeader('contact') ? new ReferSubscription(ua, request, options) : null;
  }

  /** Sends the first NOTIFY; the REFER has its 202. */
  begin(progress: ReferProgress): void {
    this.#arm();
    this.tell(progress);
  }

  /** Tells how far it is. The last word is `done`. Without effect once the subscription is over. */
  tell(progress: ReferProgress): void {
    if (this.#over || this.#progress.kind === 'done') return;
    this.#progress = progress;
    this.#notify();
  }

  /** Forgets it without a word: the flow it stood on is gone. */
  abandon(): void {
    this.#release();
  }

  /** Called by the dialog for each request inside it. */
  receiveRequest(request: IncomingRequest): void {
    switch (request.method) {
      case 'ACK':
        return;
      case 'SUBSCRIBE':
        this.#receiveSubscribe(request);
        return;
      case 'REFER':
        sendReply(request, {
          code: 603,
          headers: ['Warning: 399 push-terminal "One REFER in each dialog, please."'],
        });
        return;
      case 'NOTIFY':
        sendReply(request, { code: 481 });
        return;
      default:
        sendReply(request, { code: 405 });
    }
  }

  #receiveSubscribe(request: IncomingRequest): void {
    const event = parseEvent(request.getHeader('event') ?? '');
    if (event?.type !== EVENT || (event.id !== null && event.id !== this.#id)) {
      sendReply(request, { code: 489, headers: [`Allow-Events: ${EVENT}`] });
      return;
    }
    if (this.#over || this.#ending !== null) {
      sendReply(request, { code: 481 });
      return;
    }
    const asked = Number(
      /^\s*(\d{1,10})\s*$/.exec(request.getHeader('expires') ?? '')?.[1] ?? this.#options.expires,
    );
    const granted = Math.min(asked, MAX_EXPIRES_S);
    sendReply(request, { code: 200, headers: [`Expires: ${granted}`, this.#options.contactLine()] });
    // Unsubscribing does not take back the reference (RFC 3515 §2.4.4).
    if (granted === 0) {
      this.#ending = 'timeout';
    } else {
      this.#expiresAt = Date.now() + granted * 1000;
      this.#arm();
    }
    this.#notify();
  }

  /** One NOTIFY at a time (RFC 6665 §4.2.2): what changes meanwhile goes with the next. */
  #notify(): void {
    this.#news = true;
    if (this.#sending || this.#over) return;
    this.#news = false;
    this.#sending = true;
    const status = statusLine(this.#progress);
    const state = this.#state();
    const isLast = state.startsWith('terminated');
    const next = (): void => {
      this.#sending = false;
      if (isLast) this.#release();
      else if (this.#news) this.#notify();
    };
    const gone = (reason: string): void => {
      if (this.#over) return;
      this.#release();
      if (!isLast) this.#options.lost(reason);
    };
    this.#options.notified(status, state);
    this.#dialog.sendRequest('NOTIFY', {
      extraHeaders: [
        this.#options.contactLine(),
        `Event: ${EVENT}`,
        `Subscription-State: ${state}`,
        'Content-Type: message/sipfrag;version=2.0',
      ],
      body: `${status}\r\n`,
      eventHandlers: {
        onSuccessResponse: next,
        onErrorResponse: ({ status_code: code }) => {
          // RFC 6665 §4.2.2: a NOTIFY that is refused ends the subscription, unless it may pass later.
          if (code === 503 || code === 500) next();
          else gone(`The sender of the REFER answers its NOTIFY ${code}.`);
        },
        onDialogError: () => gone('The sender of the REFER no longer knows it.'),
        onRequestTimeout: () => gone('The sender of the REFER does not answer its NOTIFY.'),
        onTransportError: () => gone('The NOTIFY about the REFER could not be sent.'),
      },
    });
  }

  #state(): string {
    if (this.#progress.kind === 'done') return 'terminated;reason=noresource';
    if (this.#ending !== null) return `terminated;reason=${this.#ending}`;
    const left = Math.max(0, Math.round((this.#expiresAt - Date.now()) / 1000));
    return `${this.#progress.kind === 'pending' ? 'pending' : 'active'};expires=${left}`;
  }

  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#ending = 'timeout';
      this.#notify();
    }, this.#expiresAt - Date.now());
    this.#timer.unref();
  }

  #release(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dialog.terminate();
  }
}

/** RFC 3515 §2.4.5: a status line, 100 while there is no result. */
function statusLine(progress: ReferProgress): string {
  if (progress.kind !== 'done') return 'SIP/2.0 100 Trying';
  const reason = progress.reason ?? reasonPhrase(progress.code);
  return `SIP/2.0 ${progress.code} ${reason.replace(/[^\x20-\x7e]/g, '?')}`;
}
