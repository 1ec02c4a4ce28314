import type { FileRecord, FileState, PushRecord, PushState } from '../history/records.ts';
import type { MsrpListener } from '../msrp/listener.ts';
import { formatUri, type MsrpUri, newSessionUri, parsePath } from '../msrp/uri.ts';
import { answerSetup, buildAnswer, type MediaChoice } from '../sdp/answer.ts';
import type { FileLine, SessionOffer } from '../sdp/offer.ts';
import type { DialogEnd, IncomingInvite } from '../sip/incoming-invite.ts';
import type { Reply } from '../sip/reply.ts';
import type { Emit } from './events.ts';
import { type LivePush, messageOf } from './live-push.ts';
import type { Profile } from './profile.ts';
import { warning } from './refusals.ts';
import { Transfer, type TransferEvent } from './transfer.ts';

export type OfferContext = {
  readonly profile: Profile;
  readonly filesFolder: string;
  readonly listener: MsrpListener;
  readonly emit: Emit;
  /** Host that peers reach our MSRP listener at. */
  readonly mediaHost: () => string;
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

/** After our 200 the sender has this long to open the MSRP session. */
const MEDIA_START_TIMEOUT_MS = 30_000;
/** Once every file has ended the sender has this long to send its BYE; then we send ours. */
const BYE_WAIT_MS = 30_000;

/**
 * One offer of files from INVITE to BYE: it waits for the user (or a rule, or the countdown), answers with the
 * chosen files, follows their transfers and keeps the record and the timeline true (PRA-SES-08 to -17, REL).
 */
export class Offer {
  readonly #context: OfferContext;
  readonly #push: LivePush;
  readonly #sdp: SessionOffer;
  readonly #invite: IncomingInvite;
  readonly #transfers = new Map<number, Transfer>();
  readonly #reportsExpected = new Set<number>();
  #state: 'waiting' | 'answering' | 'transferring' | 'over' = 'waiting';
  #deadline: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #answer: Reply | null = null;

  constructor(context: OfferContext, push: LivePush, sdp: SessionOffer, invite: IncomingInvite) {
    this.#context = context;
    this.#push = push;
    this.#sdp = sdp;
    this.#invite = invite;
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

  /** Rings and starts the countdown (180 at once). */
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
    const offered = this.#files();
    const unknown = indexes.find(
      (index) => !offered.some((file) => file.index === index && file.state === 'offered'),
    );
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
    const transfer = this.#transfers.get(index);
    if (transfer === undefined || transfer.over) throw new Error('This file is not being received.');
    transfer.abort('Stopped by the user.');
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

  /** The dialog is over, by BYE or for want of an ACK. */
  ended(end: DialogEnd): void {
    if (this.#state === 'over') return;
    const titles = {
      'bye-received': 'BYE received',
      'bye-sent': 'BYE sent',
      'no-ack': 'No ACK came',
    } as const;
    const side = end.kind === 'bye-received' ? 'in' : 'out';
    this.#push.log({ side, ok: end.kind !== 'no-ack', title: titles[end.kind], detail: endDetail(end) });
    for (const transfer of this.#transfers.values())
      transfer.close('The session ended before the file was whole.');
    this.#settle();
    this.#finish(titles[end.kind]);
  }

  /** A re-INVITE: an unchanged session is answered as before; changes to it come with a later capability. */
  reoffer(): Reply {
    return this.#answer ?? { code: 488 };
  }

  /** The terminal closes: declines or ends, whichever fits. */
  close(): void {
    if (this.waiting) this.decline('closing');
    else this.#invite.bye('The terminal was closed');
  }

  async #answerWith(accepted: ReadonlySet<number>): Promise<void> {
    const choices = new Map<number, MediaChoice>();
    for (const line of this.#sdp.media) {
      if (line.kind === 'file' && accepted.has(line.index))
        choices.set(line.index, await this.#prepare(line));
      else choices.set(line.index, { kind: 'reject' });
    }
    // The sender may have cancelled while the part files were made.
    if (this.#state !== 'answering') {
      this.#dropTransfers('The offer was withdrawn.');
      return;
    }
    const body = buildAnswer(this.#sdp, choices, { host: this.#context.mediaHost() });
    this.#answer = {
      code: 200,
      headers: [this.#context.contactLine()],
      body: { type: 'application/sdp', content: Buffer.from(body, 'utf8').toString('latin1') },
    };
    for (const transfer of this.#transfers.values()) {
      this.#context.listener.register(transfer.receiver.localUri.sessionId ?? '', transfer.receiver);
    }
    this.#state = 'transferring';
    this.#invite.accept(this.#answer);
    const files = [...accepted].sort((a, b) => a - b);
    this.#push.log({
      side: 'out',
      ok: true,
      title: '200 OK',
      detail: `${files.length} of ${this.#files().length} files wanted, MSRP on ${this.#context.mediaHost()}:${this.#context.listener.port}`,
    });
    this.#updateFiles((file) => ({ state: accepted.has(file.index) ? 'accepted' : 'declined' }), {
      state: 'receiving',
      code: 200,
    });
    this.#context.emit({ event: 'answered', offer: this.id, code: 200, files });
    this.#setTimer(MEDIA_START_TIMEOUT_MS, () => this.#noMedia());
    this.#dialActive();
  }

  async #prepare(line: FileLine): Promise<MediaChoice> {
    const { listener, mediaHost, profile, filesFolder } = this.#context;
    const localPath = newSessionUri(mediaHost(), listener.port);
    const record = this.#files().find((file) => file.index === line.index);
    const transfer = await Transfer.prepare({
      folder: filesFolder,
      expected: { name: record?.name ?? 'file', bytes: record?.bytes ?? null, sha1: record?.hash ?? null },
      maxBytes: profile.files.maxBytes,
      accept: profile.files.accept,
      localPath,
      remotePath: remotePathOf(line),
      on: (event) => this.#follow(line.index, event),
    });
    this.#transfers.set(line.index, transfer);
    return {
      kind: 'accept',
      path: formatUri(localPath),
      port: listener.port,
      setup: answerSetup(line.setup),
      maxSize: profile.files.maxBytes,
      acceptTypes: ['message/cpim', ...profile.files.accept.map((type) => (type === '*/*' ? '*' : type))],
      acceptWrappedTypes: ['*'],
    };
  }

  /** an offer with setup:passive makes us the one who connects. The listener stays open all the same. */
  #dialActive(): void {
    for (const [index, transfer] of this.#transfers) {
      const line = this.#sdp.media.find((media) => media.index === index);
      if (line?.kind !== 'file' || answerSetup(line.setup) !== 'active') continue;
      transfer.receiver.dial().catch((error: unknown) => {
        transfer.close(`The sender's MSRP address cannot be reached: ${messageOf(error)}`);
      });
    }
  }

  #follow(index: number, event: TransferEvent): void {
    switch (event.kind) {
      case 'bound':
        this.#clearTimer();
        this.#push.log({
          side: 'in',
          ok: true,
          title: 'MSRP session opened',
          detail: `from ${event.remote}`,
          file: index,
        });
        this.#updateFile(index, { state: 'receiving' });
        return;
      case 'progress':
        this.#context.emit({
          event: 'progress',
          offer: this.id,
          index,
          received: event.received,
          total: event.total,
        });
        return;
      case 'verified':
        this.#verified(index, event);
        return;
      case 'reported':
        this.#reported(index, event);
        return;
      case 'failed':
        this.#failed(index, event.reason);
        return;
    }
  }

  #verified(index: number, event: Extract<TransferEvent, { kind: 'verified' }>): void {
    const { path, bytes, sha1, answered } = event;
    const expected = this.#files().find((file) => file.index === index)?.hash ?? null;
    this.#push.log({
      side: 'out',
      ok: true,
      title: `${answered} × MSRP 200 OK`,
      detail: `${bytes} bytes received`,
      file: index,
    });
    this.#push.log({
      side: 'local',
      ok: true,
      title: expected === null ? 'SHA-1 computed' : 'SHA-1 verified',
      detail: expected === null ? `${sha1}; the offer names no hash to compare with` : sha1,
      file: index,
    });
    this.#updateFile(index, { state: 'verified', received: bytes, path, sha1 });
    const name = this.#files().find((file) => file.index === index)?.name ?? '';
    this.#context.emit({
      event: 'file',
      offer: this.id,
      index,
      name,
      path,
      bytes,
      sha1,
      verified: expected !== null,
    });
    this.#settle();
  }

  #reported(index: number, event: Extract<TransferEvent, { kind: 'reported' }>): void {
    const { messageId, range, status, ok } = event;
    this.#push.log({
      side: 'out',
      ok,
      title: `REPORT ${status}`,
      detail: `Byte-Range ${range}`,
      file: index,
    });
    this.#context.emit({ event: 'report', offer: this.id, index, messageId, range, status });
    if (ok) this.#reportsExpected.add(index);
    this.#settle();
  }

  #failed(index: number, reason: string): void {
    this.#push.log({ side: 'local', ok: false, title: 'File not kept', detail: reason, file: index });
    this.#updateFile(index, { state: reason === 'Stopped by the user.' ? 'aborted' : 'failed', reason });
    this.#context.emit({ event: 'file-failed', offer: this.id, index, reason });
    this.#settle();
  }

  /** Once every file has ended: the state of the whole, and a limit on waiting for the sender's BYE. */
  #settle(): void {
    if (this.#state !== 'transferring') return;
    const wanted = this.#files().filter((file) => this.#transfers.has(file.index));
    if (wanted.some((file) => file.state === 'accepted' || file.state === 'receiving')) return;
    const problem = wanted.find((file) => file.state !== 'verified');
    const state: PushState =
      problem !== undefined
        ? 'failed'
        : wanted.every((file) => this.#reportsExpected.has(file.index))
          ? 'reported'
          : 'completed';
    if (this.#push.record.state !== state) this.#push.update({ state, reason: problem?.reason ?? null });
    this.#setTimer(BYE_WAIT_MS, () => this.#invite.bye('All files have ended'));
  }

  #noMedia(): void {
    for (const transfer of this.#transfers.values())
      transfer.close('The sender never opened the MSRP session.');
    this.#invite.bye('No MSRP session was opened');
  }

  #failToAnswer(reason: string): void {
    this.#dropTransfers(reason);
    if (this.#state !== 'answering') return;
    this.#push.log({ side: 'out', ok: false, title: '500 sent', detail: reason });
    this.#invite.reject({ code: 500, headers: ['Retry-After: 60', warning(reason)] });
    this.#context.emit({ event: 'answered', offer: this.id, code: 500, files: [] });
    this.#end('failed', 500, reason, 'failed');
  }

  #dropTransfers(reason: string): void {
    for (const transfer of this.#transfers.values()) transfer.close(reason);
  }

  /** Ends an offer that never became a session. */
  #end(state: PushState, code: number, reason: string, fileState: FileState): void {
    this.#updateFiles(() => ({ state: fileState }), { state, code, reason });
    this.#finish(reason);
  }

  #finish(reason: string): void {
    this.#state = 'over';
    this.#clearTimer();
    for (const transfer of this.#transfers.values()) {
      this.#context.listener.unregister(transfer.receiver.localUri.sessionId ?? '');
    }
    this.#context.emit({ event: 'ended', offer: this.id, reason });
    this.#context.over(this);
  }

  #files(): readonly FileRecord[] {
    const { body } = this.#push.record;
    return body.kind === 'files' ? body.files : [];
  }

  #updateFile(index: number, change: Partial<FileRecord>): void {
    this.#updateFiles((file) => (file.index === index ? change : {}), {});
  }

  #updateFiles(
    changeOf: (file: FileRecord) => Partial<FileRecord>,
    rest: Partial<Pick<PushRecord, 'state' | 'code' | 'reason'>>,
  ): void {
    const { body } = this.#push.record;
    if (body.kind !== 'files') return;
    const files = body.files.map((file) => ({ ...file, ...changeOf(file) }));
    this.#push.update({ ...rest, body: { ...body, files } });
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

function remotePathOf(line: FileLine): readonly MsrpUri[] {
  return parsePath(line.path.join(' ')) ?? [];
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
