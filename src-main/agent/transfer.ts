import { IncomingFile } from '../content/incoming-file.ts';
import type { PartManifest, UnfinishedPart } from '../content/part-manifest.ts';
import type { DeliveryReport, Leftover } from '../history/records.ts';
import { bindThroughRelay } from '../msrp/dial-session.ts';
import type { Fingerprint } from '../msrp/fingerprint.ts';
import type { FinishResult, MessageSink, MsrpRefusal } from '../msrp/incoming.ts';
import {
  GIVEN_UP,
  type IncomingDescription,
  MsrpReceiver,
  type MsrpReceiverEvent,
  SESSION_ENDED,
} from '../msrp/receiver.ts';
import type { MsrpUri } from '../msrp/uri.ts';
import { acceptsType } from '../sdp/accept-types.ts';
import { CpimSink } from './cpim-sink.ts';
import { DeliveryState, rangeText } from './delivery-state.ts';
import type { MediaPlace } from './media-endpoint.ts';

/** What the offer promised about a file; null where it promised nothing. */
export type ExpectedFile = {
  /** Safe name to keep it under. */
  readonly name: string;
  readonly bytes: number | null;
  /** Upper-case hex with colons. */
  readonly sha1: string | null;
  readonly type: string | null;
};

export type TransferEvent =
  /** Its delivery report state changed. */
  | { readonly kind: 'counted' }
  | { readonly kind: 'bound'; readonly remote: string }
  /** At most one in PROGRESS_INTERVAL_MS. */
  | { readonly kind: 'progress'; readonly received: number; readonly total: number | null }
  | {
      readonly kind: 'verified';
      readonly path: string;
      readonly bytes: number;
      readonly sha1: string;
      readonly answered: number;
    }
  | {
      readonly kind: 'reported';
      /** owed: there was no connection to send it over. */
      readonly state: 'sent' | 'owed';
      readonly messageId: string;
      readonly range: string;
      readonly status: string;
      readonly ok: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** Where a file is that is not what was promised. */
      readonly quarantined: string | null;
    }
  /** After `failed`: the beginning of the file is kept. */
  | { readonly kind: 'left'; readonly leftover: Extract<Leftover, { kind: 'part' }> };

export type TransferOptions = {
  readonly folder: string;
  /** Where a file goes that is not what was promised. */
  readonly quarantine: string;
  /** What to write beside the part, so that it can be resumed; null where that is not possible. */
  readonly manifest: PartManifest | null;
  /** The part to go on with, and the byte from 1 on that the sender begins with (RFC 5547 §6, file-range). */
  readonly resumes: { readonly part: UnfinishedPart; readonly from: number } | null;
  readonly expected: ExpectedFile;
  readonly maxBytes: number;
  /** Media types taken, besides message/cpim around them. */
  readonly accept: readonly string[];
  readonly place: MediaPlace;
  readonly remotePath: readonly MsrpUri[];
  /** Certificates that the offer names (RFC 4975 §14.4). */
  readonly peerFingerprints: readonly Fingerprint[];
  readonly on: (event: TransferEvent) => void;
};

/** Why a file ended that its sender gave up, by `#` or by closing its m-line (RFC 5547 §8.4). */
export const STOPPED_BY_SENDER = 'Stopped by the sender.';
/** Progress of one file is told this often at most. */
const PROGRESS_INTERVAL_MS = 250;
const STRANGER = 'Who connected has another certificate than the offer names.';
/** Room that a CPIM wrapper may take beyond the size of the file itself (X-28). */
export const WRAPPER_ROOM_BYTES = 16 * 1024;
/** What a failure REPORT says of a file that came whole (RFC 4975 §7.1.4, §10). */
const REPORT_CODES = { size: 400, hash: 400, type: 415, disk: 413 } as const;

/**
 * One file on its way in: an MSRP session whose message goes to a `.part` file, is checked against the size and
 * hash of the offer, and only then gets its name (PRA-MSRP-01 to -07). It ends verified or failed, once.
 */
export class Transfer {
  readonly receiver: MsrpReceiver;
  /** Where its bytes are until it is whole. */
  readonly part: string;
  #options: TransferOptions;
  readonly #file: IncomingFile;
  #state: 'waiting' | 'receiving' | 'verifying' | 'verified' | 'failed' = 'waiting';
  #received: number;
  /** What strips the CPIM headers; null without any. */
  #unwrapped: CpimSink | null = null;
  #total: number | null = null;
  #lastProgressAt = 0;
  #progressTimer: NodeJS.Timeout | null = null;
  readonly #delivery = new DeliveryState();
  #prepared: IncomingFile | null;
  /** Somebody stopped it: nothing of it is kept. A transfer that breaks leaves its part. */
  #isUnwanted = false;
  /** Settles once nothing of this transfer touches the disk any more. */
  #disk: Promise<unknown> = Promise.resolve();

