import Dialog, { type DialogOwner } from 'jssip/lib/Dialog.js';
import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import Timers from 'jssip/lib/Timers.js';
import type { InDialogOutcome } from './in-dialog-request.ts';
import { ReliableAnswer } from './reliable-answer.ts';
import { buildReply, newTag, type Reply, sendReply } from './reply.ts';
import { SentUntilAck } from './sent-until-ack.ts';
import type { Agreement } from './session-interval.ts';
import { SessionRefresh } from './session-refresh.ts';
import type { SipUserAgent } from './user-agent.ts';

/** Why a dialog that we accepted is over. */
export type DialogEnd =
  | { readonly kind: 'bye-received'; readonly reason: string | null }
  | { readonly kind: 'bye-sent'; readonly reason: string | null }
  | { readonly kind: 'no-ack' };

/** Why a pending INVITE is gone: CANCEL, a BYE in the early dialog, or no PRACK to our 180 (504). */
export type Withdrawal = 'cancelled' | 'early-bye' | 'no-prack';

/** A change of the session that the peer asks for. */
export type Reoffer = {
  readonly request: IncomingRequest;
  /** An UPDATE, which cannot wait for a person (RFC 3311 §5.2). */
  readonly urgent: boolean;
  /** Answers it, now or later; without effect once it was withdrawn. */
  readonly answer: (reply: Reply) => void;
};

export type InviteHandlers = {
  /** Contact header line for answers and requests of ours inside the dialog. */
  readonly contactLine: () => string;
  /** The ACK to a 2xx of ours came, for the first time; with the answer where the offer was ours. */
  readonly confirmed: (ack: IncomingRequest) => void;
  /** The pending INVITE is gone and answered. */
  readonly withdrawn: (why: Withdrawal) => void;
  /** The accepted dialog is over. */
  readonly ended: (end: DialogEnd) => void;
  /** A re-INVITE, or an UPDATE with SDP, inside the dialog. */
  readonly reoffer: (reoffer: Reoffer) => void;
  /** The sender cancelled the re-INVITE that waits for its answer; 487 is sent. */
  readonly reofferWithdrawn: () => void;
  /** The session timer was agreed on, in the 200 or by a refresh: `timer` tells. */
  readonly timerAgreed: () => void;
  /** A MESSAGE inside the dialog (RFC 3428 §4); the receiver answers it. */
  readonly message: (request: IncomingRequest) => void;
  /** What OPTIONS inside the dialog is answered (RFC 3261 §11.2). */
  readonly options: (request: IncomingRequest) => Reply;
};

type State = 'pending' | 'accepted' | 'over';

/**
 * One INVITE that a peer sent us, from its first answer to BYE: the dialog, a reliable 180 (RFC 3262), the 2xx until
 * its ACK (RFC 3261 §13.3.1.4), CANCEL, BYE, PRACK and UPDATE (RFC 3311), and the session timer (RFC 4028). What is
 * offered is the caller's business.
 */
export class IncomingInvite implements DialogOwner {
  readonly _ua: SipUserAgent;
  readonly #request: IncomingRequest;
  readonly #handlers: InviteHandlers;
  readonly #dialog: Dialog;
  readonly #answers = new SentUntilAck(() => this.#giveUpWithoutAck());
  readonly #session: SessionRefresh;
  #state: State = 'pending';
  #ringing: ReliableAnswer | null = null;
  /** The re-INVITE, or UPDATE with SDP, that waits for its answer. */
  #pending: IncomingRequest | null = null;
  /** CSeq of an INVITE without offer, whose 200 carries ours, until its ACK brings the answer. */
  #offered: number | null = null;
  /** Our SDP as it stands, latin1. */
  #sdp: string | null = null;

