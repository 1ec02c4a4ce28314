import type { ByteRange, ContinuationFlag, RequestHead } from '../../msrp/message.ts';
import { formatPath, type MsrpUri, newTransactionId } from '../../msrp/uri.ts';
import { formatByteRange, writeBodyEnd } from '../../msrp/writer.ts';

/** Body bytes of one forwarded request: longer chunks are cut, so that transfers over one connection take turns. */
export const MAX_PIECE_BYTES = 65_536;

/** One whole request to write to the next hop, and the bytes of the message it has. */
export type Piece = { readonly transactionId: string; readonly range: ByteRange; readonly bytes: Buffer };

/**
 * A request on its way through the relay (RFC 4976 §6.4): its body comes in slices and leaves in pieces, each a
 * request with a transaction id of its own.
 */
export class Forwarded {
  readonly head: RequestHead;
  readonly #toPath: readonly MsrpUri[];
  readonly #fromPath: readonly MsrpUri[];
  readonly #write: (piece: Piece) => void;
  #slices: Buffer[] = [];
  #held = 0;
  #position: number;

  /** `toPath` and `fromPath` are those of the forwarded request. */
  constructor(options: {
    readonly head: RequestHead;
    readonly toPath: readonly MsrpUri[];
    readonly fromPath: readonly MsrpUri[];
    readonly write: (piece: Piece) => void;
  }) {
    this.head = options.head;
    this.#toPath = options.toPath;
    this.#fromPath = options.fromPath;
    this.#write = options.write;
    this.#position = options.head.byteRange?.start ?? 1;
  }

  body(slice: Buffer): void {
    for (let from = 0; from < slice.length; ) {
      if (this.#held === MAX_PIECE_BYTES) this.#flush('+');
      const part = slice.subarray(from, from + MAX_PIECE_BYTES - this.#held);
      this.#slices.push(part);
      this.#held += part.length;
      from += part.length;
    }
  }

  end(flag: ContinuationFlag): void {
    this.#flush(flag);
  }

  #flush(flag: ContinuationFlag): void {
    const { head } = this;
    const transactionId = newTransactionId();
    const range: ByteRange = {
      start: this.#position,
      end: this.#held === 0 && this.#position > 1 ? null : this.#position + this.#held - 1,
      total: head.byteRange?.total ?? null,
    };
    const hasBody = this.#held > 0 || head.contentType !== null;
    const bytes = Buffer.concat([
      this.#headBytes(transactionId, range, hasBody),
      ...this.#slices,
      hasBody ? writeBodyEnd(transactionId, flag) : Buffer.from(`-------${transactionId}${flag}\r\n`),
    ]);
    this.#position += this.#held;
    this.#slices = [];
    this.#held = 0;
    this.#write({ transactionId, range, bytes });
  }

  #headBytes(transactionId: string, range: ByteRange, hasBody: boolean): Buffer {
    const { head } = this;
    const lines = [
      `MSRP ${transactionId} ${head.method}`,
      `To-Path: ${formatPath(this.#toPath)}`,
      `From-Path: ${formatPath(this.#fromPath)}`,
    ];
    const isSend = head.method === 'SEND';
    if (isSend && head.byteRange === null) lines.push(`Byte-Range: ${formatByteRange(range)}`);
    for (const { name, value } of head.headers) {
      const key = name.toLowerCase();
      if (key === 'to-path' || key === 'from-path') continue;
      const isCutRange = isSend && key === 'byte-range';
      lines.push(`${name}: ${isCutRange ? formatByteRange(range) : value}`);
    }
    if (hasBody) lines.push('');
    return Buffer.from(`${lines.join('\r\n')}\r\n`, 'utf8');
  }
}
