/** The number of a statement, and its values. Numbers are whole and safe. */
export type Row = readonly [statement: number, ...values: readonly RowValue[]];
export type RowValue = string | number | null | Buffer;

/** What begins each value, and what follows: nothing, a double, or a length of 32 bits and as many bytes. */
export const VALUE = { nothing: 0, number: 1, text: 2, blob: 3 } as const;

const FIRST_BYTES = 64 * 1024;
/** Memory that is kept for the next rows; what a flood needed beyond it is given back. */
const KEPT_BYTES = 2 * 1024 * 1024;
/** Kind and length of a value, or kind and number. */
const VALUE_HEAD = 1 + 8;
/** Bytes that a character takes in UTF-8 at most. */
const CHARACTER = 3;

/**
 * Rows on their way to another thread, one behind the other in memory that is not JavaScript's: thousands of them may
 * wait for the disk without being moved about by the garbage collector. `row-writer-thread.cjs` reads them.
 */
export class RowPack {
  #memory = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #from = 0;
  #to = 0;

  /** Adds the rows of one write; answers how many bytes they take. @throws Error when there is no memory for them. */
  add(rows: readonly Row[]): number {
    const before = this.#to - this.#from;
    try {
      this.#reserve(1);
      this.#addByte(rows.length);
      for (const row of rows) {
        this.#reserve(2);
        this.#addByte(row[0]);
        this.#addByte(row.length - 1);
        for (let at = 1; at < row.length; at += 1) this.#addValue(row[at] ?? null);
      }
      return this.#to - this.#from - before;
    } catch (error) {
      // Half a write would put all that follow out of step.
      this.#to = this.#from + before;
      throw error;
    }
  }

  /** Takes the first `into.length` bytes off. */
  take(into: Uint8Array): void {
    into.set(this.#memory.subarray(this.#from, this.#from + into.length));
    this.skip(into.length);
  }

  /** Throws the first so many bytes away. */
  skip(bytes: number): void {
    this.#from += bytes;
    if (this.#from === this.#to) this.#empty();
  }

  #addValue(value: RowValue): void {
    if (value === null) {
      this.#head(VALUE.nothing);
    } else if (typeof value === 'number') {
      this.#head(VALUE.number);
      this.#to = this.#memory.writeDoubleLE(value, this.#to);
    } else if (typeof value === 'string') {
      this.#head(VALUE.text, value.length * CHARACTER);
      const length = this.#memory.write(value, this.#to + 4);
      this.#to = this.#memory.writeUInt32LE(length, this.#to) + length;
    } else {
      this.#head(VALUE.blob, value.length);
      this.#to = this.#memory.writeUInt32LE(value.length, this.#to);
      this.#to += value.copy(this.#memory, this.#to);
    }
  }

  #head(kind: number, bytes = 0): void {
    this.#reserve(VALUE_HEAD + bytes);
    this.#addByte(kind);
  }

  #addByte(byte: number): void {
    this.#memory[this.#to] = byte;
    this.#to += 1;
  }

  #reserve(bytes: number): void {
    if (this.#to + bytes <= this.#memory.length) return;
    const used = this.#memory.subarray(this.#from, this.#to);
    const needed = used.length + bytes;
    // Where half would be free, what there is moves to the front; otherwise it gets twice the room.
    if (needed * 2 > this.#memory.length) this.#memory = Buffer.allocUnsafeSlow(needed * 2);
    this.#memory.set(used);
    this.#from = 0;
    this.#to = used.length;
  }

  #empty(): void {
    this.#from = 0;
    this.#to = 0;
    if (this.#memory.length > KEPT_BYTES) this.#memory = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }
}
