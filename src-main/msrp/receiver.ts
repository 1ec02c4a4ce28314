import type { CloseReason, DialOptions, MsrpConnection } from './connection.ts';
import { dialSession } from './dial-session.ts';
import type { Fingerprint } from './fingerprint.ts';
import { IncomingMessage, type MessageSink, type MsrpRefusal } from './incoming.ts';
import type { ByteRange, ContinuationFlag, RequestHead } from './message.ts';
import type { IncomingDescription, MsrpReceiverOptions } from './receiver-options.ts';
import { respond } from './respond.ts';
import type { MsrpSession } from './session.ts';
import { type MsrpUri, newTransactionId } from './uri.ts';
import { wholeRange, writeReport } from './writer.ts';

export type { IncomingDescription, MsrpReceiverEvent, MsrpReceiverOptions } from './receiver-options.ts';

/** Messages of one session that may be incomplete at a time. */
export const MAX_OPEN_MESSAGES = 16;
/** Ended messages whose Message-ID is remembered, to know a duplicate. */
export const MAX_ENDED_MESSAGES = 1024;
/** Bytes inside one chunk after which progress is told again. */
export const PROGRESS_BYTES = 262_144;
/** REPORTs of one session that wait for a connection; the oldest are forgotten. */
export const MAX_OWED_REPORTS = 16;
/** Success REPORTs repeated for one message, to a sender that lost the first ones; one that goes on wants to keep us busy. */
export const MAX_REPEATED_REPORTS = 100;
/** Why a message failed that its sender ended with `#` (RFC 4975 §7.1). */
export const GIVEN_UP = 'given up by the sender';
/** Why a message failed that was not whole when its session ended. */
export const SESSION_ENDED = 'the session ended before the message was whole';

/** How a message ended: what a later chunk with its Message-ID gets. */
type Ended =
  | { readonly kind: 'complete'; readonly total: number; repeated: number }
  | { readonly kind: 'refused'; readonly code: number; readonly comment: string };

/** A REPORT that found no connection. */
type OwedReport = {
  readonly messageId: string;
  readonly range: ByteRange;
  readonly status: number;
  readonly comment: string;
};

/** The SEND that is arriving. */
type Transaction = {
  readonly head: RequestHead;
  readonly messageId: string;
  answered: boolean;
  /** Bytes of its body so far. */
  length: number;
  /** The message it adds to; null while its body is thrown away. */
  message: IncomingMessage | null;
  /** Body length at which progress is told next. */
  nextProgress: number;
};

/**
 * The receiving half of one MSRP session (RFC 4975 §7.1.3-7.3.1): puts messages together from chunks in
 * any order, answers each SEND, and reports what was delivered. Meant for one file a session (RFC 5547
 * §8.7), but takes several messages.
 */
export class MsrpReceiver implements MsrpSession {
  readonly localUri: MsrpUri;
  readonly #options: MsrpReceiverOptions;
  readonly #open = new Map<string, IncomingMessage>();
  /** The oldest first. */
  readonly #ended = new Map<string, Ended>();
  #remotePath: readonly MsrpUri[];
  #peerFingerprints: readonly Fingerprint[];
  #connection: MsrpConnection | null = null;
  #transaction: Transaction | null = null;
  #answered = 0;
  #aborted: boolean = false;
  #closed: boolean = false;
  /** We left the session ourselves. */
  #left: boolean = false;
  #owed: readonly OwedReport[] = [];

  constructor(options: MsrpReceiverOptions) {
    this.#options = options;
    this.localUri = options.localPath;
    this.#remotePath = options.remotePath;
    this.#peerFingerprints = options.peerFingerprints ?? [];
  }

  get peerFingerprints(): readonly Fingerprint[] {
    return this.#peerFingerprints;
  }

  get connection(): MsrpConnection | null {
    return this.#connection;
  }

  /** How many 200 responses have left. */
  get answeredCount(): number {
    return this.#answered;
  }

