/** Ranges of one message that may be apart at a time; a sender in order needs one. */
export const MAX_RANGES = 1024;

/**
 * The set of bytes of one message that have arrived, as sorted, merged, half-open ranges of 0-based
 * positions. Memory is bounded by MAX_RANGES, never by the numbers a peer sends (RFC 4975 §14.5).
 */
export class ByteRanges {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #received = 0;

  /** How many different bytes have arrived. */
  get received(): number {
    return this.#received;
  }

  /** Position after the highest byte that has arrived, 0 while there is none. */
  get end(): number {
    return this.#ends.at(-1) ?? 0;
  }

  /** How many separate ranges are kept. */
  get count(): number {
    return this.#starts.length;
  }

  /**
   * Adds the bytes from `start` up to, not including, `end`. Returns false, and changes nothing, when
   * that would need more than MAX_RANGES separate ranges.
   */
  add(start: number, end: number): boolean {
    if (end <= start) return true;
    const first = firstAtLeast(this.#ends, start);
    const afterLast = firstAtLeast(this.#starts, end + 1, first);
    const merged = afterLast - first;
    if (merged === 0 && this.#starts.length >= MAX_RANGES) return false;
    let from = start;
    let to = end;
    for (let index = first; index < afterLast; index += 1) {
      const rangeStart = this.#starts[index] ?? 0;
      const rangeEnd = this.#ends[index] ?? 0;
      this.#received -= rangeEnd - rangeStart;
      from = Math.min(from, rangeStart);
      to = Math.max(to, rangeEnd);
    }
    this.#received += to - from;
    if (merged === 1) {
      this.#starts[first] = from;
      this.#ends[first] = to;
    } else {
      this.#starts.splice(first, merged, from);
      this.#ends.splice(first, merged, to);
    }
    return true;
  }

  /** Whether every byte from 0 up to `total` is there, and none beyond it (RFC 4975 §7.3.1). */
  complete(total: number): boolean {
    if (total === 0) return this.#starts.length === 0;
    return this.#starts.length === 1 && this.#starts[0] === 0 && this.#ends[0] === total;
  }
}

/** Index of the first value not below `wanted` in a sorted list, its length if there is none. */
function firstAtLeast(values: readonly number[], wanted: number, from = 0): number {
  let low = from;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
