import type { History } from '../history/history.ts';
import type { FileRecord, FileState, PushState } from '../history/records.ts';
import type { FileLine, MessageLine, SessionOffer } from '../sdp/offer.ts';
import type { DialogEnd, IncomingInvite, Reoffer, Withdrawal } from '../sip/incoming-invite.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import { DECLINED_BY_RULE, type DecideFile } from './file-rules.ts';
import { type LivePush, messageOf } from './live-push.ts';
import { beginSession } from './negotiated-session.ts';
import { OfferFiles, type OfferFilesContext } from './offer-files.ts';
import { answeredWith, asOffered, readOwnAnswer } from './own-offer.ts';
import { warning } from './refusals.ts';
import { Reoffers } from './reoffers.ts';
import { StoppedFiles } from './stopped-files.ts';

export type OfferContext = Omit<OfferFilesContext, 'settled'> & {
  /** Contact header line with GRUU and tags for the 200 (PRA-SES-12). */
  readonly contactLine: () => string;
  readonly history: History;
  /** What the rules say of files that later re-INVITEs add. */
  readonly decide: DecideFile;
  /** The INVITE has no offer: ours goes with the 200, and the ACK brings the answer (RFC 3261 §13.2.1). */
  readonly isOurs: boolean;
  /** Seconds that the INVITE is valid, by its Expires; null without a limit. */
  readonly expires: number | null;
  /** The offer is over and may be forgotten. */
  readonly over: (offer: Offer) => void;
};

/** Why an offer is declined, and the SIP code for it. */
export type DeclineCause = 'user' | 'known' | 'rule' | 'nothing-left' | 'no-answer' | 'expired' | 'closing';
const DECLINE: Readonly<Record<DeclineCause, { readonly code: number; readonly reason: string }>> = {
  user: { code: 603, reason: 'Declined by the user.' },
  known: { code: 603, reason: 'Not taken again: the files are here already.' },
  // Each file has a reason of its own in its record.
  'nothing-left': { code: 488, reason: 'No file of the offer can be taken.' },
  rule: { code: 603, reason: 'Declined by the rule of the profile.' },
  // Not 603: that would take the offer away from the user's other terminals too (RFC 3261 §16.7).
  'no-answer': { code: 480, reason: 'Nobody answered in time.' },
  expired: { code: 487, reason: 'The time that the sender gave for an answer is over (Expires).' },
  closing: { code: 480, reason: 'The terminal was closed.' },
};
const NOT_AGAIN = 'Not taken again: the file is here already.';
const ASKS_THE_USER = 'This file needs the user: offer it in an INVITE.';
const END_TITLES = {
  'bye-received': 'BYE received',
  'bye-sent': 'BYE sent',
  'no-ack': 'No ACK came',
} as const satisfies Record<DialogEnd['kind'], string>;

