import type { History } from '../history/history.ts';
import type { PushRecord } from '../history/records.ts';

/** Changes of pushes are told in batches this far apart, in ms. */
const BATCH_INTERVAL_MS = 50;

/**
 * Passes changed pushes on to the windows, the last state of each only. A running push does not know that the user
 * has read, pinned or removed it meanwhile: history does, so history has the last word on these.
 */
export class PushRelay {
  readonly #history: Pick<History, 'get'>;
  readonly #tell: (record: PushRecord) => void;
  readonly #changed = new Map<string, PushRecord>();
  #timer: NodeJS.Timeout | null = null;

  constructor(history: Pick<History, 'get'>, tell: (record: PushRecord) => void) {
    this.#history = history;
    this.#tell = tell;
  }

  changed(record: PushRecord): void {
    this.#changed.set(record.id, record);
    this.#timer ??= setTimeout(() => void this.#flush(), BATCH_INTERVAL_MS);
  }

  /** What has not been told yet is dropped. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#changed.clear();
  }

  async #flush(): Promise<void> {
    this.#timer = null;
    const records = [...this.#changed.values()];
    this.#changed.clear();
    for (const record of records) {
      const kept = await this.#kept(record.id);
      if (kept !== null) this.#tell({ ...record, read: kept.read, pinned: kept.pinned });
    }
  }

  async #kept(id: string): Promise<PushRecord | null> {
    try {
      return await this.#history.get(id);
    } catch {
      // The app is closing: there is no window left to tell.
      return null;
    }
  }
}
