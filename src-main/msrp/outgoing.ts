import type { CloseReason, MsrpConnection } from './connection.ts';
import type { ByteRange, ContinuationFlag, FailureReport, RequestHead, ResponseHead } from './message.ts';
import { ByteRanges } from './ranges.ts';
import { SourceReader } from './source-reader.ts';
import { type MsrpUri, newMessageId, newTransactionId } from './uri.ts';
import { writeBodyEnd, writeSendHead } from './writer.ts';

/** Largest body a SEND may have without being interruptible (RFC 4975 §7.1.1). */
export const MAX_UNINTERRUPTIBLE_CHUNK = 2048;
/** REPORTs of one message that are kept. */
export const MAX_REPORTS_KEPT = 64;

/** One message to send. */
export type OutgoingContent = {
  /** A fresh one if missing; the old one when a lost session is made good (RFC 4975 §5.4). */
  readonly messageId?: string;
  readonly contentType: string;
  /** MIME headers in front of Content-Type, for instance Content-Disposition. */
  readonly mimeHeaders?: readonly (readonly [name: string, value: string])[];
  /** Bytes the source will give. */
  readonly total: number;
  readonly source: AsyncIterable<Buffer> | Iterable<Buffer>;
  /**
   * Where in the message the chunk belongs that begins at this byte of the source; in order when absent. Such chunks
   * must be too small to be interrupted, and the source gives each as it is to be sent.
   */
  readonly startOf?: (position: number) => number;
};

/** A REPORT as received. `range` is null where it named none. */
export type ReceivedReport = {
  readonly range: ByteRange | null;
  readonly status: number;
  readonly comment: string;
};

export type SendResult =
  /** A success REPORT covered the whole message. */
  | { readonly kind: 'delivered' }
  /** All chunks left, and were answered where that was asked; no success report was asked for. */
  | { readonly kind: 'sent' }
  /** All chunks left and were answered, but the success REPORT did not come in time. */
  | { readonly kind: 'unreported' }
  | { readonly kind: 'refused'; readonly code: number; readonly comment: string }
  /** A failure REPORT came: the session has failed too (RFC 4975 §7.3.2). */
  | { readonly kind: 'reportedFailure'; readonly code: number; readonly comment: string }
  /** A SEND had no response in time. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'closed'; readonly reason: CloseReason }
  /** The source failed or gave another number of bytes than announced. */
  | { readonly kind: 'sourceFailed'; readonly message: string };

export type SendOutcome = SendResult & {
  readonly messageId: string;
  /** SENDs written. */
  readonly chunks: number;
  /** Body bytes written. */
  readonly bytes: number;
  /** How many responses came, by code. */
  readonly responses: ReadonlyMap<number, number>;
  /** The first MAX_REPORTS_KEPT REPORTs. */
  readonly reports: readonly ReceivedReport[];
};

export type SenderEvent =
  | {
      readonly kind: 'chunkSent';
      readonly messageId: string;
      readonly chunks: number;
      readonly bytes: number;
    }
  | { readonly kind: 'answered'; readonly messageId: string; readonly code: number; readonly count: number }
  | { readonly kind: 'report'; readonly messageId: string; readonly report: ReceivedReport };

type Settings = {
  readonly localUri: MsrpUri;
  readonly remotePath: readonly MsrpUri[];
  readonly chunkSize: number;
  readonly window: number;
  readonly successReport: boolean;
  readonly failureReport: FailureReport;
  readonly responseTimeoutMs: number;
  readonly reportTimeoutMs: number;
  readonly on: (event: SenderEvent) => void;
};

/** Sends one message in chunks and follows its responses and reports (RFC 4975 §7.1.1, §7.3.2). */
export class OutgoingMessage {
  readonly #id: string;
  readonly #content: OutgoingContent;
  readonly #connection: MsrpConnection;
  readonly #settings: Settings;
  /** 96 random bits that all transaction ids of this message begin with; a count follows. */
  readonly #transactionPrefix = newTransactionId();
  /** Transaction ids without a response and when their last byte left, null before; the oldest first. */
  readonly #unanswered = new Map<string, number | null>();
  readonly #responses = new Map<number, number>();
  readonly #reports: ReceivedReport[] = [];
  readonly #reported = new ByteRanges();
  #reportedAll: boolean = false;
  #saidGivenUp: boolean = false;
  #chunks = 0;
  #position = 0;
  #stopped: SendResult | null = null;
  #wake: (() => void) | null = null;
  #responseTimer: NodeJS.Timeout | null = null;

