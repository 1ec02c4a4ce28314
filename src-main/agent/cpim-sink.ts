import { CpimUnwrapper, MAX_CPIM_HEADER_BYTES } from '../content/cpim.ts';
import type { MessageSink } from '../msrp/incoming.ts';
import { ByteRanges } from '../msrp/ranges.ts';

type Write = MessageSink['write'];

/** Bytes from a position on; they may be there already. */
type Slice = { readonly position: number; readonly bytes: Buffer };

/**
 * Strips the CPIM headers, which stand once at the front of the joined message (PRA-MSRP-05), then writes the rest.
 * Chunks may come in any order and more than once (RFC 4975 §5.1, §7.3.1): where the content begins is read off the
 * headers, or, while those are still to come, off the length of the message and that of the file in it.
 */
export class CpimSink {
  readonly #write: Write;
  /** Bytes of the headers as the totals tell; null where these are not known. */
  readonly #told: number | null;
  readonly #unwrapper = new CpimUnwrapper();
  /** The headers as far as they came, once content came before them. */
  #apart: { readonly bytes: Buffer; readonly came: ByteRanges } | null = null;
  /** The beginning of the message, for as long as it comes in order. */
  #beginning: Buffer[] = [];
  #read = 0;
  #headerBytes: number | null = null;

  /** `messageBytes` and `contentBytes` as the sender promised them, null where it did not. */
  constructor(write: Write, messageBytes: number | null, contentBytes: number | null) {
    this.#write = write;
    const told = messageBytes === null || contentBytes === null ? null : messageBytes - contentBytes;
    this.#told = told !== null && told > 0 && told <= MAX_CPIM_HEADER_BYTES ? told : null;
  }

  /** Bytes of the message that are no content, as far as that is known. */
  get headerBytes(): number {
    return this.#headerBytes ?? this.#read;
  }

  /** @throws Error with a sentence when there are no headers, they are malformed, or not as long as the totals tell. */
  write(position: number, bytes: Buffer): void | Promise<void> {
    const slice = { position, bytes };
    if (this.#apart !== null) this.#takeApart(this.#apart, slice);
    else if (this.#headerBytes === null) this.#takeHeaders(slice);
    if (this.#headerBytes === null) return undefined;
    const content = bytes.subarray(Math.max(0, this.#headerBytes - position));
    if (content.length === 0) return undefined;
    return this.#write(Math.max(0, position - this.#headerBytes), content);
  }

  #takeHeaders(slice: Slice): void {
    const { position, bytes } = slice;
    if (position > this.#read) {
      this.#goApart(slice);
      return;
    }
    const fresh = bytes.subarray(this.#read - position);
    if (fresh.length === 0) return;
    this.#read += fresh.length;
    const { body } = this.#unwrapper.push(fresh);
    // The bytes are good during this call alone.
    if (body === null) this.#beginning.push(Buffer.from(fresh));
    else this.#headerBytes = this.#read - body.length;
  }

  /** Content came before the headers were whole: from now on these are put together on their own. */
  #goApart(slice: Slice): void {
    if (this.#told === null) throw new Error('the CPIM headers must come before the rest of the message');
    const apart = { bytes: Buffer.alloc(this.#told), came: new ByteRanges() };
    const beginning = Buffer.concat(this.#beginning);
    this.#beginning = [];
    this.#headerBytes = this.#told;
    this.#apart = apart;
    this.#takeApart(apart, { position: 0, bytes: beginning });
    this.#takeApart(apart, slice);
  }

  #takeApart({ bytes, came }: { readonly bytes: Buffer; readonly came: ByteRanges }, slice: Slice): void {
    const end = Math.min(slice.position + slice.bytes.length, bytes.length);
    if (slice.position >= end || came.received === bytes.length) return;
    slice.bytes.copy(bytes, slice.position, 0, end - slice.position);
    if (!came.add(slice.position, end)) throw new Error('the CPIM headers come in too many pieces');
    if (came.received < bytes.length) return;
    if (new CpimUnwrapper().push(bytes).body?.length !== 0)
      throw new Error('the CPIM headers are not as long as the sizes of message and file tell');
  }
}
