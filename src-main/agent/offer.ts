import type { FileState, PushState } from '../history/records.ts';
import { buildAnswer } from '../sdp/answer.ts';
import type { SessionOffer } from '../sdp/offer.ts';
import type { DialogEnd, IncomingInvite } from '../sip/incoming-invite.ts';
import type { Reply } from '../sip/reply.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import { type LivePush, messageOf } from './live-push.ts';
import { OfferFiles, type OfferFilesContext } from './offer-files.ts';
import { readInvite } from './read-invite.ts';
import { warning } from './refusals.ts';

export type OfferContext = Omit<OfferFilesContext, 'settled'> & {
  /** Contact header line with GRUU and tags for the 200 (PRA-SES-12). */
  readonly contactLine: () => string;
  /** The offer is over and may be forgotten. */
  readonly over: (offer: Offer) => void;
};

/** Why an offer is declined, and the SIP code for it. */
export type DeclineCause = 'user' | 'rule' | 'no-answer' | 'closing';
const DECLINE: Readonly<Record<DeclineCause, { readonly code: number; readonly reason: string }>> = {
  user: { code: 603, reason: 'Declined by the user.' },
  rule: { code: 603, reason: 'Declined by the rule of the profile.' },
  // Not 603: that would take the offer away from the user's other terminals too (RFC 3261 §16.7).
  'no-answer': { code: 480, reason: 'Nobody answered in time.' },
  closing: { code: 480, reason: 'The terminal was closed.' },
};
const END_TITLES = {
  'bye-received': 'BYE received',
  'bye-sent': 'BYE sent',
  'no-ack': 'No ACK came',
} as const satisfies Record<DialogEnd['kind'], string>;

/** After our 200 the sender has this long to open its MSRP sessions. */
const MEDIA_START_TIMEOUT_MS = 30_000;
/** Once every file has ended the sender has this long to send its BYE; then we send ours. */
const BYE_WAIT_MS = 30_000;

/**
 * One offer of files from INVITE to BYE: it waits for the user (or a rule, or the countdown), answers with the
 * chosen files, and keeps record and timeline true (PRA-SES-08 to -17, PRA-REL).
 */
export class Offer {
  readonly #context: OfferContext;
  readonly #push: LivePush;
  readonly #sdp: SessionOffer;
  readonly #invite: IncomingInvite;
  readonly #files: OfferFiles;
  #state: 'waiting' | 'answering' | 'transferring' | 'over' = 'waiting';
  #deadline: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #answer: Reply | null = null;
  /** How the dialog ended, once it did. */
  #dialogEnd: string | null = null;

  constructor(context: OfferContext, push: LivePush, sdp: SessionOffer, invite: IncomingInvite) {
    this.#context = context;
    this.#push = push;
    this.#sdp = sdp;
    this.#invite = invite;
    this.#files = new OfferFiles({ ...context, settled: () => this.#settle() }, push, sdp);
  }

  get id(): string {
    return this.#push.id;
  }

  get waiting(): boolean {
    return this.#state === 'waiting';
  }

  /** When it declines itself, ISO 8601; null while it does not wait. */
  get deadline(): string | null {
    return this.waiting ? this.#deadline : null;
  }

  /** Rings and starts the countdown. */
  ring(): void {
    if (!this.waiting) return;
    this.#invite.ring({ code: 180, headers: [this.#context.contactLine()] });
    this.#push.log({ side: 'out', ok: true, title: '180 Ringing', detail: 'the user is asked' });
    const wait = this.#context.profile.files.answerWithin * 1000;
    this.#deadline = new Date(Date.now() + wait).toISOString();
    this.#setTimer(wait, () => this.decline('no-answer'));
  }

  /**
   * Takes the named files and declines the others: 200 with a recvonly answer, listener ready before it leaves.
   * @throws Error with a sentence for the user when the offer no longer waits or an index is not on offer.
   */
  accept(indexes: readonly number[]): void {
    if (!this.waiting) throw new Error('This offer no longer waits for an answer.');
    const open = this.#files.all.filter((file) => file.state === 'offered').map((file) => file.index);
    const unknown = indexes.find((index) => !open.includes(index));
    if (unknown !== undefined) throw new Error(`The offer has no file ${unknown} that can be accepted.`);
    if (indexes.length === 0) throw new Error('No file is selected.');
    this.#state = 'answering';
    this.#clearTimer();
    this.#answerWith(new Set(indexes)).catch((error: unknown) => this.#failToAnswer(messageOf(error)));
  }

  /** Refuses the whole offer. Without effect when it no longer waits. */
  decline(cause: DeclineCause): void {
    if (!this.waiting) return;
    const { code, reason } = DECLINE[cause];
    this.#push.log({ side: 'out', ok: cause === 'user', title: `${code} sent`, detail: reason });
    this.#invite.reject({ code, headers: [warning(reason)] });
    this.#context.emit({ event: 'answered', offer: this.id, code, files: [] });
    this.#end('declined', code, reason, 'declined');
  }

  /** Stops one file in mid-flight. @throws Error with a sentence when it is not arriving. */
  abort(index: number): void {
    this.#files.stop(index);
  }

