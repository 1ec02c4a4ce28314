const NOTHING = Buffer.alloc(0);

/** The exact bytes of a head that is being read, for the trace: a view where it came in one piece, a copy where not. */
export class RawHead {
  /** What came of it with earlier pieces. */
  #before: Buffer = NOTHING;
  /** Where it begins in the piece at hand, or null while there is none. */
  #from: number | null = null;
  #piece: Buffer = NOTHING;
  #to = 0;

  /** A head begins here in the piece that is read now. */
  begin(from: number): void {
    this.#before = NOTHING;
    this.#from = from;
  }

  /** A line of it ends here. */
  reached(piece: Buffer, to: number): void {
    this.#piece = piece;
    this.#to = to;
  }

  /** The head, which ends with the line reached last. */
  take(): Buffer {
    const last = this.#piece.subarray(this.#from ?? 0, this.#to);
    const whole = this.#before.length === 0 ? last : Buffer.concat([this.#before, last]);
    this.clear();
    return whole;
  }

  /** What there is of it, and all that follows: it is no MSRP. */
  rest(piece: Buffer): Buffer {
    const whole = Buffer.concat([this.#before, piece.subarray(this.#from ?? 0)]);
    this.clear();
    return whole;
  }

  clear(): void {
    this.#before = NOTHING;
    this.#from = null;
    this.#piece = NOTHING;
  }

  /** The piece is used up: what belongs to a head that goes on is kept. */
  suspend(piece: Buffer): void {
    this.#piece = NOTHING;
    if (this.#from === null) return;
    this.#before = Buffer.concat([this.#before, piece.subarray(this.#from)]);
    this.#from = 0;
  }
}
