import Dialog, { type DialogOwner } from 'jssip/lib/Dialog.js';
import RequestSender from 'jssip/lib/RequestSender.js';
import SIPMessage, {
  type IncomingRequest,
  type IncomingResponse,
  type InitialOutgoingInviteRequest,
} from 'jssip/lib/SIPMessage.js';
import URI from 'jssip/lib/URI.js';
import { acknowledge, type InDialogOutcome } from './in-dialog-request.ts';
import { buildReply, type Reply, sendReply } from './reply.ts';
import { SentUntilAck } from './sent-until-ack.ts';
import { type Agreement, intervalHeaders, MIN_SECONDS, minimumIn } from './session-interval.ts';
import { SessionRefresh } from './session-refresh.ts';
import type { SipUserAgent } from './user-agent.ts';

export type OutgoingInviteOptions = {
  readonly to: string;
  /** Contact header line for the INVITE and what follows in its dialog. */
  readonly contactLine: string;
  /** Further header lines without CRLF. */
  readonly headers: readonly string[];
  /** The SDP offer as a latin1 string, one character a byte. */
  readonly sdp: string;
  /** What the INVITE carries where that is more than the SDP, latin1 (RFC 5547 §8.8). */
  readonly body?: { readonly type: string; readonly content: string };
  /** The session timer to ask for (PSA-SES-06, -07). */
  readonly timer: Agreement;
  readonly handlers: OutgoingInviteHandlers;
};

export type OutgoingInviteHandlers = {
  readonly ringing: (code: number) => void;
  /** The 200 came and is acknowledged; `sdp` is the answer. */
  readonly accepted: (response: IncomingResponse, sdp: string) => void;
  /** No dialog: refused (with its code), timed out or unreachable (code null). */
  readonly refused: (code: number | null, reason: string, response: IncomingResponse | null) => void;
  /** The peer ended the dialog with BYE. */
  readonly ended: () => void;
  /** The peer offers a changed session: our SDP in answer, latin1, or null to refuse it with 488. */
  readonly reoffer: (sdp: string) => string | null;
};

const INTERVAL_HEADERS = /^(?:Supported: timer$|Session-Expires:|Min-SE:)/;

/**
 * An INVITE that we send, from its first byte to BYE: 2xx acknowledged every time, forks beyond the first ended, the
 * session kept alive (RFC 4028) and changed by either side.
 */
export class OutgoingInvite implements DialogOwner {
  readonly _ua: SipUserAgent;
  readonly #handlers: OutgoingInviteHandlers;
  readonly #contactLine: string;
  readonly #answers = new SentUntilAck(() => void this.bye());
  /** The session timer asked for, until the 2xx says what is agreed. */
  readonly #timer: Agreement;
  /** Our SDP as it stands, latin1. */
  #sdp: string;
  #session: SessionRefresh | null = null;
  #isRepeated = false;
  #request: InitialOutgoingInviteRequest;
  #dialog: Dialog | null = null;
  #dialogTag: string | null = null;
  #state: 'calling' | 'proceeding' | 'accepted' | 'over' = 'calling';
  #cancelled = false;

