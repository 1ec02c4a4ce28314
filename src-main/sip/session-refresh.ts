import type Dialog from 'jssip/lib/Dialog.js';
import type { IncomingMessage, IncomingRequest, IncomingResponse } from 'jssip/lib/SIPMessage.js';
import { ALLOWED_METHODS } from './capabilities.ts';
import { type InDialogOutcome, sendInDialog } from './in-dialog-request.ts';
import type { Reply } from './reply.ts';
import {
  type Agreement,
  agreedIn,
  answerInterval,
  intervalHeaders,
  lists,
  MIN_SECONDS,
  minimumIn,
} from './session-interval.ts';
import { SessionTimer } from './session-timer.ts';

export type SessionRefreshParts = {
  readonly dialog: Dialog;
  /** Contact header line for a refresh of ours. */
  readonly contactLine: () => string;
  /** Our SDP as it stands, latin1, with its o= line unchanged (RFC 4028 §7.4); null where there is none. */
  readonly sdp: () => string | null;
  /** An INVITE of the peer is under way, so none of ours may be (RFC 3261 §14.1). */
  readonly busy: () => boolean;
  /** The session expired, or the peer no longer knows it: BYE, with the reason for people. */
  readonly end: (reason: string) => void;
  /** The session timer was agreed on, at first or anew. */
  readonly agreed?: () => void;
};

/** RFC 3261 §14.1: who did not make the Call-ID tries again after up to two seconds, who did after more than that. */
const GLARE_WAIT_MS = { callee: [0, 2000], caller: [2100, 4000] } as const;
/** How often a re-INVITE of ours looks whether the peer's is over. */
const BUSY_WAIT_MS = 200;
/** Times that a request of ours is tried again after 491 before it is given up. */
const MAX_GLARES = 5;

/**
 * Keeps a session alive by RFC 4028, from either side: agrees on an interval in every 2xx, refreshes by UPDATE, or by
 * re-INVITE where the peer has no UPDATE, and ends the session when nobody does.
 */
export class SessionRefresh {
  readonly #parts: SessionRefreshParts;
  readonly #role: keyof typeof GLARE_WAIT_MS;
  readonly #timer: SessionTimer;
  #agreed: Agreement | null = null;
  /** The largest Min-SE seen in this dialog. */
  #minimum = MIN_SECONDS;
  #peerHasUpdate = false;
  #stopped = false;

  constructor(role: 'caller' | 'callee', parts: SessionRefreshParts) {
    this.#role = role;
    this.#parts = parts;
    this.#timer = new SessionTimer({
      refresh: () => void this.#refresh(),
      expired: () => parts.end('The session was not refreshed in time'),
    });
  }

  /** Interval and refresher as they stand; null without a timer. */
  get agreed(): Agreement | null {
    return this.#agreed;
  }

  /** 422 for an INVITE or UPDATE of the peer that asks for too short an interval, else null. */
  refusal(request: IncomingRequest): Reply | null {
    const answer = answerInterval(request, this.#agreed);
    return answer.kind === 'refuse' ? answer.reply : null;
  }

  /** Our answer to an INVITE or UPDATE of the peer: a 2xx gets the timer's headers and renews the timer. */
  answer(request: IncomingRequest, reply: Reply): Reply {
    const answer = answerInterval(request, this.#agreed);
    if (reply.code >= 300 || answer.kind === 'refuse') return reply;
    this.#learn(request);
    this.#renew(answer.agreed);
    return { ...reply, headers: [...(reply.headers ?? []), ...answer.headers] };
  }

  /** The peer asked for a change that waits for its answer, so it is alive: the time begins anew. */
  waits(): void {
    if (!this.#stopped) this.#timer.renew(this.#agreed);
  }

  /** The peer's 2xx to an INVITE or UPDATE of ours. */
  accepted(response: IncomingResponse): void {
    this.#learn(response);
    this.#renew(agreedIn(response));
  }

  /**
   * Offers a session by re-INVITE; after 491 again, after 422 with the interval the peer wants. `offer` is asked for the
   * SDP just before it leaves; with null there is nothing to offer any more. Never rejects.
   */
  async reinvite(offer: () => string | null): Promise<InDialogOutcome> {
    for (let glares = 0; ; glares += 1) {
      while (this.#busy && !this.#stopped) await pause(BUSY_WAIT_MS);
      if (this.#stopped) return { kind: 'gone' };
      const sdp = offer();
      if (sdp === null) return { kind: 'unreachable' };
      const outcome = await this.#send('INVITE', sdp);
      const glared = outcome.kind === 'refused' && outcome.response.status_code === 491;
      if (!glared || glares === MAX_GLARES || this.#stopped) return outcome;
      const [least, most] = GLARE_WAIT_MS[this.#role];
      await pause(least + Math.random() * (most - least));
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.stop();
  }

  /** RFC 3261 §14.1: one INVITE at a time in a dialog, from either side. */
  get #busy(): boolean {
    return this.#parts.busy() || this.#parts.dialog.uac_pending_reply;
  }

  #renew(agreed: Agreement | null): void {
    if (this.#stopped) return;
    this.#agreed = agreed;
    this.#timer.renew(agreed);
    this.#parts.agreed?.();
  }

  #learn(message: IncomingMessage): void {
    this.#minimum = Math.max(this.#minimum, minimumIn(message));
    if (message.hasHeader('allow')) this.#peerHasUpdate = lists(message, 'allow', 'UPDATE');
  }

  async #refresh(): Promise<void> {
    const outcome = await this.#sendRefresh();
    if (this.#stopped) return;
    if (outcome.kind === 'gone') this.#parts.end('The session is not known any more');
    else if (outcome.kind !== 'accepted') this.#timer.retry();
  }

  async #sendRefresh(): Promise<InDialogOutcome> {
    if (this.#peerHasUpdate) {
      const outcome = await this.#send('UPDATE', null);
      const code = outcome.kind === 'refused' ? outcome.response.status_code : null;
      // Allow said otherwise, yet a re-INVITE may pass.
      if ((code !== 405 && code !== 501) || this.#stopped) return outcome;
    }
    return this.reinvite(this.#parts.sdp);
  }

  /** One request with the timer's headers, and a second one where the first got 422. */
  async #send(method: 'INVITE' | 'UPDATE', sdp: string | null): Promise<InDialogOutcome> {
    const { dialog } = this.#parts;
    let outcome = await sendInDialog(dialog, { method, sdp, headers: this.#headers() });
    if (outcome.kind === 'refused' && outcome.response.status_code === 422 && !this.#stopped) {
      this.#learn(outcome.response);
      outcome = await sendInDialog(dialog, { method, sdp, headers: this.#headers() });
    }
    if (outcome.kind === 'accepted' && !this.#stopped) this.accepted(outcome.response);
    return outcome;
  }

  #headers(): readonly string[] {
    const interval =
      this.#agreed === null ? ['Supported: timer'] : intervalHeaders(this.#agreed, this.#minimum);
    return [this.#parts.contactLine(), `Allow: ${ALLOWED_METHODS.join(', ')}`, ...interval];
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