  /** The sender cancelled before we answered; 487 is sent. */
  withdrawn(): void {
    if (this.#state === 'over') return;
    this.#push.log({ side: 'in', ok: false, title: 'CANCEL received', detail: '487 sent' });
    this.#end('cancelled', 487, 'The sender withdrew the offer.', 'declined');
  }

  /** The ACK to our 200 came. */
  confirmed(): void {
    if (this.#state !== 'transferring') return;
    this.#push.log({ side: 'in', ok: true, title: 'ACK received', detail: '' });
  }

  /** The dialog is over, by BYE or for want of an ACK. A file that is whole may still be verified. */
  ended(end: DialogEnd): void {
    if (this.#state !== 'transferring') return;
    const title = END_TITLES[end.kind];
    const side = end.kind === 'bye-received' ? 'in' : 'out';
    this.#push.log({ side, ok: end.kind !== 'no-ack', title, detail: endDetail(end) });
    this.#dialogEnd = title;
    this.#files.close('The session ended before the file was whole.');
    this.#settle();
  }

  /** The flow to the core is gone, and with it the way to answer. */
  flowLost(): void {
    if (!this.waiting) return;
    const reason = 'The connection to the core was lost before the offer was answered.';
    this.#push.log({ side: 'local', ok: false, title: 'Connection lost', detail: reason });
    this.#end('failed', null, reason, 'failed');
  }

  /**
   * A re-INVITE. A refresh, with the same offer or none, is answered as before; a change of the session is refused and
   * leaves it as it is (RFC 3261 §14.2), until that capability is there.
   */
  reoffer(request: IncomingRequest): Reply {
    if (this.#answer === null) return { code: 488 };
    if (request.body === '') return this.#answer;
    const read = readInvite(request, {
      accept: this.#context.profile.files.accept,
      secure: this.#context.media.secure,
    });
    if (read.kind === 'refuse') return { code: read.refusal.code, headers: read.refusal.headers ?? [] };
    const same = this.#push.record.body.kind === 'files' && this.#push.record.body.sdp === read.sdp;
    return same ? this.#answer : { code: 488, headers: [warning('The session cannot be changed.')] };
  }

  /** The terminal closes: declines or ends, whichever fits. */
  close(): void {
    if (this.waiting) this.decline('closing');
    else this.#invite.bye('The terminal was closed');
  }

  /** Resolves once its files are kept or gone. */
  settled(): Promise<void> {
    return this.#files.settled();
  }

  async #answerWith(accepted: ReadonlySet<number>): Promise<void> {
    const choices = await this.#files.prepare(accepted);
    // The sender may have cancelled while the part files were made.
    if (this.#state !== 'answering') {
      this.#files.close('The offer was withdrawn.');
      return;
    }
    const { host, port } = this.#files.address;
    const sdp = buildAnswer(this.#sdp, choices, { host });
    this.#answer = {
      code: 200,
      headers: [this.#context.contactLine()],
      body: { type: 'application/sdp', content: Buffer.from(sdp, 'utf8').toString('latin1') },
    };
    this.#files.open();
    this.#state = 'transferring';
    this.#invite.accept(this.#answer);
    const files = [...accepted].sort((a, b) => a - b);
    const detail = `${files.length} of ${this.#files.all.length} files wanted, MSRP on ${host}:${port}`;
    this.#push.log({ side: 'out', ok: true, title: '200 OK', detail });
    this.#files.update((file) => ({ state: accepted.has(file.index) ? 'accepted' : 'declined' }), {
      state: 'receiving',
      code: 200,
    });
    this.#context.emit({ event: 'answered', offer: this.id, code: 200, files });
    this.#setTimer(MEDIA_START_TIMEOUT_MS, () => {
      this.#files.closeUnopened('The sender never opened the MSRP session.');
    });
    this.#files.dialActive();
  }

  /** Once every file has ended: the state of the whole, and a limit on waiting for the sender's BYE. */
  #settle(): void {
    if (this.#state !== 'transferring' && this.#dialogEnd === null) return;
    const outcome = this.#files.outcome();
    if (outcome === null) return;
    if (this.#push.record.state !== outcome.state) this.#push.update(outcome);
    // A report may still follow the end of the dialog; then only the state changes.
    if (this.#state === 'over') return;
    if (this.#dialogEnd !== null) this.#finish(this.#dialogEnd);
    else this.#setTimer(BYE_WAIT_MS, () => this.#invite.bye('All files have ended'));
  }

  #failToAnswer(reason: string): void {
    this.#files.close(reason);
    if (this.#state !== 'answering') return;
    this.#push.log({ side: 'out', ok: false, title: '500 sent', detail: reason });
    this.#invite.reject({ code: 500, headers: ['Retry-After: 60', warning(reason)] });
    this.#context.emit({ event: 'answered', offer: this.id, code: 500, files: [] });
    this.#end('failed', 500, reason, 'failed');
  }

  /** Ends an offer that never became a session. */
  #end(state: PushState, code: number | null, reason: string, fileState: FileState): void {
    this.#files.update(() => ({ state: fileState }), { state, code, reason });
    this.#finish(reason);
  }

  #finish(reason: string): void {
    this.#state = 'over';
    this.#clearTimer();
    this.#files.release();
    this.#context.emit({ event: 'ended', offer: this.id, reason });
    this.#context.over(this);
  }

  #setTimer(ms: number, action: () => void): void {
    this.#clearTimer();
    this.#timer = setTimeout(action, ms);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function endDetail(end: DialogEnd): string {
  switch (end.kind) {
    case 'bye-received':
      return end.reason ?? '200 OK sent';
    case 'bye-sent':
      return '';
    case 'no-ack':
      return 'the sender never confirmed our 200 OK';
  }
}
