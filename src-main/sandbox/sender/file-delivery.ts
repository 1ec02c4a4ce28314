import { cpimPrefix } from '../../content/cpim.ts';
import { bindThroughRelay } from '../../msrp/dial-session.ts';
import type { FailureReport } from '../../msrp/message.ts';
import type { SenderEvent, SendOutcome } from '../../msrp/outgoing.ts';
import { MsrpSender } from '../../msrp/sender.ts';
import { type MsrpUri, parsePath } from '../../msrp/uri.ts';
import type { AnsweredFile } from '../../sdp/answer.ts';
import type { Fault } from './faults.ts';
import type { SendingMedia, SendingPlace } from './media.ts';
import type { LocalFile } from './offered-files.ts';
import type { LiveResult } from './result-board.ts';
import type { SentFileState } from './results.ts';
import { contentOf } from './sent-content.ts';

export type AcceptedFile = Extract<AnsweredFile, { kind: 'accepted' }>;

/** How files are sent. */
export type DeliverySettings = {
  /** AOR or GRUU. */
  readonly to: string;
  /** Ask for a success REPORT for each file (PSA-MSRP-02). */
  readonly report: boolean;
  /** Wrap each file in message/cpim. */
  readonly cpim: boolean;
  /** Body bytes of one SEND. */
  readonly chunkBytes: number;
  /** SENDs on their way without an answer; 1 is no pipelining. */
  readonly window?: number;
  /** When a failure is to be told (RFC 4975 §7.1.1); `yes` when absent. */
  readonly failureReport?: FailureReport;
  readonly fault?: Fault;
};

/** What a delivery is made with. */
export type DeliveryParts = {
  readonly media: SendingMedia;
  /** Authority to trust, as PEM; the system's when null. */
  readonly ca: string | null;
  readonly live: LiveResult;
  /** AOR that sends. */
  readonly sender: string;
  readonly push: DeliverySettings;
};

type Of = { readonly index: number; readonly file: LocalFile; readonly place: SendingPlace };

/** Kamailio's relay drops chunks of 12,000 bytes and more. */
const RELAYED_CHUNK_BYTES = 4096;
/** How long the terminal may take to open a session where it is the one who connects. */
const PASSIVE_WAIT_MS = 30_000;

/** One file of a push that was taken: its MSRP session, and the result as it changes (PSA-MSRP-01 to -06). */
export class FileDelivery {
  readonly #parts: DeliveryParts;
  readonly #of: Of;
  #session: MsrpSender | null = null;
  #running = false;
  #answered = 0;
  #chunksTotal = 0;
  #startedAt = 0;
  #abortReason = 'Cancelled.';

  constructor(parts: DeliveryParts, of: Of) {
    this.#parts = parts;
    this.#of = of;
  }

  /** Whether it is still on its way. */
  get running(): boolean {
    return this.#running;
  }

  /** Sends the file over its own session; answers how it ended. Never rejects. */
  async run(answer: AcceptedFile): Promise<SentFileState> {
    this.#running = true;
    const end = await this.#send(answer);
    this.#running = false;
    return end;
  }

  /** Gives the file up with `#` (RFC 5547 §8.4). */
  abort(reason: string): void {
    this.#abortReason = reason;
    this.#session?.abort();
  }

  /** Leaves the MSRP session. */
  close(): void {
    if (this.#session === null) return;
    this.#parts.media.listener.unregister(this.#session.localUri.sessionId ?? '');
    this.#session.close();
  }

  async #send(answer: AcceptedFile): Promise<SentFileState> {
    const { file, place } = this.#of;
    const { cpim, chunkBytes, report, window, failureReport, fault } = this.#parts.push;
    const peerPath = parsePath(answer.path.join(' '));
    if (peerPath === null) return this.#failed('The MSRP path is malformed.');
    const remotePath = [...(place.route?.usePath ?? []), ...peerPath];
    const prefix = cpim ? this.#wrapper() : Buffer.alloc(0);
    const total = prefix.length + file.size - file.from + 1;
    const longest = remotePath.length > 1 ? Math.min(chunkBytes, RELAYED_CHUNK_BYTES) : chunkBytes;
    const content = contentOf({ ...file, prefix, total }, longest, fault);
    const session = new MsrpSender({
      localPath: place.uri,
      remotePath,
      peerFingerprints: answer.fingerprints,
      chunkSize: content.chunkBytes,
      successReport: report,
      ...(window === undefined ? {} : { window }),
      ...(failureReport === undefined ? {} : { failureReport }),
      on: (event) => this.#follow(event),
    });
    this.#session = session;
    this.#parts.live.changeFile(this.#of.index, { state: 'sending' });
    try {
      await this.#bind(session, peerPath, answer.setup === 'active');
      this.#startedAt = performance.now();
      this.#chunksTotal = Math.max(1, Math.ceil(total / content.chunkBytes));
      const outcome = await session.send({
        contentType: cpim ? 'message/cpim' : file.type,
        mimeHeaders: [['Content-Disposition', 'attachment']],
        total,
        source: content.source,
        ...(content.startOf === undefined ? {} : { startOf: content.startOf }),
      });
      return this.#sent(outcome);
    } catch (error) {
      return this.#failed(error instanceof Error ? error.message : String(error));
    }
  }

