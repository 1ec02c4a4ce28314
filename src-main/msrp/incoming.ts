import type { ByteRange, FailureReport, RequestHead } from './message.ts';
import { ByteRanges } from './ranges.ts';
import type { MsrpUri } from './uri.ts';

/** An error answer to give: a code of RFC 4975 §10 and why. */
export type MsrpRefusal = { readonly kind: 'refusal'; readonly code: number; readonly comment: string };

export type FinishResult =
  | { readonly kind: 'ok' }
  | { readonly kind: 'failed'; readonly code: number; readonly comment: string };

/**
 * Where the bytes of one message go. Positions count from 0. Calls never overlap in effect: `finish`
 * comes after every promise of `write` has settled, and after `finish` or `abandon` comes nothing.
 */
export type MessageSink = {
  /**
   * Takes bytes, in the order of arrival; later ones win where they overlap. They are good during the call alone, unless
   * the sink keeps their memory (`ReadMemory`). A promise stops the reading of the socket until it settles, though slices of the segment
   * already read may still follow. A throw or a rejection fails the message.
   */
  write(position: number, bytes: Buffer): void | Promise<void>;
  /** Every byte from 0 to `total` has been written: verify and keep. */
  finish(total: number): Promise<FinishResult>;
  /** The message will not be whole: throw its bytes away. */
  abandon(reason: string): Promise<void>;
};

type IncomingOwner = {
  readonly pause: () => void;
  readonly resume: () => void;
  /** A write that had been taken has failed later. */
  readonly failed: (failure: MsrpRefusal) => void;
};

/** One message that is arriving: its ranges, its sink, and what its SENDs asked to be reported. */
export class IncomingMessage {
  readonly id: string;
  chunks = 0;
  readonly #sink: MessageSink;
  readonly #owner: IncomingOwner;
  readonly #ranges = new ByteRanges();
  readonly #claimedTotal: number | null;
  #finalTotal: number | null = null;
  #successReport = false;
  #failureReport: FailureReport = 'yes';
  #fromPath: readonly MsrpUri[] = [];
  #writing = 0;
  #settled: (() => void) | null = null;
  #writeFailure: MsrpRefusal | null = null;
  #state: 'receiving' | 'finishing' | 'abandoned' = 'receiving';

  constructor(id: string, claimedTotal: number | null, sink: MessageSink, owner: IncomingOwner) {
    this.id = id;
    this.#claimedTotal = claimedTotal;
    this.#sink = sink;
    this.#owner = owner;
  }

  /** Different bytes received. */
  get received(): number {
    return this.#ranges.received;
  }

  /** Total in bytes: fixed by the `$` chunk, before it the sender's claim; null when unknown. */
  get total(): number | null {
    return this.#finalTotal ?? this.#claimedTotal;
  }

  /** Whether any SEND of the message asked for a success report. */
  get successReport(): boolean {
    return this.#successReport;
  }

  get failureReport(): FailureReport {
    return this.#failureReport;
  }

  /** The complete From-Path of its last SEND: where a REPORT goes (RFC 4975 §7.1.3). */
  get fromPath(): readonly MsrpUri[] {
    return this.#fromPath;
  }

  /** What a failure REPORT is about, from real data (RFC 4975 §7.1.4). */
  get receivedRange(): ByteRange {
    return { start: 1, end: this.#ranges.end, total: this.total };
  }

  /** Whether every byte is there and the sink is verifying. */
  get finishing(): boolean {
    return this.#state === 'finishing';
  }

  /** Whether the end is known and every byte up to it has arrived. */
  get whole(): boolean {
    return this.#finalTotal !== null && this.#ranges.complete(this.#finalTotal);
  }

  /** Another SEND of the message begins. */
  chunkStarted(head: RequestHead): void {
    this.#successReport ||= head.successReport;
    this.#failureReport = head.failureReport;
    this.#fromPath = head.fromPath;
  }

  /** Stores bytes at a 0-based position. Returns why the message has to stop, or null. */
  write(position: number, bytes: Buffer): MsrpRefusal | null {
    const end = position + bytes.length;
    if (!Number.isSafeInteger(end) || (this.#finalTotal !== null && end > this.#finalTotal)) {
      return { kind: 'refusal', code: 400, comment: 'bytes beyond the end of the message' };
    }
    if (!this.#ranges.add(position, end)) {
      return { kind: 'refusal', code: 413, comment: 'message in too many pieces' };
    }
    try {
      const written = this.#sink.write(position, bytes);
      if (written !== undefined) this.#awaitWrite(written);
      return null;
    } catch (error) {
      return writeFailure(error);
    }
  }

  /** The `$` chunk ended after `length` bytes and so fixes the total. False if bytes lie beyond it. */
  fixTotal(head: RequestHead, length: number): boolean {
    const start = head.byteRange?.start ?? 1;
    // An empty chunk may say `1-0/0`, whatever came before it (RFC 4975 §7.1.1).
    const total = length === 0 && start === 1 ? this.#ranges.end : start - 1 + length;
    if (this.#ranges.end > total || (this.#finalTotal !== null && this.#finalTotal !== total)) return false;
    this.#finalTotal = total;
    return true;
  }

  /** Waits for the writes, then lets the sink verify. Never rejects. */
  async finish(): Promise<{ kind: 'ok'; total: number } | { kind: 'failed'; code: number; comment: string }> {
    this.#state = 'finishing';
    const total = this.#finalTotal ?? 0;
    if (this.#writing > 0) {
      await new Promise<void>((resolve) => {
        this.#settled = resolve;
      });
    }
    if (this.#writeFailure !== null) {
      this.#abandonSink(this.#writeFailure.comment);
      return { kind: 'failed', code: this.#writeFailure.code, comment: this.#writeFailure.comment };
    }
    try {
      const result = await this.#sink.finish(total);
      return result.kind === 'ok' ? { kind: 'ok', total } : result;
    } catch (error) {
      const { code, comment } = writeFailure(error);
      return { kind: 'failed', code, comment };
    }
  }

  /** Throws the message away. */
  abandon(reason: string): void {
    if (this.#state !== 'receiving') return;
    this.#state = 'abandoned';
    this.#abandonSink(reason);
  }

  #abandonSink(reason: string): void {
    // Nothing can be done about a sink that cannot clean up, and nobody is left to be told.
    this.#sink.abandon(reason).catch(() => {});
  }

  #awaitWrite(written: Promise<void>): void {
    this.#writing += 1;
    this.#owner.pause();
    written
      .catch((error: unknown) => this.#writeFailed(error))
      .finally(() => {
        this.#writing -= 1;
        this.#owner.resume();
        if (this.#writing === 0) this.#settled?.();
      });
  }

  #writeFailed(error: unknown): void {
    if (this.#writeFailure !== null) return;
    this.#writeFailure = writeFailure(error);
    if (this.#state === 'receiving') this.#owner.failed(this.#writeFailure);
  }
}

function writeFailure(error: unknown): MsrpRefusal {
  const reason = error instanceof Error ? error.message : String(error);
  return { kind: 'refusal', code: 413, comment: `cannot be stored: ${reason}` };
}
