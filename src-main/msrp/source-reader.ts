/** Cuts a source of buffers into slices of a wanted size without copying. */
export class SourceReader {
  readonly #iterator: AsyncIterator<Buffer> | Iterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer> | Iterable<Buffer>) {
    this.#iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** At least one byte and at most `limit`, or null at the end of the source. */
  async read(limit: number): Promise<Buffer | null> {
    while (this.#rest.length === 0) {
      const next = await this.#iterator.next();
      if (next.done === true) return null;
      this.#rest = next.value;
    }
    const slice = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(slice.length);
    return slice;
  }

  /** Lets a source that was not read to its end free what it holds. */
  async close(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch {
      // The outcome is settled: a source that fails to close changes nothing.
    }
  }
}