  private constructor(options: TransferOptions, prepared: IncomingFile) {
    this.#options = options;
    this.#prepared = prepared;
    this.#file = prepared;
    this.part = prepared.part;
    this.#received = this.#offset;
    const { bytes } = options.expected;
    this.receiver = new MsrpReceiver({
      localPath: options.place.uri,
      remotePath: options.remotePath,
      peerFingerprints: options.peerFingerprints,
      acceptTypes: (type) => acceptsType(['message/cpim', ...options.accept], type),
      maxSize: Math.min(options.maxBytes, bytes ?? options.maxBytes) - this.#offset + WRAPPER_ROOM_BYTES,
      open: (message) => this.#open(message),
      on: (event) => this.#receive(event),
    });
  }

  /** Makes the `.part` file; rejects with a sentence when folder or disk do not allow it. */
  static async prepare(options: TransferOptions): Promise<Transfer> {
    const { folder, expected, quarantine, manifest, resumes } = options;
    const file = { folder, quarantine, name: expected.name, size: expected.bytes };
    if (manifest === null) return new Transfer(options, await IncomingFile.create(file));
    const described = { ...file, manifest };
    return new Transfer(
      options,
      resumes === null
        ? await IncomingFile.create(described)
        : await IncomingFile.resume(described, resumes.part.path, resumes.from - 1),
    );
  }

  /** Bytes of the file before those that the sender begins with. */
  get #offset(): number {
    return (this.#options.resumes?.from ?? 1) - 1;
  }

  /** What its chunks were answered and what was reported, at this moment. */
  get report(): DeliveryReport {
    return this.#delivery.report;
  }

  /** Where the sender is, as its offer says. */
  get remotePath(): readonly MsrpUri[] {
    return this.#options.remotePath;
  }

  /** Where our side of the session is. */
  get place(): MediaPlace {
    return this.#options.place;
  }

  /** An offer of ours has its answer, which says what is to come and from where. */
  describe(
    expected: ExpectedFile,
    remotePath: readonly MsrpUri[],
    peerFingerprints: readonly Fingerprint[],
  ): void {
    this.#options = { ...this.#options, expected, remotePath, peerFingerprints };
    this.#file.rename(expected.name);
    this.receiver.meet(remotePath, peerFingerprints);
  }

  /** As the active side behind a relay: binds the session to our connection with it. False without a relay. */
  bindThroughRelay(): boolean {
    const { place, remotePath } = this.#options;
    if (place.route === null) return false;
    bindThroughRelay(this.receiver, place.route.connection, place.route.usePath, remotePath);
    return true;
  }

  /** Whether there is still something to stop: neither whole nor failed. */
  get stoppable(): boolean {
    return this.#state === 'waiting' || this.#state === 'receiving';
  }

  /** Resolves once the file has its name or its part is gone, for a terminal that closes. */
  async settled(): Promise<void> {
    await this.#disk;
  }

  /** The user stops this file: 413 for what still comes (RFC 5547 §8.4). */
  abort(reason: string): void {
    if (!this.stoppable) return;
    this.#isUnwanted = true;
    this.#fail(reason);
    this.receiver.abort();
  }

  /** The session is over: what is not whole now never will be (PRA-REL-02); what is, may finish being verified. */
  close(reason: string): void {
    if (this.stoppable) this.#isUnwanted = reason === STOPPED_BY_SENDER;
    this.#fail(reason);
    this.receiver.close();
  }

  #open(message: IncomingDescription): MessageSink | MsrpRefusal {
    if (this.#state !== 'waiting') return { kind: 'refusal', code: 413, comment: 'one file a session' };
    const file = this.#prepared;
    if (file === null) return { kind: 'refusal', code: 413, comment: 'the file is no longer wanted' };
    this.#state = 'receiving';
    this.#prepared = null;
    const finish = () => {
      const finished = this.#finish(file);
      this.#disk = finished;
      return finished;
    };
    const abandon = (reason: string) => {
      const gone = this.#leave(file, reason === SESSION_ENDED);
      this.#disk = gone;
      return gone;
    };
    const write = (position: number, bytes: Buffer) => {
      this.#checkLength(this.#offset + position + bytes.length);
      return file.write(this.#offset + position, bytes);
    };
    if (!/^message\/cpim\b/i.test(message.contentType)) return { write, finish, abandon };
    const unwrapped = new CpimSink(write, message.total, this.#options.expected.bytes);
    this.#unwrapped = unwrapped;
    return { write: (position, bytes) => unwrapped.write(position, bytes), finish, abandon };
  }

  /** @throws Error, which stops the message with 413, when there is more than was offered or is taken (RFC 5547 §8.7). */
  #checkLength(end: number): void {
    const { expected, maxBytes } = this.#options;
    if (end <= Math.min(maxBytes, expected.bytes ?? maxBytes)) return;
    const reason =
      expected.bytes === null
        ? `The file is larger than the ${maxBytes} bytes that are taken.`
        : `The sender sent more than the ${expected.bytes} bytes it offered.`;
    this.#isUnwanted = true;
    this.#fail(reason);
    throw new Error(reason);
  }

  /** Leaves the part to be gone on with where the session broke; removes it where somebody or something stopped it. */
  async #leave(file: IncomingFile, isBroken: boolean): Promise<void> {
    try {
      if (!isBroken || this.#isUnwanted) {
        await file.discard();
        return;
      }
      const bytes = await file.leave();
      if (bytes > 0) this.#options.on({ kind: 'left', leftover: { kind: 'part', path: file.part, bytes } });
    } catch {
      // Nobody is left to be told when a part that is thrown away cannot be removed.
    }
  }

