import { randomUUID } from 'node:crypto';
import Dialog, { type DialogOwner } from 'jssip/lib/Dialog.js';
import type NameAddrHeader from 'jssip/lib/NameAddrHeader.js';
import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import { newTag, sendReply } from '../../sip/reply.ts';
import { UA_PROFILE, type UaProfileEvent } from '../../sip/ua-profile.ts';
import type { SipUserAgent } from '../../sip/user-agent.ts';

/** What a NOTIFY brings. */
export type NotifyContent = {
  readonly contentType: string;
  readonly body: Buffer;
  /** Further header lines. */
  readonly headers: readonly string[];
  /** Seconds within which it is to take effect (RFC 6080 §6.2.3); not said when absent. */
  readonly effectiveBy?: number;
};

/** The answer to a NOTIFY; `code` is null where none came. */
export type NotifyOutcome = { readonly code: number | null; readonly reason: string };

export type PushSubscriptionOptions = {
  /** Whom the core asserts as the subscriber. */
  readonly subscriber: string;
  readonly profile: UaProfileEvent;
  /** Lines that say who notifies. */
  readonly headers: readonly string[];
  /** A SUBSCRIBE inside the dialog; it must be answered. */
  readonly resubscribe: (request: IncomingRequest, subscription: PushSubscription) => void;
  readonly ended: (subscription: PushSubscription) => void;
};

/**
 * One subscription to pushes, seen by the Push Sender Agent (PSA-SUB-08 to -12, RFC 6665 §4.2). NOTIFYs go out one
 * after the other; one that is refused or not answered ends it.
 */
export class PushSubscription implements DialogOwner {
  readonly id = randomUUID();
  readonly _ua: SipUserAgent;
  readonly subscriber: string;
  readonly #options: PushSubscriptionOptions;
  readonly #dialog: Dialog;
  /** `ua-profile`, with the id of the SUBSCRIBE. */
  readonly #event: string;
  #expiresAt = 0;
  #expiry: NodeJS.Timeout | null = null;
  #over = false;
  #sending: Promise<unknown> = Promise.resolve();

  /** @throws Error when the SUBSCRIBE has no usable Contact. */
  constructor(
    ua: SipUserAgent,
    subscribe: IncomingRequest,
    eventId: string | null,
    options: PushSubscriptionOptions,
  ) {
    this._ua = ua;
    this.subscriber = options.subscriber;
    this.#options = options;
    this.#event = eventId === null ? UA_PROFILE : `${UA_PROFILE};id=${eventId}`;
    subscribe.to_tag ??= newTag();
    this.#dialog = new Dialog(this, subscribe, 'UAS');
    if (this.#dialog.error !== undefined) throw new Error(this.#dialog.error);
  }

  /** What the Event of the SUBSCRIBE says: the application, the device. */
  get profile(): UaProfileEvent {
    return this.#options.profile;
  }

  /** Contact of the terminal: its GRUU where it has one (PSA-SUB-11, X-58). */
  get contact(): string {
    return this.#dialog._remote_target.toString();
  }

  get isOver(): boolean {
    return this.#over;
  }

  receiveRequest(request: IncomingRequest): void {
    if (request.method === 'SUBSCRIBE') this.#options.resubscribe(request, this);
    else if (request.method !== 'ACK') sendReply(request, { code: 405 });
  }

  /** Answers a SUBSCRIBE that is granted for so many seconds; zero ends the subscription. Each brings a NOTIFY. */
  grant(subscribe: IncomingRequest, seconds: number): void {
    const target = subscribe.parseHeader('contact') as NameAddrHeader;
    this.#dialog._remote_target = target.uri;
    sendReply(subscribe, {
      code: 200,
      headers: [`Contact: <${this._ua.contactUri()}>`, `Expires: ${seconds}`],
    });
    this.#expiresAt = Date.now() + seconds * 1000;
    if (this.#expiry !== null) clearTimeout(this.#expiry);
    if (seconds === 0) {
      void this.end('timeout');
      return;
    }
    this.#expiry = setTimeout(() => void this.end('timeout'), seconds * 1000);
    this.#expiry.unref();
    // The enrolment is confirmed without content (PSA-SUB-09, RFC 6080 §6.7).
    void this.notify(null);
  }

  /** Sends a NOTIFY once those before it are answered; null has no content. Never rejects. */
  notify(content: NotifyContent | null): Promise<NotifyOutcome> {
    const sent = this.#sending.then(() => {
      if (this.#over) return { code: null, reason: 'The subscription is over.' };
      const left = Math.max(0, Math.round((this.#expiresAt - Date.now()) / 1000));
      return this.#send(`active;expires=${left}`, content);
    });
    this.#sending = sent;
    return sent;
  }

  /** Ends it with a last NOTIFY (RFC 6665 §4.1.3). Never rejects. */
  async end(reason: string, retryAfter?: number): Promise<void> {
    if (this.#over) return;
    this.#close();
    const wait = retryAfter === undefined ? '' : `;retry-after=${retryAfter}`;
    await this.#sending;
    await this.#send(`terminated;reason=${reason}${wait}`, null);
    this.#dialog.terminate();
  }

  /** Forgets it without a word. */
  abandon(): void {
    this.#close();
    this.#dialog.terminate();
  }

  #send(state: string, content: NotifyContent | null): Promise<NotifyOutcome> {
    const { headers } = this.#options;
    const effective = content?.effectiveBy === undefined ? '' : `;effective-by=${content.effectiveBy}`;
    return new Promise((resolve) => {
      const failed = (outcome: NotifyOutcome, isOver: boolean): void => {
        if (isOver) this.abandon();
        resolve(outcome);
      };
      this.#dialog.sendRequest('NOTIFY', {
        extraHeaders: [
          `Contact: <${this._ua.contactUri()}>`,
          `Event: ${this.#event}${effective}`,
          `Subscription-State: ${state}`,
          ...headers,
          ...(content === null ? [] : [...content.headers, `Content-Type: ${content.contentType}`]),
        ],
        body: content === null ? null : content.body.toString('latin1'),
        eventHandlers: {
          onSuccessResponse: ({ status_code: code, reason_phrase: reason }) => resolve({ code, reason }),
          // RFC 6665 §4.2.2: with Retry-After it may pass; any other refusal ends the subscription.
          onErrorResponse: (response) => {
            const { status_code: code, reason_phrase: reason } = response;
            failed({ code, reason }, !response.hasHeader('retry-after'));
          },
          onDialogError: ({ status_code: code, reason_phrase: reason }) => failed({ code, reason }, true),
          onRequestTimeout: () => failed({ code: null, reason: 'No answer came in time.' }, true),
          onTransportError: () => failed({ code: null, reason: 'The NOTIFY could not be sent.' }, true),
        },
      });
    });
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#expiry !== null) clearTimeout(this.#expiry);
    this.#options.ended(this);
  }
}