  private constructor(ua: SipUserAgent, request: IncomingRequest, handlers: InviteHandlers) {
    this._ua = ua;
    this.#request = request;
    this.#handlers = handlers;
    request.to_tag = newTag();
    this.#dialog = new Dialog(this, request, 'UAS', EARLY);
    this.#session = new SessionRefresh('callee', {
      dialog: this.#dialog,
      contactLine: handlers.contactLine,
      sdp: () => this.#sdp,
      busy: () => this.#pending !== null || this.#answers.waiting,
      end: (reason) => this.bye(reason),
      agreed: () => handlers.timerAgreed(),
    });
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

  /** The session timer as agreed; null without one. */
  get timer(): Agreement | null {
    return this.#session.agreed;
  }

  /** Sends 180, reliably where the sender can take it so. */
  ring(reply: Reply): void {
    if (this.#state !== 'pending') return;
    this.#ringing = ReliableAnswer.send(this.#request, reply, () => this.#withdraw(504, 'no-prack'));
    if (this.#ringing === null) sendReply(this.#request, reply);
  }

  /** Sends the 200 with its SDP and repeats it until the ACK comes. */
  accept(reply: Reply): void {
    if (this.#state !== 'pending') return;
    this.#state = 'accepted';
    this.#ringing?.stop();
    this.#dialog._state = Dialog.C.STATUS_CONFIRMED;
    this.#answer(this.#request, reply);
  }

  /** Sends a final refusal; the dialog is gone. */
  reject(reply: Reply): void {
    if (this.#state !== 'pending') return;
    this.#finish();
    sendReply(this.#request, reply);
  }

  /** The sender's CANCEL, for the INVITE (PRA-REL-03) or for a re-INVITE that waits: 487. */
  cancel(request: IncomingRequest = this.#request): void {
    if (request === this.#request) {
      this.#withdraw(487, 'cancelled');
    } else if (request === this.#pending) {
      this.#pending = null;
      sendReply(request, { code: 487 });
      this.#handlers.reofferWithdrawn();
    }
  }

  /**
   * Offers a changed session (RFC 3261 §14.1); `offer` gives the SDP, latin1, when its time has come, or null when there
   * is no need any more. A peer that no longer knows the dialog ends it. Never rejects.
   */
  async reinvite(offer: () => string | null): Promise<InDialogOutcome> {
    if (this.#state !== 'accepted') return { kind: 'gone' };
    let offered: string | null = null;
    const outcome = await this.#session.reinvite(() => {
      offered = offer();
      return offered;
    });
    if (outcome.kind === 'accepted') this.#sdp = offered;
    if (outcome.kind === 'gone') this.bye('The session is not known any more');
    return outcome;
  }

  /** Ends an accepted dialog with BYE; `reason` becomes a Reason header's text. */
  bye(reason?: string): void {
    if (this.#state !== 'accepted') return;
    this.#finish();
    this.#dialog.sendRequest('BYE', {
      extraHeaders: reason === undefined ? [] : [`Reason: SIP;text="${reason.replace(/["\\\r\n]/g, "'")}"`],
    });
    this.#handlers.ended({ kind: 'bye-sent', reason: reason ?? null });
  }

  /** Called by the dialog for each request inside it. */
  receiveRequest(request: IncomingRequest): void {
    switch (request.method) {
      case 'ACK':
        if (this.#offered === request.cseq) this.#offered = null;
        if (this.#answers.acknowledged(request.cseq)) this.#handlers.confirmed(request);
        return;
      case 'PRACK':
        sendReply(request, { code: this.#ringing?.receivePrack(request) ?? 481 });
        return;
      case 'BYE':
        this.#receiveBye(request);
        return;
      case 'INVITE':
      case 'UPDATE':
        this.#receiveRefresh(request);
        return;
      case 'OPTIONS':
        sendReply(request, this.#state === 'over' ? { code: 481 } : this.#handlers.options(request));
        return;
      case 'MESSAGE':
        if (this.#state === 'over') sendReply(request, { code: 481 });
        else this.#handlers.message(request);
        return;
      // No subscription shares a dialog with an INVITE here (RFC 6665 §4.1.3).
      case 'NOTIFY':
        sendReply(request, { code: 481 });
        return;
      default:
        sendReply(request, { code: 405 });
    }
  }

  #receiveBye(request: IncomingRequest): void {
    sendReply(request, { code: this.#state === 'over' ? 481 : 200 });
    if (this.#state === 'pending') {
      // RFC 3261 §15.1.2: a BYE in the early dialog also ends the pending INVITE.
      this.#withdraw(487, 'early-bye');
    } else if (this.#state === 'accepted') {
      this.#finish();
      this.#handlers.ended({ kind: 'bye-received', reason: request.getHeader('reason') ?? null });
    }
  }

  #receiveRefresh(request: IncomingRequest): void {
    const isUpdate = request.method === 'UPDATE';
    if (this.#state === 'over') {
      sendReply(request, { code: 481 });
    } else if (this.#state === 'pending') {
      // RFC 3261 §14.2, RFC 3311 §5.2: the offer of the INVITE has no answer yet.
      const isOffer = !isUpdate || request.body !== '';
      const headers = isOffer ? [BUSY] : [this.#handlers.contactLine()];
      sendReply(request, { code: isOffer ? 500 : 200, headers });
    } else {
      this.#receiveReoffer(request, isUpdate);
    }
  }

  #receiveReoffer(request: IncomingRequest, isUpdate: boolean): void {
    const refusal = this.#session.refusal(request);
    if (refusal !== null) {
      sendReply(request, refusal);
    } else if (isUpdate && request.body === '') {
      this.#answer(request, { code: 200, headers: [this.#handlers.contactLine()] });
    } else if (this.#offered !== null) {
      // RFC 3311 §5.2: our own offer has no answer yet.
      sendReply(request, { code: 491 });
    } else {
      this.#pending = request;
      this.#session.waits();
      const answer = (reply: Reply) => {
        if (this.#pending === request) this.#answer(request, reply);
      };
      this.#handlers.reoffer({ request, urgent: isUpdate, answer });
    }
  }

  /** The final answer to an INVITE or UPDATE; a 2xx renews the session timer. */
  #answer(request: IncomingRequest, reply: Reply): void {
    if (request === this.#pending) this.#pending = null;
    const text = buildReply(request, this.#session.answer(request, reply));
    const send = () => request.server_transaction.receiveResponse(reply.code, text);
    if (reply.code >= 300) {
      send();
      return;
    }
    this.#sdp = reply.body?.content ?? this.#sdp;
    if (request.method !== 'INVITE') {
      send();
      return;
    }
    if (request.body === '') this.#offered = request.cseq;
    this.#answers.send(request.cseq, send);
  }

  #withdraw(code: number, why: Withdrawal): void {
    if (this.#state !== 'pending') return;
    this.reject({ code });
    this.#handlers.withdrawn(why);
  }

  #giveUpWithoutAck(): void {
    if (this.#state !== 'accepted') return;
    this.#finish();
    this.#dialog.sendRequest('BYE');
    this.#handlers.ended({ kind: 'no-ack' });
  }

  #finish(): void {
    this.#state = 'over';
    this.#answers.stop();
    this.#session.stop();
    this.#ringing?.stop();
    // RFC 3261 §15.1.2: what is still pending ends with the dialog.
    if (this.#pending !== null) sendReply(this.#pending, { code: 487 });
    this.#pending = null;
    // RFC 3262 §3: a PRACK that is on its way is still answered.
    if (this.#ringing?.waits === true) setTimeout(() => this.#dialog.terminate(), 64 * Timers.T1).unref();
    else this.#dialog.terminate();
  }
}

/** JsSIP's number for an early dialog. */
const EARLY = 1;
/** RFC 3261 §14.2 wants between 0 and 10 seconds. */
const BUSY = 'Retry-After: 5';