  async #finish(file: IncomingFile): Promise<FinishResult> {
    this.#state = 'verifying';
    const { bytes, sha1, type } = this.#options.expected;
    const result = await file.finish({ size: bytes, sha1, type });
    if (result.kind === 'failed') {
      if (result.cause !== 'disk') this.#delivery.checked('failed');
      this.#end(result.reason, result.quarantined ?? null);
      return { kind: 'failed', code: REPORT_CODES[result.cause], comment: result.reason };
    }
    this.#state = 'verified';
    this.#delivery.checked(sha1 === null ? 'no-hash' : 'matches');
    const { path, sha1: computed, bytes: length } = result;
    this.#options.on({
      kind: 'verified',
      path,
      bytes: length,
      sha1: computed,
      answered: this.receiver.answeredCount,
    });
    return { kind: 'ok' };
  }

  #receive(event: MsrpReceiverEvent): void {
    this.#delivery.follow(event);
    this.#act(event);
    this.#options.on({ kind: 'counted' });
  }

  #act(event: MsrpReceiverEvent): void {
    switch (event.kind) {
      case 'bound':
        this.#options.on({ kind: 'bound', remote: `${event.remoteAddress}:${event.remotePort}` });
        return;
      case 'chunk':
        this.#tellProgress(event.received, event.total);
        return;
      case 'reportSent':
        this.#tellReport('sent', event);
        return;
      case 'reportOwed':
        this.#tellReport('owed', event);
        return;
      case 'failed':
        this.#fail(this.#failureText(event.reason));
        return;
      case 'refused':
        this.#fail(event.reason);
        return;
      case 'closed':
        this.#fail(event.reason.kind === 'stranger' ? STRANGER : 'The sender left before it sent anything.');
        return;
      case 'answered':
      case 'complete':
        return;
    }
  }

  #tellReport(
    state: 'sent' | 'owed',
    { messageId, range, status }: Extract<MsrpReceiverEvent, { kind: 'reportSent' | 'reportOwed' }>,
  ): void {
    this.#options.on({
      kind: 'reported',
      state,
      messageId,
      range: rangeText(range),
      status: `000 ${status}`,
      ok: status === 200,
    });
  }

  #failureText(reason: string): string {
    if (reason === GIVEN_UP) return STOPPED_BY_SENDER;
    return reason === SESSION_ENDED ? this.#lostText() : reason;
  }

  #lostText(): string {
    const { bytes } = this.#options.expected;
    return `The connection was lost after ${this.#received}${bytes === null ? '' : ` of ${bytes}`} bytes.`;
  }

  /** Tells now, or as soon as it may again: of the chunks before a pause, the last counts too. */
  #tellProgress(received: number, total: number | null): void {
    this.#received = this.#offset + Math.max(0, received - (this.#unwrapped?.headerBytes ?? 0));
    this.#total = total;
    if (this.#progressTimer !== null) return;
    const wait = this.#lastProgressAt + PROGRESS_INTERVAL_MS - Date.now();
    if (wait <= 0) this.#tellReceived();
    else this.#progressTimer = setTimeout(() => this.#tellReceived(), wait);
  }

  #tellReceived(): void {
    this.#progressTimer = null;
    if (this.#state !== 'receiving') return;
    this.#lastProgressAt = Date.now();
    const total = this.#options.expected.bytes ?? this.#total;
    this.#options.on({ kind: 'progress', received: this.#received, total });
  }

  #fail(reason: string): void {
    if (this.stoppable) this.#end(reason);
  }

  #end(reason: string, quarantined: string | null = null): void {
    this.#state = 'failed';
    // Without a byte nothing is left of it, but for a part that was to be gone on with.
    if (this.#prepared !== null) this.#disk = this.#leave(this.#prepared, true);
    this.#prepared = null;
    this.#options.on({ kind: 'failed', reason, quarantined });
  }
}
