import { OutOfBytes } from './byte-cursor.ts';

/** Reads bits in order, most significant first and without padding, as unaligned PER packs them (X.691 §11). */
export class BitCursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Bits that are left. */
  get remaining(): number {
    return this.#bytes.length * 8 - this.#at;
  }

  /** How many whole bytes have been read or begun. */
  get bytesUsed(): number {
    return Math.ceil(this.#at / 8);
  }

  /** An unsigned integer of at most 32 bits. @throws OutOfBytes when fewer bits are left. */
  bits(count: number): number {
    if (count > this.remaining) throw new OutOfBytes('the bits end early');
    let value = 0;
    for (let left = count; left > 0; ) {
      const inByte = this.#at % 8;
      const taken = Math.min(left, 8 - inByte);
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      value = value * 2 ** taken + ((byte >> (8 - inByte - taken)) & ((1 << taken) - 1));
      this.#at += taken;
      left -= taken;
    }
    return value;
  }

  /** @throws OutOfBytes at the end. */
  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** Bytes that may begin within a byte. @throws OutOfBytes when fewer bits are left. */
  octets(count: number): Buffer {
    if (count * 8 > this.remaining) throw new OutOfBytes('the bits end early');
    return Buffer.from(Array.from({ length: count }, () => this.bits(8)));
  }
}