/** What became of a pending INVITE that the sender gave up: title and detail for the timeline, code, reason. */
const WITHDRAWN = {
  cancelled: ['CANCEL received', '487 sent', 487, 'The sender withdrew the offer.'],
  'early-bye': ['BYE received', '487 sent', 487, 'The sender withdrew the offer.'],
  'no-prack': ['No PRACK came', '504 sent', 504, 'The sender never confirmed our 180 Ringing.'],
} as const satisfies Record<Withdrawal, readonly [string, string, number, string]>;

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
  #byeTimer: NodeJS.Timeout | null = null;
  #acknowledged = false;
  /** The session's changes, once there is a session. */
  #reoffers: Reoffers | null = null;
  #stopped: StoppedFiles | null = null;
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

  get push(): LivePush {
    return this.#push;
  }

  /** Whether every file has ended, and only the end of the session is awaited. */
  get idle(): boolean {
    return this.#state === 'transferring' && this.#files.outcome() !== null;
  }

  get waiting(): boolean {
    return this.#state === 'waiting';
  }

  /** When it declines itself, ISO 8601; null while it does not wait. */
  get deadline(): string | null {
    return this.waiting ? this.#deadline : (this.#reoffers?.deadline ?? null);
  }

  /** Rings and starts the countdown. */
  ring(): void {
    if (!this.waiting) return;
    this.#invite.ring({ code: 180, headers: [this.#context.contactLine()] });
    const unknown = this.#context.isOurs ? '; the INVITE has no offer, name and size come with the ACK' : '';
    this.#push.log({ side: 'out', ok: true, title: '180 Ringing', detail: `the user is asked${unknown}` });
    const { profile, expires } = this.#context;
    const { answerWithin } = profile.files;
    // RFC 3261 §13.3.1: an INVITE that has expired gets 487. The profile's time is ours, and shorter than a proxy's.
    const isShorter = expires !== null && expires < answerWithin;
    const wait = (isShorter ? expires : answerWithin) * 1000;
    this.#deadline = new Date(Date.now() + wait).toISOString();
    this.#setTimer(wait, () => this.#timeUp(isShorter ? 'expired' : 'no-answer'));
  }

  /** Nobody answered: what a rule accepts is taken all the same. */
  #timeUp(cause: DeclineCause): void {
    const ruled = this.#files.all.filter((file) => file.state === 'offered' && file.ruled);
    if (ruled.length === 0 || cause === 'expired') this.decline(cause);
    else this.accept(ruled.map(({ index }) => index));
  }

  /**
   * Takes the named files and declines the others: 200 with a recvonly answer, listener ready before it leaves.
   * @throws Error with a sentence for the user when the offer no longer waits or an index is not on offer.
   */
  accept(indexes: readonly number[]): void {
    if (this.#reoffers !== null && this.#state === 'transferring') {
      this.#reoffers.accept(indexes);
      return;
    }
    if (!this.waiting) throw new Error('This offer no longer waits for an answer.');
    const open = this.#files.all.filter((file) => file.state === 'offered').map((file) => file.index);
    const unknown = indexes.find((index) => !open.includes(index));
    if (unknown !== undefined) throw new Error(`The offer has no file ${unknown} that can be accepted.`);
    if (indexes.length === 0) throw new Error('No file is selected.');
    this.#state = 'answering';
    this.#clearTimer();
    this.#answerWith(new Set(indexes)).catch((error: unknown) => this.#failToAnswer(messageOf(error)));
  }

  /** Refuses the whole offer, or the files a re-INVITE added. Without effect when nothing waits. */
  decline(cause: DeclineCause): void {
    this.#reoffers?.decline();
    if (!this.waiting) return;
    const { code, reason } = DECLINE[cause];
    this.#push.log({
      side: 'out',
      ok: cause === 'user' || cause === 'known',
      title: `${code} sent`,
      detail: reason,
    });
    this.#invite.reject({ code, headers: [warning(reason)] });
    this.#context.emit({ event: 'answered', offer: this.id, code, files: [] });
    this.#end('declined', code, reason, 'declined');
  }

  /** Stops one file in mid-flight. @throws Error with a sentence when it is not arriving. */
  abort(index: number): void {
    this.#files.stop(index);
    this.#stopped?.add(index);
  }

  /** The sender gave up before we answered; the INVITE has its final answer. */
  withdrawn(why: Withdrawal): void {
    if (this.#state === 'over') return;
    const [title, detail, code, reason] = WITHDRAWN[why];
    this.#push.log({ side: 'in', ok: false, title, detail });
    this.#end('cancelled', code, reason, 'declined');
  }

  /** The ACK to a 200 of ours came; those of re-INVITEs are not worth a line. */
  confirmed(ack: IncomingRequest): void {
    if (this.#state !== 'transferring') return;
    const isFirst = !this.#acknowledged;
    if (!this.#acknowledged) this.#push.log({ side: 'in', ok: true, title: 'ACK received', detail: '' });
    this.#acknowledged = true;
    if (this.#context.isOurs && isFirst) this.#takeAnswer(ack);
    // A re-INVITE may have brought another Contact.
    const { body } = this.#push.record;
    const sessionIdentity = this.#invite.remoteTarget;
    if (body.kind !== 'files' || body.sessionIdentity === sessionIdentity) return;
    this.#push.update({ body: { ...body, sessionIdentity } });
  }

  /** The dialog is over, by BYE or for want of an ACK. A file that is whole may still be verified. */
  ended(end: DialogEnd): void {
    if (this.#state !== 'transferring') return;
    const title = END_TITLES[end.kind];
    const side = end.kind === 'bye-received' ? 'in' : 'out';
    this.#push.log({ side, ok: end.kind !== 'no-ack', title, detail: endDetail(end) });
    this.#dialogEnd = title;
    this.#reoffers?.stop();
    this.#stopped?.stop();
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

  /** A re-INVITE, or an UPDATE with SDP. */
  reoffer(reoffer: Reoffer): void {
    if (this.#reoffers === null || this.#state !== 'transferring') reoffer.answer({ code: 488 });
    else this.#reoffers.receive(reoffer);
  }

  /** The sender cancelled the re-INVITE that waits. */
  reofferWithdrawn(): void {
    this.#reoffers?.withdrawn();
  }

  /** The session timer stands, or was refreshed. */
  timerAgreed(): void {
    const { body } = this.#push.record;
    if (body.kind !== 'files') return;
    const agreed = this.#invite.timer;
    const timer = agreed === null ? null : { ...agreed, at: new Date().toISOString() };
    this.#push.update({ body: { ...body, timer } });
  }

  /** The terminal closes: declines or ends, whichever fits. */
  close(reason = 'The terminal was closed'): void {
    if (this.waiting) this.decline('closing');
    else this.#invite.bye(reason);
  }

  /** Resolves once its files are kept or gone. */
  settled(): Promise<void> {
    return this.#files.settled();
  }

  async #answerWith(accepted: ReadonlySet<number>): Promise<void> {
    const prepared = await this.#files.prepare(accepted);
    const choices = this.#context.isOurs ? asOffered(prepared) : prepared;
    // The sender may have cancelled while the part files were made.
    if (this.#state !== 'answering') {
      this.#files.close('The offer was withdrawn.');
      return;
    }
    const { host, port } = this.#files.address;
    const session = beginSession(this.#sdp, choices, host);
    const context = { ...this.#context, settled: () => this.#settle() };
    this.#reoffers = new Reoffers(context, this.#push, this.#files, session);
    this.#stopped = new StoppedFiles(this.#push, this.#invite, this.#reoffers);
    this.#files.open();
    this.#state = 'transferring';
    this.#invite.accept(this.#reoffers.answer());
    const files = [...accepted].sort((a, b) => a - b);
    const detail = `${files.length} of ${this.#files.all.length} files wanted, MSRP on ${host}:${port}`;
    this.#push.log({ side: 'out', ok: true, title: '200 OK', detail });
    this.#files.update((file) => answered(file, accepted), { state: 'receiving', code: 200 });
    this.#context.emit({ event: 'answered', offer: this.id, code: 200, files });
    this.#setTimer(MEDIA_START_TIMEOUT_MS, () => {
      this.#files.closeUnopened('The sender never opened the MSRP session.');
    });
    if (!this.#context.isOurs) this.#files.dialActive();
  }

  /** The ACK answers our offer: now there is a file, or no session. */
  #takeAnswer(ack: IncomingRequest): void {
    const { profile, media } = this.#context;
    const answer = readOwnAnswer(ack, { accept: profile.files.accept, secure: media.secure });
    const problem =
      answer.kind === 'bad'
        ? answer.reason
        : (this.#ruledOut(answer.line) ?? this.#files.describe(0, answer.line));
    if (problem !== null) {
      this.#push.log({ side: 'local', ok: false, title: 'No session', detail: problem });
      this.#files.close(problem);
      this.#invite.bye(problem);
    } else if (answer.kind === 'ok' && this.#reoffers !== null) {
      this.#reoffers.session = answeredWith(this.#reoffers.session, answer);
    }
  }

  /** What was accepted while nothing was known of it may be what the rules decline, or what only the user accepts. */
  #ruledOut(line: FileLine | MessageLine): string | null {
    if (line.kind !== 'file') return null;
    const { type, size: bytes } = line.file;
    const decision = this.#context.decide({ type, bytes });
    if (decision === 'decline') return DECLINED_BY_RULE;
    const isUnseen = this.#files.all.some(({ ruled }) => ruled);
    return decision === 'ask' && isUnseen ? ASKS_THE_USER : null;
  }

  /** Once every file has ended: the state of the whole, and a limit on waiting for the sender's BYE. */
  #settle(): void {
    if (this.#state !== 'transferring' && this.#dialogEnd === null) return;
    this.#clearByeTimer();
    const outcome = this.#files.outcome();
    if (outcome === null) return;
    if (this.#push.record.state !== outcome.state) this.#push.update(outcome);
    // A report may still follow the end of the dialog; then only the state changes.
    if (this.#state === 'over') return;
    if (this.#dialogEnd !== null) this.#finish(this.#dialogEnd);
    else this.#byeTimer = setTimeout(() => this.#invite.bye('All files have ended'), BYE_WAIT_MS);
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
    this.#files.update((file) => (file.state === 'declined' ? {} : { state: fileState }), {
      state,
      code,
      reason,
    });
    this.#finish(reason);
  }

  #finish(reason: string): void {
    this.#state = 'over';
    this.#clearTimer();
    this.#clearByeTimer();
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

  #clearByeTimer(): void {
    if (this.#byeTimer !== null) clearTimeout(this.#byeTimer);
    this.#byeTimer = null;
  }
}

/** What the 200 makes of a file; one that was declined before keeps its reason. */
function answered(file: FileRecord, accepted: ReadonlySet<number>): Partial<FileRecord> {
  if (accepted.has(file.index)) return { state: 'accepted' };
  if (file.state !== 'offered') return {};
  return { state: 'declined', ...(file.known === null ? {} : { reason: NOT_AGAIN }) };
}

function endDetail(end: DialogEnd): string {
  switch (end.kind) {
    case 'bye-received':
      return end.reason ?? '200 OK sent';
    case 'bye-sent':
      return end.reason ?? '';
    case 'no-ack':
      return 'the sender never confirmed our 200 OK';
  }
}