  async #bind(sender: MsrpSender, peerPath: readonly MsrpUri[], peerConnects: boolean): Promise<void> {
    const { media, ca } = this.#parts;
    const { route } = this.#of.place;
    if (route !== null) {
      // What comes for it comes over the connection with the relay.
      media.listener.register(sender.localUri.sessionId ?? '', sender);
      bindThroughRelay(sender, route.connection, route.usePath, peerPath);
      return;
    }
    if (!peerConnects) return sender.connect({ tls: { ...media.identity, ...(ca === null ? {} : { ca }) } });
    media.listener.register(sender.localUri.sessionId ?? '', sender);
    return sender.bound(PASSIVE_WAIT_MS);
  }

  #wrapper(): Buffer {
    const { sender, push } = this.#parts;
    const dateTime = new Date().toISOString();
    return cpimPrefix({ from: sender, to: push.to, dateTime, contentType: this.#of.file.type });
  }

  #follow(event: SenderEvent): void {
    const { live, push } = this.#parts;
    const { index, file } = this.#of;
    if (event.kind === 'answered') this.#answered = event.count;
    if (event.kind === 'chunkSent') {
      const { bytes, chunks } = event;
      const seconds = Math.max(0.001, (performance.now() - this.#startedAt) / 1000);
      live.progress(index, {
        sent: Math.min(bytes, file.size),
        chunks,
        answered: this.#answered,
        chunksTotal: Math.max(chunks, this.#chunksTotal),
        bytesPerSecond: Math.round(bytes / seconds),
      });
      if (push.fault === 'lost-connection' && bytes * 2 >= file.size) this.#breakOff();
    }
    if (event.kind !== 'report') return;
    const { range, status, comment } = event.report;
    const text = range === null ? '' : `${range.start}-${range.end ?? '*'}/${range.total ?? '*'}`;
    const shown = `000 ${status}${comment === '' ? '' : ` ${comment}`}`;
    this.#parts.live.changeFile(this.#of.index, { report: { range: text, status: shown } });
  }

  #breakOff(): void {
    this.#session?.connection?.destroy({ kind: 'local' });
  }

  #sent(outcome: SendOutcome): SentFileState {
    switch (outcome.kind) {
      case 'delivered':
        this.#parts.live.changeFile(this.#of.index, { state: 'reported', sent: this.#of.file.size });
        return 'reported';
      case 'sent':
        this.#parts.live.changeFile(this.#of.index, { state: 'sent', sent: this.#of.file.size });
        return 'sent';
      case 'unreported':
        return this.#failed('The success report did not come.');
      case 'refused':
        return this.#failed(`The terminal refused it: ${outcome.code} ${outcome.comment}`, outcome.code);
      case 'reportedFailure':
        return this.#failed(
          `The terminal reported a failure: ${outcome.code} ${outcome.comment}`,
          outcome.code,
        );
      case 'timeout':
        return this.#failed('The terminal no longer answers.');
      case 'aborted':
        return this.#failed(this.#abortReason);
      case 'closed':
        return this.#failed('The connection was lost.');
      case 'sourceFailed':
        return this.#failed(`The file could not be read: ${outcome.message}`);
    }
  }

  #failed(reason: string, code?: number): SentFileState {
    const change = { state: 'failed', reason, ...(code === undefined ? {} : { code }) } as const;
    this.#parts.live.changeFile(this.#of.index, change);
    return 'failed';
  }
}
