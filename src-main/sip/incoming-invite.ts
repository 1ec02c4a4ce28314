import Dialog, { type DialogOwner } from 'jssip/lib/Dialog.js';
import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import Timers from 'jssip/lib/Timers.js';
import { buildReply, newTag, type Reply, sendReply } from './reply.ts';
import type { SipUserAgent } from './user-agent.ts';

/** Why a dialog that we accepted is over. */
export type DialogEnd =
  | { readonly kind: 'bye-received'; readonly reason: string | null }
  | { readonly kind: 'bye-sent' }
  | { readonly kind: 'no-ack' };

export type InviteHandlers = {
  /** The ACK to our 200 came. */
  readonly confirmed: () => void;
  /** The pending INVITE is gone: cancelled by the sender or ended by an early BYE; 487 is sent. */
  readonly withdrawn: () => void;
  /** The accepted dialog is over. */
  readonly ended: (end: DialogEnd) => void;
  /** A re-INVITE inside the dialog: what to answer. */
  readonly reoffer: (request: IncomingRequest) => Reply;
};

type State = 'pending' | 'accepted' | 'over';

/**
 * One INVITE that a peer sent us, from its first answer to BYE: the dialog, the 2xx with its retransmissions
 * until the ACK (RFC 3261 §13.3.1.4), CANCEL and BYE. What is offered is the caller's business.
 */
export class IncomingInvite implements DialogOwner {
  readonly _ua: SipUserAgent;
  readonly #request: IncomingRequest;
  readonly #handlers: InviteHandlers;
  readonly #dialog: Dialog;
  #state: State = 'pending';
  #stopRetransmission: () => void = () => {};

  private constructor(ua: SipUserAgent, request: IncomingRequest, handlers: InviteHandlers) {
    this._ua = ua;
    this.#request = request;
    this.#handlers = handlers;
    request.to_tag = newTag();
    this.#dialog = new Dialog(this, request, 'UAS', EARLY);
  }

  /**
   * Takes charge of an initial INVITE, which must carry a Contact (RFC 3261 §8.1.1.8).
   * Answers null, without having answered the request, when it has none that can be used.
   */
  static open(ua: SipUserAgent, request: IncomingRequest, handlers: InviteHandlers): IncomingInvite | null {
    if (!request.hasHeader('contact')) return null;
    return new IncomingInvite(ua, request, handlers);
  }

  /** The peer's Contact, kept up to date by target refreshes: the Session Identity (PRA-SES-04, X-18). */
  get remoteTarget(): string {
    return this.#dialog._remote_target.toString();
  }

  /** Sends a provisional answer such as 180. */
  ring(reply: Reply): void {
    if (this.#state === 'pending') sendReply(this.#request, reply);
  }

  /** Sends the 200 with its SDP and repeats it until the ACK comes. */
  accept(reply: Reply): void {
    if (this.#state !== 'pending') return;
    this.#state = 'accepted';
    this.#dialog._state = Dialog.C.STATUS_CONFIRMED;
    this.#sendUntilAck(this.#request, reply);
  }

  /** Sends a final refusal; the dialog is gone. */
  reject(reply: Reply): void {
    if (this.#state !== 'pending') return;
    this.#finish();
    sendReply(this.#request, reply);
  }

  /** The sender's CANCEL: 487 for the INVITE (PRA-REL-03). */
  cancel(): void {
    if (this.#state !== 'pending') return;
    this.reject({ code: 487 });
    this.#handlers.withdrawn();
  }

  /** Ends an accepted dialog with BYE; `reason` becomes a Reason header's text. */
  bye(reason?: string): void {
    if (this.#state !== 'accepted') return;
    this.#finish();
    this.#dialog.sendRequest('BYE', {
      extraHeaders: reason === undefined ? [] : [`Reason: SIP;text="${reason.replace(/["\\\r\n]/g, "'")}"`],
    });
    this.#handlers.ended({ kind: 'bye-sent' });
  }

  /** Called by the dialog for each request inside it. */
  receiveRequest(request: IncomingRequest): void {
    switch (request.method) {
      case 'ACK':
        this.#stopRetransmission();
        this.#handlers.confirmed();
        return;
      case 'BYE':
        this.#receiveBye(request);
        return;
      case 'INVITE':
        // RFC 3261 §14.2: a second INVITE before the first has its answer.
        if (this.#state === 'pending') sendReply(request, { code: 500, headers: ['Retry-After: 5'] });
        else this.#sendUntilAck(request, this.#handlers.reoffer(request));
        return;
      case 'OPTIONS':
        sendReply(request, { code: 200 });
        return;
      default:
        sendReply(request, { code: 405 });
    }
  }

  #receiveBye(request: IncomingRequest): void {
    sendReply(request, { code: 200 });
    if (this.#state === 'pending') {
      // RFC 3261 §15.1.2: a BYE in the early dialog also ends the pending INVITE.
      this.cancel();
    } else if (this.#state === 'accepted') {
      this.#finish();
      this.#handlers.ended({ kind: 'bye-received', reason: request.getHeader('reason') ?? null });
    }
  }

  #sendUntilAck(request: IncomingRequest, reply: Reply): void {
    const text = buildReply(request, reply);
    const send = () => request.server_transaction.receiveResponse(reply.code, text);
    send();
    if (reply.code >= 300) return;
    this.#stopRetransmission();
    const startedAt = Date.now();
    let interval = Timers.T1;
    const again = () => {
      if (Date.now() - startedAt >= 64 * Timers.T1) {
        this.#giveUpWithoutAck();
        return;
      }
      send();
      interval = Math.min(interval * 2, Timers.T2);
      timer = setTimeout(again, interval);
    };
    let timer = setTimeout(again, interval);
    this.#stopRetransmission = () => clearTimeout(timer);
  }

  #giveUpWithoutAck(): void {
    this.#finish();
    this.#dialog.sendRequest('BYE');
    this.#handlers.ended({ kind: 'no-ack' });
  }

  #finish(): void {
    this.#state = 'over';
    this.#stopRetransmission();
    this.#dialog.terminate();
  }
}

/** JsSIP's number for an early dialog. */
const EARLY = 1;
