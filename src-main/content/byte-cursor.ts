/** Thrown when bytes end before what they announce; parsers catch it and show what they have read. */
export class OutOfBytes extends Error {
  override readonly name = 'OutOfBytes';
}

/** Groups of seven bits in a multi-byte integer of 32 bits (WAP-192 §5.1, WAP-230 §8.1.2). */
const MAX_MULTI_BYTE = 5;

/** Reads bytes in order and never beyond their end. */
export class ByteCursor {
  readonly bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.bytes.length - this.#at;
  }

  /** The next byte, which stays; null at the end. */
  peek(): number | null {
    return this.bytes[this.#at] ?? null;
  }

  /** @throws OutOfBytes at the end. */
  byte(): number {
    const byte = this.bytes[this.#at];
    if (byte === undefined) throw new OutOfBytes('the bytes end early');
    this.#at += 1;
    return byte;
  }

  /** @throws OutOfBytes when fewer than `length` bytes are left; none of them is taken then. */
  take(length: number): Buffer {
    if (length > this.remaining) throw new OutOfBytes('the bytes end early');
    const taken = this.bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  /** What is left, which may be nothing. */
  rest(): Buffer {
    return this.take(this.remaining);
  }

  /** The bytes up to a NUL, which is taken too. @throws OutOfBytes when there is no NUL. */
  untilNul(): Buffer {
    const end = this.bytes.indexOf(0, this.#at);
    if (end < 0) throw new OutOfBytes('a text has no end');
    const taken = this.take(end - this.#at);
    this.#at += 1;
    return taken;
  }

  /** mb_u_int32 and uintvar: seven bits a byte, most significant first. @throws OutOfBytes when it ends early or is too long. */
  multiByteInteger(): number {
    let value = 0;
    for (let count = 0; count < MAX_MULTI_BYTE; count += 1) {
      const byte = this.byte();
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    throw new OutOfBytes('a number is too long');
  }
}
