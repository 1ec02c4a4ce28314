import { createReadStream } from 'node:fs';
import { cpimPrefix } from '../../content/cpim.ts';
import type { MsrpIdentity } from '../../msrp/identity.ts';
import type { MsrpListener } from '../../msrp/listener.ts';
import type { SenderEvent, SendOutcome } from '../../msrp/outgoing.ts';
import { MsrpSender } from '../../msrp/sender.ts';
import { type MsrpUri, parsePath } from '../../msrp/uri.ts';
import type { AnsweredFile } from '../../sdp/answer.ts';
import type { LocalFile } from './offered-files.ts';
import type { LiveResult } from './result-board.ts';
import type { SentFileState } from './results.ts';

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
};

/** What a delivery is made with. */
export type DeliveryParts = {
  readonly listener: MsrpListener;
  /** Present for MSRP over TLS. */
  readonly identity: MsrpIdentity | null;
  /** Authority to trust, as PEM; the system's when null. */
  readonly ca: string | null;
  readonly live: LiveResult;
  /** AOR that sends. */
  readonly sender: string;
  readonly push: DeliverySettings;
};

type Of = { readonly index: number; readonly file: LocalFile; readonly localPath: MsrpUri };

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
    this.#parts.listener.unregister(this.#session.localUri.sessionId ?? '');
    this.#session.close();
  }

  async #send(answer: AcceptedFile): Promise<SentFileState> {
    const { file, localPath } = this.#of;
    const { cpim, chunkBytes, report } = this.#parts.push;
    const remotePath = parsePath(answer.path.join(' '));
    if (remotePath === null) return this.#failed('The MSRP path is malformed.');
    const session = new MsrpSender({
      localPath,
      remotePath,
      peerFingerprints: answer.fingerprints,
      chunkSize: remotePath.length > 1 ? Math.min(chunkBytes, RELAYED_CHUNK_BYTES) : chunkBytes,
      successReport: report,
      on: (event) => this.#follow(event),
    });
    this.#session = session;
    this.#parts.live.changeFile(this.#of.index, { state: 'sending' });
    try {
      await this.#bind(session, answer.setup === 'active');
      const prefix = cpim ? this.#wrapper() : Buffer.alloc(0);
      const outcome = await session.send({
        contentType: cpim ? 'message/cpim' : file.type,
        mimeHeaders: [['Content-Disposition', 'attachment']],
        total: prefix.length + file.size - file.from + 1,
        source: wrapped(prefix, file),
      });
      return this.#sent(outcome);
    } catch (error) {
      return this.#failed(error instanceof Error ? error.message : String(error));
    }
  }

  async #bind(sender: MsrpSender, peerConnects: boolean): Promise<void> {
    const { identity, ca } = this.#parts;
    if (!peerConnects) return sender.connect({ tls: { ...identity, ...(ca === null ? {} : { ca }) } });
    this.#parts.listener.register(sender.localUri.sessionId ?? '', sender);
    return sender.bound(PASSIVE_WAIT_MS);
  }

  #wrapper(): Buffer {
    const { sender, push } = this.#parts;
    const dateTime = new Date().toISOString();
    return cpimPrefix({ from: sender, to: push.to, dateTime, contentType: this.#of.file.type });
  }

  #follow(event: SenderEvent): void {
    if (event.kind === 'chunkSent') this.#parts.live.progress(this.#of.index, event.bytes);
    if (event.kind !== 'report') return;
    const { range, status, comment } = event.report;
    const text = range === null ? '' : `${range.start}-${range.end ?? '*'}/${range.total ?? '*'}`;
    const shown = `000 ${status}${comment === '' ? '' : ` ${comment}`}`;
    this.#parts.live.changeFile(this.#of.index, { report: { range: text, status: shown } });
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
        return this.#failed(`The terminal refused it: ${outcome.code} ${outcome.comment}`);
      case 'reportedFailure':
        return this.#failed(`The terminal reported a failure: ${outcome.code} ${outcome.comment}`);
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

  #failed(reason: string): SentFileState {
    this.#parts.live.changeFile(this.#of.index, { state: 'failed', reason });
    return 'failed';
  }
}

/** The bytes of the file that are offered, after what wraps them (RFC 5547 §8.7). */
async function* wrapped(prefix: Buffer, { path, from }: LocalFile): AsyncIterable<Buffer> {
  if (prefix.length > 0) yield prefix;
  const range = { start: from - 1, highWaterMark: 256 * 1024 };
  for await (const chunk of createReadStream(path, range)) yield chunk as Buffer;
}
