import Dialog, { type DialogOwner } from 'jssip/lib/Dialog.js';
import RequestSender from 'jssip/lib/RequestSender.js';
import SIPMessage, {
  type IncomingRequest,
  type IncomingResponse,
  type InitialOutgoingInviteRequest,
} from 'jssip/lib/SIPMessage.js';
import URI from 'jssip/lib/URI.js';
import { sendReply } from './reply.ts';
import type { SipUserAgent } from './user-agent.ts';

export type OutgoingInviteOptions = {
  readonly to: string;
  /** Whole header lines without CRLF. */
  readonly headers: readonly string[];
  /** The SDP offer as a latin1 string, one character a byte. */
  readonly sdp: string;
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
};

/** An INVITE that we send, from its first byte to BYE: 2xx acknowledged every time, forks beyond the first ended. */
export class OutgoingInvite implements DialogOwner {
  readonly _ua: SipUserAgent;
  readonly #handlers: OutgoingInviteHandlers;
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
    this.#request = new SIPMessage.InitialOutgoingInviteRequest(
      target,
      ua,
      null,
      [...options.headers, 'Content-Type: application/sdp'],
      options.sdp,
    );
    new RequestSender(ua, this.#request, {
      onRequestTimeout: () => this.#fail(null, 'No answer came.', null),
      onTransportError: () => this.#fail(null, 'The connection to the core was lost.', null),
      onAuthenticated: (repeated) => {
        this.#request = repeated as InitialOutgoingInviteRequest;
      },
      onReceiveResponse: (response) => this.#receive(response),
    }).send();
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
    this.#state = 'over';
    return endDialog(dialog);
  }

  /** Called by the dialog for each request inside it. */
  receiveRequest(request: IncomingRequest): void {
    switch (request.method) {
      case 'ACK':
        return;
      case 'BYE':
        sendReply(request, { code: 200 });
        this.#dialog?.terminate();
        if (this.#state === 'accepted') {
          this.#state = 'over';
          this.#handlers.ended();
        }
        return;
      default:
        sendReply(request, { code: request.method === 'INVITE' ? 488 : 405 });
    }
  }

  #receive(response: IncomingResponse): void {
    const code = response.status_code;
    if (code >= 300) {
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
      if (tag === this.#dialogTag) this.#dialog.sendRequest('ACK');
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
    this.#handlers.accepted(response, response.body);
  }

  /** RFC 3261 §13.2.2.4: a second 2xx makes a second dialog, which we acknowledge and end. */
  #endExtraFork(response: IncomingResponse): void {
    const owner: DialogOwner = {
      _ua: this._ua,
      receiveRequest: (request) => sendReply(request, { code: request.method === 'BYE' ? 200 : 405 }),
    };
    const extra = new Dialog(owner, response, 'UAC');
    if (extra.error !== undefined) return;
    extra.sendRequest('ACK');
    void endDialog(extra);
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
