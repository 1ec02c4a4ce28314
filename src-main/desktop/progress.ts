import type { Progress } from '../agent/events.ts';
import type { ProgressView } from '../ipc/contract.ts';

/** The window hears of progress this often. */
export const PROGRESS_INTERVAL_MS = 250;
/** Weight of the newest speed in the smoothed one. */
const SMOOTHING = 0.4;

type Track = { received: number; at: number; bytesPerSecond: number };

/** Follows running transfers: smooths their speed and hands out what changed, at most four times a second. */
export class ProgressBoard {
  readonly #tell: (progress: readonly ProgressView[]) => void;
  readonly #tracks = new Map<string, Track>();
  readonly #views = new Map<string, ProgressView>();
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | null = null;

  constructor(tell: (progress: readonly ProgressView[]) => void) {
    this.#tell = tell;
  }

  get current(): readonly ProgressView[] {
    return [...this.#views.values()];
  }

  /** `at` in ms since the epoch. */
  report(progress: Progress, at: number): void {
    const { offer, index, received, total } = progress;
    const key = `${offer} ${index}`;
    const track = this.#tracks.get(key) ?? { received: 0, at: at - PROGRESS_INTERVAL_MS, bytesPerSecond: 0 };
    const seconds = (at - track.at) / 1000;
    if (seconds > 0) {
      const now = (received - track.received) / seconds;
      const before = track.bytesPerSecond;
      track.bytesPerSecond = before === 0 ? now : before + SMOOTHING * (now - before);
      track.received = received;
      track.at = at;
    }
    this.#tracks.set(key, track);
    const bytesPerSecond = Math.max(0, Math.round(track.bytesPerSecond));
    this.#views.set(key, { offer, index, received, total, bytesPerSecond });
    this.#changed.add(key);
    this.#timer ??= setTimeout(() => this.#flush(), PROGRESS_INTERVAL_MS);
  }

  /** A file, or with no index the whole offer, has ended. */
  end(offer: string, index?: number): void {
    for (const [key, view] of this.#views) {
      if (view.offer !== offer || (index !== undefined && view.index !== index)) continue;
      this.#views.delete(key);
      this.#tracks.delete(key);
      this.#changed.delete(key);
    }
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = null;
    const changed = [...this.#changed].flatMap((key) => this.#views.get(key) ?? []);
    this.#changed.clear();
    if (changed.length > 0) this.#tell(changed);
  }
}
