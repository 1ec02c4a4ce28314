import { HeadBuilder, type HeaderLine, PathReader, readHeaderLine } from './head.ts';
import { HeaderMemo } from './header-memo.ts';
import { type ContinuationFlag, MsrpProtocolError, type RequestHead, type ResponseHead } from './message.ts';
import { RawHead } from './raw-head.ts';
import type { MsrpWire } from './wire-tap.ts';

/** Bytes of a start line without its CRLF. */
export const MAX_START_LINE = 256;
/** Bytes of one header line without its CRLF. */
export const MAX_HEADER_LINE = 8192;
/** Header lines of one request or response. */
export const MAX_HEADERS = 64;
/** Bytes of a start line and its headers together. */
export const MAX_HEAD_BYTES = 32_768;
/** Body bytes of anything but a SEND (RFC 4975 §7.1). */
export const MAX_NON_SEND_BODY = 10_240;

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;
const CRLF = Buffer.from('\r\n');
/** Shared memory is searched for buffers alone: searched for a number in optimised code, it stops V8 13.0 (Electron 33) dead. */
const CR_ALONE = CRLF.subarray(0, 1);
const LF_ALONE = CRLF.subarray(1);
const FLAGS: ReadonlyMap<number, ContinuationFlag> = new Map([
  [0x24, '$'],
  [0x2b, '+'],
  [0x23, '#'],
]);
/** Flag, CR and LF behind the transaction id. */
const END_LINE_TAIL = 3;
const NOTHING = Buffer.alloc(0);

/** Receives what a parser finds. No call is made after `onError`. */
export type MsrpParserHandler = {
  /** The headers of a request are whole. */
  onRequestStart(head: RequestHead): void;
  /** Some bytes of its body, in order; a view of the pushed bytes, good during the call alone. */
  onBody(slice: Buffer): void;
  /** The end-line of the request. */
  onRequestEnd(flag: ContinuationFlag): void;
  /** A whole response. */
  onResponse(response: ResponseHead): void;
  /** The bytes cannot be framed; the parser takes no more. */
  onError(error: MsrpProtocolError): void;
};

type Search = 'absent' | 'partial' | ContinuationFlag;

/**
 * Push parser for one direction of an MSRP connection (RFC 4975 §5.1, §9). Bodies are handed on as
 * views while they arrive; at most one header line or one end-line is ever held back.
 */
export class MsrpParser {
  readonly #handler: MsrpParserHandler;
  readonly #wire: MsrpWire | null;
  readonly #raw = new RawHead();
  readonly #line = Buffer.allocUnsafe(MAX_HEADER_LINE + CRLF.length);
  #lineLength = 0;
  readonly #paths = new PathReader();
  readonly #memo = new HeaderMemo();
  #state: 'start' | 'headers' | 'body' | 'failed' = 'start';
  #builder: HeadBuilder | null = null;
  #headBytes = 0;
  #heads = 0;
  /** CRLF, seven dashes and the transaction id of the current request. */
  #boundary = NOTHING;
  /** The end of the last segment, as far as it may be the beginning of the end-line. */
  #carry = NOTHING;
  /** Leading bytes of the carry that belong to the headers, not to the body. */
  #borrowed = 0;
  #bodyBytes = 0;
  /** The message came without a body, so its end was told with its head. */
  #whole = false;

  /** `wire` sees what came as it came, each piece before the handler hears of it. */
  constructor(handler: MsrpParserHandler, wire: MsrpWire | null = null) {
    this.#handler = handler;
    this.#wire = wire;
  }

  /** Serial number of the head that has begun and is not whole yet, or null: what a slow-loris timer needs. */
  get unfinishedHead(): number | null {
    const begun = this.#state === 'headers' || (this.#state === 'start' && this.#lineLength > 0);
    return begun ? this.#heads : null;
  }

  /** Whether a request or response has begun and its end-line has not come: what a watch on slow senders needs. */
  get requestOpen(): boolean {
    return this.#state === 'body' || this.unfinishedHead !== null;
  }