  constructor(content: OutgoingContent, connection: MsrpConnection, settings: Settings) {
    this.#id = content.messageId ?? newMessageId();
    this.#content = content;
    this.#connection = connection;
    this.#settings = settings;
  }

  /** Runs to the end; resolves with what became of the message. */
  async run(): Promise<SendOutcome> {
    try {
      await this.#sendAll();
      await this.#until(() => this.#unanswered.size === 0);
      await this.#awaitReport();
    } finally {
      if (this.#responseTimer !== null) clearTimeout(this.#responseTimer);
    }
    const result = this.#stopped ?? this.#finalResult();
    return {
      ...result,
      messageId: this.#id,
      chunks: this.#chunks,
      bytes: this.#position,
      responses: this.#responses,
      reports: this.#reports,
    };
  }

  /** Ends the message early; the first reason counts. */
  stop(result: SendResult): void {
    this.#stopped ??= result;
    this.#notify();
  }

  /** Takes a response if it belongs to one of our SENDs. */
  response(response: ResponseHead): void {
    const expected = this.#unanswered.delete(response.transactionId);
    // Unless each SEND is waited for, only its prefix tells that a response is for this message.
    const ours =
      this.#settings.failureReport === 'yes'
        ? expected
        : response.transactionId.startsWith(this.#transactionPrefix);
    if (!ours) return;
    const count = (this.#responses.get(response.code) ?? 0) + 1;
    this.#responses.set(response.code, count);
    this.#settings.on({ kind: 'answered', messageId: this.#id, code: response.code, count });
    if (response.code === 408) this.stop({ kind: 'timeout' });
    else if (response.code !== 200) {
      this.stop({ kind: 'refused', code: response.code, comment: response.comment });
    }
    this.#notify();
  }

  /** Takes a REPORT if it is about this message; others are ignored (RFC 4975 §7.1.2). */
  report(head: RequestHead): void {
    const { status } = head;
    if (head.messageId !== this.#id || status === null || status.namespace !== '000') return;
    const report = { range: head.byteRange, status: status.code, comment: status.comment };
    if (this.#reports.length < MAX_REPORTS_KEPT) this.#reports.push(report);
    this.#settings.on({ kind: 'report', messageId: this.#id, report });
    if (status.code === 200) this.#countReport(head.byteRange);
    else if (status.code === 408) this.stop({ kind: 'timeout' });
    else this.stop({ kind: 'reportedFailure', code: status.code, comment: status.comment });
    this.#notify();
  }

  #countReport(range: ByteRange | null): void {
    const { total } = this.#content;
    const start = (range?.start ?? 1) - 1;
    const end = Math.min(range?.end ?? range?.total ?? total, total);
    this.#reported.add(start, end);
    this.#reportedAll ||= total === 0 || this.#reported.complete(total);
  }

  #finalResult(): SendResult {
    if (this.#reportedAll) return { kind: 'delivered' };
    return this.#settings.successReport ? { kind: 'unreported' } : { kind: 'sent' };
  }

  async #sendAll(): Promise<void> {
    const reader = new SourceReader(this.#content.source);
    try {
      do {
        await this.#until(() => this.#unanswered.size < this.#settings.window);
        // In line, for nothing may come between the last look and the head.
        while (this.#connection.bodyOpen) await this.#connection.bodyEnded();
        // The reason comes with the end of the connection.
        if (this.#connection.closed) await this.#until(() => false);
        if (this.#stopped === null) await this.#sendChunk(reader);
      } while (this.#stopped === null && this.#position < this.#content.total);
      if (this.#stopped?.kind === 'aborted' && this.#position < this.#content.total) await this.#sayGivenUp();
    } finally {
      await reader.close();
    }
  }

  async #sendChunk(reader: SourceReader): Promise<void> {
    const transactionId = this.#nextTransactionId();
    const size = Math.min(this.#settings.chunkSize, this.#content.total - this.#position);
    // An error may come while the chunk is still on its way.
    if (this.#settings.failureReport === 'yes') this.#unanswered.set(transactionId, null);
    this.#connection.beginBody(this.#head(transactionId, size));
    const end = this.#position + size;
    while (this.#position < end && this.#stopped === null && !this.#interrupted(size)) {
      const slice = await this.#read(reader, end - this.#position);
      if (slice === null) break;
      this.#position += slice.length;
      if (!this.#connection.writeBody(slice)) await this.#connection.drained();
    }
    const flag = this.#flag();
    const more = this.#connection.endBody(writeBodyEnd(transactionId, flag));
    if (flag === '#' && this.#stopped?.kind === 'aborted') this.#saidGivenUp = true;
    this.#expectResponse(transactionId);
    this.#settings.on({
      kind: 'chunkSent',
      messageId: this.#id,
      chunks: this.#chunks,
      bytes: this.#position,
    });
    if (!more) await this.#connection.drained();
  }

  #nextTransactionId(): string {
    this.#chunks += 1;
    return `${this.#transactionPrefix}${this.#chunks.toString(36)}`;
  }

  #interrupted(size: number): boolean {
    return size > MAX_UNINTERRUPTIBLE_CHUNK && this.#connection.interruptWanted;
  }

  #flag(): ContinuationFlag {
    if (this.#position === this.#content.total) return '$';
    return this.#stopped === null ? '+' : '#';
  }

  /** Between two chunks only an empty one can carry the `#`. */
  async #sayGivenUp(): Promise<void> {
    if (this.#saidGivenUp) return;
    while (this.#connection.bodyOpen) await this.#connection.bodyEnded();
    const transactionId = this.#nextTransactionId();
    this.#connection.beginBody(this.#head(transactionId, 0));
    this.#connection.endBody(writeBodyEnd(transactionId, '#'));
  }

  #head(transactionId: string, size: number): Buffer {
    const { total, startOf } = this.#content;
    const interruptible = size > MAX_UNINTERRUPTIBLE_CHUNK;
    const start = startOf === undefined ? this.#position : startOf(this.#position);
    const byteRange =
      total === 0
        ? { start: 1, end: 0, total: 0 }
        : { start: start + 1, end: interruptible ? null : start + size, total };
    return writeSendHead({
      transactionId,
      toPath: this.#settings.remotePath,
      fromPath: [this.#settings.localUri],
      messageId: this.#id,
      byteRange,
      successReport: this.#settings.successReport,
      failureReport: this.#settings.failureReport,
      mimeHeaders: this.#content.mimeHeaders ?? [],
      contentType: this.#content.contentType,
    });
  }

  /** The next bytes of the source, at most `limit`; null, and a stop, when it has none left. */
  async #read(reader: SourceReader, limit: number): Promise<Buffer | null> {
    try {
      const slice = await reader.read(limit);
      if (slice === null) this.stop({ kind: 'sourceFailed', message: 'the source ended early' });
      return slice;
    } catch (error) {
      this.stop({ kind: 'sourceFailed', message: error instanceof Error ? error.message : String(error) });
      return null;
    }
  }

  #expectResponse(transactionId: string): void {
    if (!this.#unanswered.has(transactionId)) return;
    this.#unanswered.set(transactionId, Date.now());
    if (this.#responseTimer === null) this.#armResponseTimer(this.#settings.responseTimeoutMs);
  }

  #armResponseTimer(delayMs: number): void {
    this.#responseTimer = setTimeout(() => {
      this.#responseTimer = null;
      const [oldest] = this.#unanswered.values();
      if (oldest === undefined || oldest === null) return;
      const left = oldest + this.#settings.responseTimeoutMs - Date.now();
      if (left <= 0) this.stop({ kind: 'timeout' });
      else this.#armResponseTimer(left);
    }, delayMs);
  }

  async #awaitReport(): Promise<void> {
    if (!this.#settings.successReport || this.#stopped !== null) return;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#notify();
    }, this.#settings.reportTimeoutMs);
    await this.#until(() => this.#reportedAll || late);
    clearTimeout(timer);
  }

  /** Resolves once `condition` holds or the message is stopped. */
  async #until(condition: () => boolean): Promise<void> {
    while (!condition() && this.#stopped === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
