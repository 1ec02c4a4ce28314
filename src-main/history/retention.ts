import type { History, OldPush } from './history.ts';
import { idsFrom } from './push-id.ts';

/** What history keeps at most; null for no limit. Pinned pushes and those still open are never removed. */
export type Retention = {
  readonly pushes: number | null;
  readonly days: number | null;
  /** Content and received files that history counts, in bytes. Received files themselves stay where they are. */
  readonly bytes: number | null;
};

export const KEEP_ALL: Retention = { pushes: null, days: null, bytes: null };

/** Pushes removed in one step, so that others are not held up. */
const STEP = 100;
/** How often limits are looked at, in milliseconds. */
const INTERVAL_MS = 60_000;
const DAY_MS = 86_400_000;

export type RetentionOptions = {
  readonly history: Pick<History, 'counts' | 'oldest'>;
  /** Removes pushes for good. */
  readonly remove: (ids: readonly string[]) => Promise<void>;
  readonly limits: () => Retention;
  /** These were removed. */
  readonly onRemoved?: (ids: readonly string[]) => void;
};

/** Removes the oldest pushes beyond the limits: at once, and every minute from then on. */
export class RetentionKeeper {
  readonly #options: RetentionOptions;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.apply(), INTERVAL_MS);
    this.#timer.unref();
  }

  /** Applies the limits as they are now; resolves when they hold. */
  apply(): Promise<void> {
    this.#running = this.#running.then(() => this.#apply()).catch(() => {});
    return this.#running;
  }

  /** Ends after the step under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  async #apply(): Promise<void> {
    const { history, remove, onRemoved } = this.#options;
    while (!this.#closed) {
      const limits = this.#options.limits();
      if (limits.pushes === null && limits.days === null && limits.bytes === null) return;
      const { total, bytes } = await history.counts();
      const excess = beyond(limits, { total, bytes }, history.oldest(STEP), Date.now());
      if (excess.length === 0) return;
      await remove(excess);
      onRemoved?.(excess);
    }
  }
}

/** Which of the oldest pushes are too old or too many, the oldest first. `now` in milliseconds since 1970. */
export function beyond(
  limits: Retention,
  kept: { readonly total: number; readonly bytes: number },
  oldest: readonly OldPush[],
  now: number,
): readonly string[] {
  const cutoff = limits.days === null ? '' : idsFrom(now - limits.days * DAY_MS);
  const excess: string[] = [];
  let { total, bytes } = kept;
  for (const push of oldest) {
    const isTooOld = push.id < cutoff;
    const isTooMany = limits.pushes !== null && total > limits.pushes;
    const isTooMuch = limits.bytes !== null && bytes > limits.bytes;
    if (!isTooOld && !isTooMany && !isTooMuch) continue;
    excess.push(push.id);
    total -= 1;
    bytes -= push.bytes;
  }
  return excess;
}