  /**
   * Connects to the peer as the active side and binds the session with an empty SEND (RFC 4975 §5.4,
   * Rejects when the peer cannot be reached. Leaves things as they are when the session got its
   * connection from the peer meanwhile.
   */
  async dial(options: DialOptions = {}): Promise<void> {
    await dialSession(this, this.#remotePath, {
      ...options,
      emptySend: true,
      isTaken: () => this.#connection !== null || this.#closed,
    });
    this.#sendOwed(this.#remotePath);
  }

  /**
   * The user stops the transfer: the chunk that is arriving and all later ones get 413 (RFC 4975 §10.5,
   * RFC 5547 §8.4). A message that is already whole and being verified is not touched.
   */
  abort(): void {
    this.#aborted = true;
    for (const message of [...this.#open.values()]) {
      if (!message.finishing) this.#refuseMessage(message, 413, 'stopped by the user');
    }
  }

  /** Leaves the session, at BYE for instance: incomplete messages are abandoned (PRA-REL-02). */
  close(): void {
    const connection = this.#connection;
    this.#left = true;
    this.connectionClosed({ kind: 'local' });
    connection?.detach(this);
  }

  /**
   * The peer moved to another path by a new offer (RFC 4975 §8.4); a connection that stands is kept. Where it was lost,
   * the session begins anew: it takes another connection, and REPORTs that are owed leave over that (RFC 4975 §5.4).
   */
  moveTo(remotePath: readonly MsrpUri[]): void {
    this.#remotePath = remotePath;
    if (!this.#closed || this.#left) return;
    this.#closed = false;
    this.#connection = null;
  }

  /** The peer answered an offer of ours: only now it is known who it is and where. */
  meet(remotePath: readonly MsrpUri[], peerFingerprints: readonly Fingerprint[]): void {
    this.#remotePath = remotePath;
    this.#peerFingerprints = peerFingerprints;
  }

  bind(connection: MsrpConnection): void {
    this.#connection = connection;
    const { remoteAddress, remotePort } = connection;
    this.#options.on({ kind: 'bound', remoteAddress, remotePort });
  }

  requestStart(head: RequestHead): void {
    const { messageId } = head;
    // A REPORT is about something we sent, and a receiver sends no messages (RFC 4975 §7.1.2).
    if (this.#closed || head.method !== 'SEND' || messageId === null) return;
    const transaction: Transaction = {
      head,
      messageId,
      answered: false,
      length: 0,
      message: null,
      nextProgress: PROGRESS_BYTES,
    };
    this.#transaction = transaction;
    const ended = this.#ended.get(messageId);
    if (ended?.kind === 'refused') this.#answerError(transaction, ended.code, ended.comment);
    if (ended !== undefined) return;
    transaction.message = this.#open.get(messageId) ?? this.#begin(transaction);
    transaction.message?.chunkStarted(head);
  }

  body(slice: Buffer): void {
    const transaction = this.#transaction;
    if (transaction === null) return;
    const { message, head } = transaction;
    const position = (head.byteRange?.start ?? 1) - 1 + transaction.length;
    transaction.length += slice.length;
    if (message === null) {
      this.#bodyWithoutMessage(transaction);
      return;
    }
    // Once whole, a message takes no more bytes; a duplicate is answered all the same.
    if (message.finishing) return;
    const failure = this.#limitExceeded(position + slice.length) ?? message.write(position, slice);
    if (failure !== null) {
      this.#refuseMessage(message, failure.code, failure.comment);
      return;
    }
    if (transaction.length >= transaction.nextProgress) {
      transaction.nextProgress = transaction.length + PROGRESS_BYTES;
      this.#tellProgress(message);
    }
  }

  requestEnd(flag: ContinuationFlag): void {
    const transaction = this.#transaction;
    if (transaction === null) return;
    this.#transaction = null;
    const { message } = transaction;
    if (!transaction.answered) this.#answerOk(transaction.head);
    this.#sendOwed(transaction.head.fromPath);
    if (message === null) {
      this.#duplicateEnded(transaction, flag);
      return;
    }
    if (message.finishing) return;
    if (flag === '#') {
      this.#open.delete(message.id);
      this.#fail(message, GIVEN_UP);
      return;
    }
    message.chunks += 1;
    this.#tellProgress(message);
    if (flag === '$' && !message.fixTotal(transaction.head, transaction.length)) {
      this.#refuseMessage(message, 400, 'bytes beyond the end of the message');
      return;
    }
    if (message.whole) void this.#finish(message);
  }

  response(): void {
    // Answers to our binding SEND and to our REPORTs change nothing.
  }

  connectionClosed(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transaction = null;
    for (const message of [...this.#open.values()]) {
      if (message.finishing) continue;
      this.#open.delete(message.id);
      this.#fail(message, SESSION_ENDED);
    }
    this.#options.on({ kind: 'closed', reason });
  }

  /** The first chunk of a message: opens its sink, or answers why not. Null when there is no message. */
  #begin(transaction: Transaction): IncomingMessage | null {
    const { head, messageId } = transaction;
    const { contentType } = head;
    // No Content-Type: a bodiless SEND that binds or keeps alive (RFC 4975 §7.1).
    if (contentType === null) return null;
    const total = head.byteRange?.total ?? null;
    const refusal = this.#refusalFor(contentType, total);
    const opened =
      refusal ??
      this.#openSink({ messageId, contentType, contentDisposition: head.contentDisposition, total });
    if ('code' in opened) {
      this.#remember(messageId, { kind: 'refused', code: opened.code, comment: opened.comment });
      this.#answerError(transaction, opened.code, opened.comment);
      return null;
    }
    const message = new IncomingMessage(messageId, total, opened, {
      pause: () => this.#connection?.pause(),
      resume: () => this.#connection?.resume(),
      failed: (failure) => this.#refuseMessage(message, failure.code, failure.comment),
    });
    this.#open.set(messageId, message);
    return message;
  }

  #refusalFor(contentType: string, total: number | null): MsrpRefusal | null {
    if (this.#aborted) return { kind: 'refusal', code: 413, comment: 'stopped by the user' };
    if (!this.#options.acceptTypes(contentType)) {
      return { kind: 'refusal', code: 415, comment: 'media type not accepted' };
    }
    if (this.#open.size >= MAX_OPEN_MESSAGES) {
      return { kind: 'refusal', code: 413, comment: 'too many messages at a time' };
    }
    return this.#limitExceeded(total ?? 0);
  }

  #limitExceeded(size: number): MsrpRefusal | null {
    const { maxSize } = this.#options;
    if (maxSize === null || size <= maxSize) return null;
    return { kind: 'refusal', code: 413, comment: `message larger than ${maxSize} bytes` };
  }

  #openSink(description: IncomingDescription): MessageSink | MsrpRefusal {
    try {
      return this.#options.open(description);
    } catch (error) {
      return { kind: 'refusal', code: 413, comment: `cannot be stored: ${messageOf(error)}` };
    }
  }

  #bodyWithoutMessage(transaction: Transaction): void {
    if (transaction.answered || transaction.head.contentType !== null) return;
    if (this.#ended.has(transaction.messageId)) return;
    this.#answerError(transaction, 400, 'body without Content-Type');
  }

  /** A chunk of a message that is over: reported again at its end, delivered never (RFC 4975 §5.4). */
  #duplicateEnded(transaction: Transaction, flag: ContinuationFlag): void {
    const ended = this.#ended.get(transaction.messageId);
    if (flag === '#' && ended?.kind === 'refused') this.#ended.delete(transaction.messageId);
    if (flag !== '$' || ended?.kind !== 'complete' || !transaction.head.successReport) return;
    ended.repeated += 1;
    if (ended.repeated > MAX_REPEATED_REPORTS) return;
    this.#report(transaction.messageId, transaction.head.fromPath, wholeRange(ended.total), 200, 'OK');
  }

  async #finish(message: IncomingMessage): Promise<void> {
    const connection = this.#connection;
    connection?.hold();
    const outcome = await message.finish();
    this.#open.delete(message.id);
    if (outcome.kind === 'ok') this.#delivered(message, outcome.total);
    else this.#notDelivered(message, outcome.code, outcome.comment);
    connection?.release();
  }

  #delivered(message: IncomingMessage, total: number): void {
    this.#remember(message.id, { kind: 'complete', total, repeated: 0 });
    this.#options.on({ kind: 'complete', messageId: message.id, total, chunks: message.chunks });
    if (message.successReport) {
      this.#report(message.id, message.fromPath, wholeRange(total), 200, 'OK');
    }
  }

  /** It was answered 200, so its failure has to be reported (RFC 4975 §7.1.4). */
  #notDelivered(message: IncomingMessage, code: number, comment: string): void {
    this.#remember(message.id, { kind: 'refused', code, comment });
    this.#options.on({ kind: 'failed', messageId: message.id, reason: comment });
    if (message.failureReport === 'no') return;
    this.#report(message.id, message.fromPath, message.receivedRange, code, comment);
  }

  /** Stops a message that is arriving: error response for the chunk under way, else a failure REPORT. */
  #refuseMessage(message: IncomingMessage, code: number, comment: string): void {
    this.#open.delete(message.id);
    this.#remember(message.id, { kind: 'refused', code, comment });
    const transaction = this.#transaction;
    if (transaction?.message === message) {
      transaction.message = null;
      this.#answerError(transaction, code, comment);
    } else if (message.failureReport !== 'no' && !this.#aborted) {
      this.#report(message.id, message.fromPath, message.receivedRange, code, comment);
    }
    this.#fail(message, comment);
  }

  #fail(message: IncomingMessage, reason: string): void {
    message.abandon(reason);
    this.#options.on({ kind: 'failed', messageId: message.id, reason });
  }

  #answerOk(head: RequestHead): void {
    if (this.#connection === null || !respond(this.#connection, head, this.localUri, 200)) return;
    this.#answered += 1;
    this.#options.on({ kind: 'answered', count: this.#answered });
  }

  #answerError(transaction: Transaction, code: number, reason: string): void {
    transaction.answered = true;
    if (this.#connection !== null) respond(this.#connection, transaction.head, this.localUri, code);
    this.#options.on({ kind: 'refused', messageId: transaction.messageId, code, reason });
  }

  #report(
    messageId: string,
    toPath: readonly MsrpUri[],
    range: ByteRange,
    status: number,
    comment: string,
  ): void {
    if (this.#closed || this.#connection === null || this.#connection.closed) {
      this.#owed = [...this.#owed, { messageId, range, status, comment }].slice(-MAX_OWED_REPORTS);
      this.#options.on({ kind: 'reportOwed', messageId, range, status });
      return;
    }
    this.#connection.write(
      writeReport({
        transactionId: newTransactionId(),
        toPath,
        fromPath: [this.localUri],
        messageId,
        byteRange: range,
        code: status,
        comment: comment.replace(/[^\t\x20-\x7e]/g, ' '),
      }),
    );
    this.#options.on({ kind: 'reportSent', messageId, range, status });
  }

  /** The session has a connection again: what could not be reported over the last one. */
  #sendOwed(toPath: readonly MsrpUri[]): void {
    const owed = this.#owed;
    this.#owed = [];
    for (const { messageId, range, status, comment } of owed) {
      this.#report(messageId, toPath, range, status, comment);
    }
  }

  #tellProgress(message: IncomingMessage): void {
    const { id: messageId, received, total, chunks, successReport, failureReport } = message;
    this.#options.on({ kind: 'chunk', messageId, received, total, chunks, successReport, failureReport });
  }

  #remember(messageId: string, ended: Ended): void {
    this.#ended.set(messageId, ended);
    if (this.#ended.size <= MAX_ENDED_MESSAGES) return;
    for (const oldest of this.#ended.keys()) {
      this.#ended.delete(oldest);
      return;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