  /** @throws TypeError when `to` is no SIP URI. */
  constructor(ua: SipUserAgent, options: OutgoingInviteOptions) {
    const target = URI.parse(options.to);
    if (target === undefined) throw new TypeError(`${options.to} is not a SIP URI.`);
    this._ua = ua;
    this.#handlers = options.handlers;
    this.#contactLine = options.contactLine;
    this.#timer = options.timer;
    this.#sdp = options.sdp;
    const body = options.body ?? { type: 'application/sdp', content: options.sdp };
    const interval = intervalHeaders(options.timer, MIN_SECONDS);
    this.#request = new SIPMessage.InitialOutgoingInviteRequest(
      target,
      ua,
      null,
      [options.contactLine, ...options.headers, ...interval, `Content-Type: ${body.type}`],
      body.content,
    );
    this.#send();
  }

  /** The session timer as agreed; null without one. */
  get timer(): Agreement | null {
    return this.#session?.agreed ?? null;
  }

  /** Gives up before the final answer (PSA-REL-01); CANCEL waits for a provisional answer (RFC 3261 §9.1). */
  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    if (this.#state === 'proceeding') this.#request.cancel();
  }

  /** Ends the accepted dialog (PSA-REL-02); resolves when the BYE is answered or given up. */
  bye(): Promise<void> {
    const dialog = this.#dialog;
    if (this.#state !== 'accepted' || dialog === null) return Promise.resolve();
    this.#finish();
    return endDialog(dialog);
  }

  /** Offers a changed session; `offer` gives the SDP, latin1, when its time has come, or null. Never rejects. */
  async reinvite(offer: () => string | null): Promise<InDialogOutcome> {
    if (this.#state !== 'accepted' || this.#session === null) return { kind: 'gone' };
    let offered: string | null = null;
    const outcome = await this.#session.reinvite(() => {
      offered = offer();
      return offered;
    });
    if (outcome.kind === 'accepted') this.#sdp = offered ?? this.#sdp;
    return outcome;
  }

  /** Called by the dialog for each request inside it. */
  receiveRequest(request: IncomingRequest): void {
    switch (request.method) {
      case 'ACK':
        this.#answers.acknowledged(request.cseq);
        return;
      case 'BYE':
        sendReply(request, { code: 200 });
        this.#dialog?.terminate();
        if (this.#state === 'accepted') {
          this.#finish();
          this.#handlers.ended();
        }
        return;
      case 'INVITE':
      case 'UPDATE':
        this.#receiveRefresh(request);
        return;
      default:
        sendReply(request, { code: 405 });
    }
  }

  #receiveRefresh(request: IncomingRequest): void {
    const session = this.#session;
    const refusal = session?.refusal(request) ?? null;
    if (this.#state !== 'accepted' || session === null) {
      sendReply(request, { code: 481 });
      return;
    }
    if (refusal !== null) {
      sendReply(request, refusal);
      return;
    }
    const reply = session.answer(request, this.#answerTo(request));
    const text = buildReply(request, reply);
    const send = () => request.server_transaction.receiveResponse(reply.code, text);
    if (request.method === 'INVITE' && reply.code < 300) this.#answers.send(request.cseq, send);
    else send();
  }

  #answerTo(request: IncomingRequest): Reply {
    const headers = [this.#contactLine];
    if (request.method === 'UPDATE' && request.body === '') return { code: 200, headers };
    const sdp = request.body === '' ? this.#sdp : this.#handlers.reoffer(request.body);
    if (sdp === null) return { code: 488 };
    this.#sdp = sdp;
    return { code: 200, headers, body: { type: 'application/sdp', content: sdp } };
  }

  #send(): void {
    new RequestSender(this._ua, this.#request, {
      onRequestTimeout: () => this.#fail(null, 'No answer came.', null),
      onTransportError: () => this.#fail(null, 'The connection to the core was lost.', null),
      onAuthenticated: (repeated) => {
        this.#request = repeated as InitialOutgoingInviteRequest;
      },
      onReceiveResponse: (response) => this.#receive(response),
    }).send();
  }

  /** Once more, with the interval that the 422 asks for (RFC 4028 §7.4). */
  #repeatWith(minimum: number): void {
    this.#isRepeated = true;
    this.#state = 'calling';
    const repeated = this.#request.clone();
    repeated.cseq += 1;
    repeated.setHeader('cseq', `${repeated.cseq} INVITE`);
    const others = repeated.extraHeaders.filter((line) => !INTERVAL_HEADERS.test(line));
    repeated.extraHeaders = [...others, ...intervalHeaders(this.#timer, minimum)];
    this.#request = repeated;
    this.#send();
  }

  #receive(response: IncomingResponse): void {
    const code = response.status_code;
    if (code === 422 && !this.#isRepeated && !this.#cancelled) {
      this.#repeatWith(minimumIn(response));
    } else if (code >= 300) {
      this.#fail(code, response.reason_phrase, response);
    } else if (code >= 200) {
      this.#receiveAccepted(response);
    } else if (this.#state === 'calling' || this.#state === 'proceeding') {
      const first = this.#state === 'calling';
      this.#state = 'proceeding';
      if (first && this.#cancelled) this.#request.cancel();
      if (code > 100) this.#handlers.ringing(code);
    }
  }

  #receiveAccepted(response: IncomingResponse): void {
    const tag = response.to_tag ?? '';
    if (this.#dialog !== null) {
      if (tag === this.#dialogTag) acknowledge(this.#dialog, response);
      else this.#endExtraFork(response);
      return;
    }
    const dialog = new Dialog(this, response, 'UAC');
    if (dialog.error !== undefined) {
      this.#fail(response.status_code, 'The answer has no Contact.', response);
      return;
    }
    this.#dialog = dialog;
    this.#dialogTag = tag;
    dialog.sendRequest('ACK');
    if (this.#cancelled) {
      // The 200 crossed our CANCEL.
      void endDialog(dialog);
      this.#fail(487, 'Cancelled', response);
      return;
    }
    this.#state = 'accepted';
    this.#session = new SessionRefresh('caller', {
      dialog,
      contactLine: () => this.#contactLine,
      sdp: () => this.#sdp,
      busy: () => this.#answers.waiting,
      end: () => {
        void this.bye();
        this.#handlers.ended();
      },
    });
    this.#session.accepted(response);
    this.#handlers.accepted(response, response.body);
  }

  /** RFC 3261 §13.2.2.4: a second 2xx makes a second dialog, which we acknowledge and end. */
  #endExtraFork(response: IncomingResponse): void {
    const owner: DialogOwner = {
      _ua: this._ua,
      receiveRequest: (request) => {
        if (request.method !== 'ACK') sendReply(request, { code: request.method === 'BYE' ? 200 : 405 });
      },
    };
    const extra = new Dialog(owner, response, 'UAC');
    if (extra.error !== undefined) return;
    extra.sendRequest('ACK');
    void endDialog(extra);
  }

  #finish(): void {
    this.#state = 'over';
    this.#session?.stop();
    this.#answers.stop();
  }

  #fail(code: number | null, reason: string, response: IncomingResponse | null): void {
    if (this.#state === 'accepted' || this.#state === 'over') return;
    this.#state = 'over';
    this.#handlers.refused(code, reason, response);
  }
}

function endDialog(dialog: Dialog): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      dialog.terminate();
      resolve();
    };
    dialog.sendRequest('BYE', {
      eventHandlers: {
        onRequestTimeout: done,
        onTransportError: done,
        onSuccessResponse: done,
        onErrorResponse: done,
        onDialogError: done,
      },
    });
  });
}
