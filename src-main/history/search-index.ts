import type { Row } from './row-pack.ts';
import type { RowStatement } from './row-writer.ts';
import { INDEX_NEXT, NOTE_INDEXED } from './search-table.ts';

/** Rows of one step: it delays the commit of what is pushed meanwhile by no more than these take. */
const STEP_ROWS = 200;
/** Quiet after a write before it is indexed, so that a burst comes first, in milliseconds. */
const DELAY_MS = 250;
/** Rows a search waits for; where more are behind, as after a flood, it finds what is indexed. */
const AWAITED_ROWS = 10 * STEP_ROWS;

/** Statements for a row writer; their numbers follow those before them. */
export const INDEX_STATEMENTS: readonly RowStatement[] = [{ sql: INDEX_NEXT }, { sql: NOTE_INDEXED }];

export type SearchIndexOptions = {
  /** Number of the first of INDEX_STATEMENTS for the row writer. */
  readonly firstStatement: number;
  /** Runs rows in a transaction; resolves when they are committed. */
  readonly write: (rows: readonly Row[]) => Promise<void>;
  /** Rows at most that are not indexed yet. */
  readonly behind: () => number;
};

/** Brings the full-text index up to date, beside the writes it follows and after bursts of them. */
export class SearchIndex {
  readonly #options: SearchIndexOptions;
  #timer: NodeJS.Timeout | null = null;
  /** Writes since the timer was set. */
  #isBusy = false;
  #isAwaited = false;
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(options: SearchIndexOptions) {
    this.#options = options;
  }

  /** Pushes were written: they will be indexed as soon as no more come. */
  changed(): void {
    this.#isBusy = true;
    if (this.#timer === null && !this.#closed) this.#wait();
  }

  /** Resolves when everything written so far can be found; at once where that would take long. */
  async caughtUp(): Promise<void> {
    if (this.#closed) return;
    const behind = this.#options.behind();
    if (behind === 0) return;
    this.#isAwaited = true;
    const done = this.#run();
    if (behind <= AWAITED_ROWS) await done;
    this.#isAwaited = false;
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#isBusy = false;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#isBusy) this.#wait();
      else void this.#run();
    }, DELAY_MS);
    this.#timer.unref();
  }

  #run(): Promise<void> {
    this.#running ??= this.#steps().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #steps(): Promise<void> {
    const { firstStatement, write, behind } = this.#options;
    try {
      while (!this.#closed && behind() > 0) {
        await write([
          [firstStatement, STEP_ROWS],
          [firstStatement + 1, STEP_ROWS],
        ]);
        // A burst comes first, unless a search waits; its end starts the rest.
        if (this.#isBusy && !this.#isAwaited) return;
      }
    } catch {
      // A busy or full disk: the next write or search tries again.
      this.changed();
    }
  }
}
