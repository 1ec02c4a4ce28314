/** What changes with each chunk is written this long after it changed at most. */
const DELAY_MS = 1_000;

/** Gathers what changes often, and has it written once in a while: several changes become one write. */
export class LateWrites {
  readonly #write: (changed: ReadonlySet<number>) => void;
  #changed = new Set<number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(write: (changed: ReadonlySet<number>) => void) {
    this.#write = write;
  }

  /** The thing with this number is no longer as it was written. */
  mark(number: number): void {
    this.#changed.add(number);
    this.#timer ??= setTimeout(() => this.flush(), DELAY_MS);
  }

  /** It was written along with something else. */
  written(number: number): void {
    this.#changed.delete(number);
  }

  /** Writes what waits now. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const changed = this.#changed;
    this.#changed = new Set();
    if (changed.size > 0) this.#write(changed);
  }
}