  /** Parses the next bytes. Nothing of the buffer is kept; body slices are views of it. */
  push(bytes: Buffer): void {
    let position = 0;
    try {
      while (position < bytes.length && this.#state !== 'failed') {
        position = this.#state === 'body' ? this.#readBody(bytes, position) : this.#readLine(bytes, position);
      }
    } catch (error) {
      if (!(error instanceof MsrpProtocolError)) throw error;
      this.#state = 'failed';
      if (this.#wire !== null) this.#wire.message('in', this.#raw.rest(bytes));
      this.#handler.onError(error);
    }
    if (this.#wire !== null) this.#raw.suspend(bytes);
  }

  #readLine(bytes: Buffer, from: number): number {
    if (this.#wire !== null && this.#state === 'start' && this.#lineLength === 0) this.#raw.begin(from);
    if (this.#builder !== null && this.#lineLength === 0) {
      const same = this.#memo.match(this.#builder.headerCount, bytes, from);
      if (same !== null) {
        this.#countHeadBytes(same.length);
        this.#addHeader(this.#builder, same);
        if (this.#wire !== null) this.#raw.reached(bytes, from + same.length);
        return from + same.length;
      }
    }
    const limit = this.#state === 'start' ? MAX_START_LINE : MAX_HEADER_LINE;
    const lineFeed = bytes.indexOf(LF_ALONE, from);
    const to = lineFeed === -1 ? bytes.length : lineFeed + 1;
    if (this.#lineLength + to - from > limit + CRLF.length) {
      throw new MsrpProtocolError(this.#state === 'start' ? 'start line too long' : 'header line too long');
    }
    if (lineFeed !== -1 && this.#wire !== null) this.#raw.reached(bytes, to);
    if (lineFeed !== -1 && this.#lineLength === 0) {
      this.#takeLine(bytes, from, to);
      return to;
    }
    bytes.copy(this.#line, this.#lineLength, from, to);
    this.#lineLength += to - from;
    if (lineFeed !== -1) {
      const length = this.#lineLength;
      this.#lineLength = 0;
      this.#takeLine(this.#line, 0, length);
    }
    return to;
  }

  /** Takes the line between two positions, its line feed included. */
  #takeLine(bytes: Buffer, from: number, to: number): void {
    const end = to - CRLF.length;
    if (end < from || bytes[end] !== CR) throw new MsrpProtocolError('line does not end in CRLF');
    if (this.#builder === null) this.#takeStartLine(bytes, from, end);
    else this.#takeHeaderLine(this.#builder, bytes, from, end);
  }

  #takeStartLine(bytes: Buffer, from: number, end: number): void {
    // Some peers send an empty line now and then to keep a NAT binding alive.
    if (end === from) {
      this.#raw.clear();
      this.#wire?.keepAlive('in');
      return;
    }
    const builder = HeadBuilder.begin(bytes.toString('latin1', from, end), this.#paths);
    if (builder === null) throw new MsrpProtocolError('not an MSRP start line');
    this.#builder = builder;
    this.#headBytes = end - from;
    this.#boundary = Buffer.from(`\r\n-------${builder.transactionId}`, 'latin1');
    this.#state = 'headers';
  }

  #takeHeaderLine(builder: HeadBuilder, bytes: Buffer, from: number, end: number): void {
    this.#countHeadBytes(end - from + CRLF.length);
    if (end === from) {
      if (this.#wire !== null) this.#wire.head('in', this.#raw.take());
      this.#startRequest(builder);
      this.#bodyBytes = 0;
      this.#state = 'body';
      // The CRLF before an empty body's end-line may be the one that ends the headers.
      this.#carry = CRLF;
      this.#borrowed = CRLF.length;
      return;
    }
    const flag = this.#endLineFlag(bytes, from, end);
    if (flag !== null) {
      if (this.#wire !== null) this.#wire.message('in', this.#raw.take());
      this.#whole = true;
      this.#startRequest(builder);
      this.#finish(builder, flag);
      return;
    }
    const place = builder.headerCount;
    const line = readHeaderLine(bytes, from, end);
    this.#addHeader(builder, line);
    // What differs in every chunk is not worth remembering.
    if (line !== null && line.single !== 'byte-range') this.#memo.remember(place, bytes, from, line);
  }

  #countHeadBytes(bytes: number): void {
    this.#headBytes += bytes;
    if (this.#headBytes > MAX_HEAD_BYTES) throw new MsrpProtocolError('headers too long');
  }

  #addHeader(builder: HeadBuilder, line: HeaderLine | null): void {
    if (builder.headerCount >= MAX_HEADERS) throw new MsrpProtocolError('too many headers');
    builder.add(line);
  }

  #endLineFlag(bytes: Buffer, from: number, end: number): ContinuationFlag | null {
    const length = this.#boundary.length - CRLF.length;
    if (end - from !== length + 1 || bytes[from] !== DASH) return null;
    if (bytes.compare(this.#boundary, CRLF.length, undefined, from, end - 1) !== 0) return null;
    return FLAGS.get(bytes[end - 1] ?? 0) ?? null;
  }

  #startRequest(builder: HeadBuilder): void {
    this.#heads += 1;
    if (builder.kind === 'request') this.#handler.onRequestStart(builder.request());
  }

  #finish(builder: HeadBuilder, flag: ContinuationFlag): void {
    this.#builder = null;
    this.#state = 'start';
    this.#dropCarry();
    if (!this.#whole) this.#wire?.end('in', flag);
    this.#whole = false;
    if (builder.kind === 'request') this.#handler.onRequestEnd(flag);
    else this.#handler.onResponse(builder.response());
  }

  #readBody(bytes: Buffer, from: number): number {
    if (this.#borrowed === this.#carry.length && bytes[from] !== DASH) this.#dropCarry();
    if (this.#carry.length > 0) return this.#readAcrossSegments(bytes, from);
    let found = bytes.indexOf(this.#boundary, from);
    while (found !== -1) {
      const search = this.#afterBoundary(bytes, found + this.#boundary.length);
      if (search !== 'absent') return this.#reachEndLine(bytes, from, found, search);
      found = bytes.indexOf(this.#boundary, found + CRLF.length);
    }
    const beginning = this.#unfinishedBoundary(bytes, from);
    this.#emit(bytes, from, beginning);
    this.#carry = Buffer.from(bytes.subarray(beginning));
    return bytes.length;
  }

  #reachEndLine(bytes: Buffer, from: number, found: number, search: ContinuationFlag | 'partial'): number {
    this.#emit(bytes, from, found);
    if (search === 'partial') {
      this.#carry = Buffer.from(bytes.subarray(found));
      return bytes.length;
    }
    if (this.#builder !== null) this.#finish(this.#builder, search);
    return found + this.#boundary.length + END_LINE_TAIL;
  }

  /** Decides about the carry with as many new bytes as an end-line may need. Returns the next position. */
  #readAcrossSegments(bytes: Buffer, from: number): number {
    const carried = this.#carry.length;
    const endLineLength = this.#boundary.length + END_LINE_TAIL;
    const window = Buffer.concat([this.#carry, bytes.subarray(from, from + endLineLength)]);
    let start = 0;
    while (start < carried) {
      const search = this.#endLineAt(window, start);
      if (search !== 'absent') {
        this.#emit(window, this.#borrowed, start);
        this.#borrowed = Math.max(0, this.#borrowed - start);
        if (search === 'partial') {
          this.#carry = window.subarray(start);
          return bytes.length;
        }
        if (this.#builder !== null) this.#finish(this.#builder, search);
        return from + start + endLineLength - carried;
      }
      const next = window.indexOf(CR_ALONE, start + 1);
      start = next === -1 ? carried : Math.min(next, carried);
    }
    this.#emit(window, this.#borrowed, carried);
    this.#dropCarry();
    return from;
  }

  #dropCarry(): void {
    this.#carry = NOTHING;
    this.#borrowed = 0;
  }

  /** Whether an end-line stands at `at`: its flag, `partial` if the bytes end within it, or `absent`. */
  #endLineAt(bytes: Buffer, at: number): Search {
    const compared = Math.min(this.#boundary.length, bytes.length - at);
    if (bytes.compare(this.#boundary, 0, compared, at, at + compared) !== 0) return 'absent';
    return this.#afterBoundary(bytes, at + this.#boundary.length);
  }

  /** The same, behind a boundary that stands there as far as the bytes go. */
  #afterBoundary(bytes: Buffer, afterId: number): Search {
    if (afterId >= bytes.length) return 'partial';
    const flag = FLAGS.get(bytes[afterId] ?? 0);
    if (flag === undefined) return 'absent';
    if (afterId + 1 >= bytes.length) return 'partial';
    if (bytes[afterId + 1] !== CR) return 'absent';
    if (afterId + 2 >= bytes.length) return 'partial';
    return bytes[afterId + 2] === LF ? flag : 'absent';
  }

  /** Where a boundary begins that the end of the bytes cuts off, or the length if none does. */
  #unfinishedBoundary(bytes: Buffer, from: number): number {
    // A boundary has one CR, at its start, so only the last CR can begin one that is cut off.
    const earliest = Math.max(from, bytes.length - this.#boundary.length + 1);
    const lastCr = bytes.subarray(earliest).lastIndexOf(CR_ALONE);
    if (lastCr === -1) return bytes.length;
    return this.#endLineAt(bytes, earliest + lastCr) === 'partial' ? earliest + lastCr : bytes.length;
  }

  #emit(bytes: Buffer, from: number, to: number): void {
    if (to <= from || this.#builder === null) return;
    this.#bodyBytes += to - from;
    if (this.#builder.method !== 'SEND') {
      if (this.#bodyBytes > MAX_NON_SEND_BODY) throw new MsrpProtocolError('body of a non-SEND too long');
      if (this.#builder.kind === 'response') {
        this.#wire?.body('in', bytes.subarray(from, to));
        return;
      }
    }
    const slice = bytes.subarray(from, to);
    this.#wire?.body('in', slice);
    this.#handler.onBody(slice);
  }
}
