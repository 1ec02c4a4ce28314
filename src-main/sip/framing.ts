/** One thing a stream carried: a whole SIP message, a keep-alive, or the proof that it is no SIP stream. */
export type Frame =
  /** As latin1 text, one character a byte. */
  | { readonly kind: 'message'; readonly text: string }
  /** CRLFCRLF between messages (RFC 5626 §3.5.1): answer it with CRLF. */
  | { readonly kind: 'ping' }
  /** CRLF between messages: the answer to a ping. */
  | { readonly kind: 'pong' }
  /** The stream cannot be followed any more: close it. Nothing comes after this frame. */
  | { readonly kind: 'broken'; readonly reason: string };

/** Longest start line plus header fields of one message, in bytes. */
export const MAX_HEADER_BYTES = 64 * 1024;
/** Longest body of one message, in bytes, unless the constructor says otherwise. */
export const DEFAULT_MAX_BODY_BYTES = 16 * 1024 * 1024;

const CR = 13;
const LF = 10;
const HEAD_END = Buffer.from('\r\n\r\n');
const FIRST_CAPACITY = 4096;
/** An emptied buffer larger than this is given back. */
const KEPT_CAPACITY = 256 * 1024;
const CONTENT_LENGTH = /\r\n(?:content-length|l)[ \t]*:((?:[^\r\n]|\r\n[ \t])*)/gi;
const DIGITS = /^\d{1,10}$/;

/**
 * Cuts a byte stream into SIP messages by Content-Length (RFC 3261 §18.3) and recognises keep-alives
 * (RFC 5626 §4.4.1). Every byte is copied and scanned a bounded number of times however the stream is cut.
 * A lone CRLF at the end of a push is reported at once as a pong, because its sender may never send more;
 * a ping whose two CRLFs come in two pushes is therefore seen as two pongs.
 */
export class StreamFramer {
  readonly #maxBodyBytes: number;
  #buffer = Buffer.alloc(0);
  #end = 0;
  /** No end of the header fields lies before this offset. */
  #scanned = 0;
  /** Length of the message being collected once its header fields are whole, else null. */
  #messageLength: number | null = null;
  /** Why the stream cannot be followed any more, or null while it can. */
  #failure: string | null = null;

  constructor(options: { readonly maxBodyBytes?: number } = {}) {
    this.#maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
  }

  /** Takes the next bytes of the stream and returns the frames they complete, in order. Never throws. */
  push(bytes: Buffer): readonly Frame[] {
    if (this.#failure !== null) return [];
    this.#append(bytes);
    const frames: Frame[] = [];
    let start = 0;
    while (start < this.#end) {
      const keepAlive = this.#messageLength === null ? this.#keepAliveAt(start) : 0;
      if (keepAlive === 'incomplete') break;
      if (keepAlive > 0) {
        frames.push({ kind: keepAlive === 4 ? 'ping' : 'pong' });
        start += keepAlive;
        this.#scanned = start;
        continue;
      }
      const reason = this.#readHead(start);
      if (reason !== null) {
        this.#failure = reason;
        this.#buffer = Buffer.alloc(0);
        frames.push({ kind: 'broken', reason });
        return frames;
      }
      if (this.#messageLength === null || start + this.#messageLength > this.#end) break;
      const end = start + this.#messageLength;
      frames.push({ kind: 'message', text: this.#buffer.toString('latin1', start, end) });
      this.#messageLength = null;
      start = end;
      this.#scanned = end;
    }
    this.#drop(start);
    return frames;
  }

  /** Bytes of the keep-alive at `start`: 4, 2, 0 for none, or `incomplete` while it cannot be told. */
  #keepAliveAt(start: number): 4 | 2 | 0 | 'incomplete' {
    if (this.#buffer[start] !== CR) return 0;
    if (start + 1 === this.#end) return 'incomplete';
    if (this.#buffer[start + 1] !== LF) return 0;
    if (start + 2 === this.#end || this.#buffer[start + 2] !== CR) return 2;
    if (start + 3 === this.#end) return 'incomplete';
    return this.#buffer[start + 3] === LF ? 4 : 2;
  }

  /** Finds the length of the message at `start` once its header fields are whole. Returns why it cannot be read. */
  #readHead(start: number): string | null {
    if (this.#messageLength !== null) return null;
    const headEnd = this.#buffer.subarray(0, this.#end).indexOf(HEAD_END, Math.max(start, this.#scanned));
    if (headEnd < 0) {
      this.#scanned = Math.max(start, this.#end - HEAD_END.length + 1);
      return this.#end - start > MAX_HEADER_BYTES ? 'The header fields are too long.' : null;
    }
    const headLength = headEnd + HEAD_END.length - start;
    if (headLength > MAX_HEADER_BYTES) return 'The header fields are too long.';
    const bodyLength = contentLengthOf(this.#buffer.toString('latin1', start, headEnd));
    if (bodyLength === null) return 'A message has no usable Content-Length.';
    if (bodyLength > this.#maxBodyBytes) return 'A message announces a body that is too long.';
    this.#messageLength = headLength + bodyLength;
    return null;
  }

  #append(bytes: Buffer): void {
    const needed = this.#end + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2, FIRST_CAPACITY));
      this.#buffer.copy(grown, 0, 0, this.#end);
      this.#buffer = grown;
    }
    bytes.copy(this.#buffer, this.#end);
    this.#end = needed;
  }

  /** Forgets the first `count` bytes. What is left came with the last push, so moving it stays linear. */
  #drop(count: number): void {
    if (count === 0) return;
    this.#buffer.copyWithin(0, count, this.#end);
    this.#end -= count;
    this.#scanned = Math.max(0, this.#scanned - count);
    if (this.#end === 0 && this.#buffer.length > KEPT_CAPACITY) this.#buffer = Buffer.alloc(0);
  }
}

/** Content-Length of header text without its closing blank line; null when absent, malformed or contradictory. */
function contentLengthOf(head: string): number | null {
  let found: number | null = null;
  // Not `matchAll`, which makes a regular expression of its own each time.
  CONTENT_LENGTH.lastIndex = 0;
  for (let match = CONTENT_LENGTH.exec(head); match !== null; match = CONTENT_LENGTH.exec(head)) {
    const text = (match[1] ?? '').replace(/\r\n/g, '').trim();
    if (!DIGITS.test(text)) return null;
    const value = Number(text);
    if (found !== null && found !== value) return null;
    found = value;
  }
  return found;
}
