import type { Progress } from '../agent/events.ts';
import type { ProgressView } from '../ipc/contract.ts';

/** The window hears of progress this often. */
export const PROGRESS_INTERVAL_MS = 250;
/** Weight of the newest speed in the smoothed one. */
const SMOOTHING = 0.4;

type Track = {
  view: ProgressView;
  changed: boolean;
  /** What had come when the speed was last worked out, and when that was (ms). */
  measuredBytes: number;
  measuredAt: number;
};

/** Follows running transfers: smooths their speed and hands out what changed, at most four times a second. */
export class ProgressBoard {
  readonly #tell: (progress: readonly ProgressView[]) => void;
  readonly #tracks = new Map<string, Track>();
  #timer: NodeJS.Timeout | null = null;

  constructor(tell: (progress: readonly ProgressView[]) => void) {
    this.#tell = tell;
  }

  get current(): readonly ProgressView[] {
    return [...this.#tracks.values()].map((track) => track.view);
  }

  report({ offer, index, received, total, chunks, answered }: Progress): void {
    const key = keyOf(offer, index);
    const track = this.#tracks.get(key);
    if (track === undefined) {
      const view = { offer, index, received, total, chunks, answered, bytesPerSecond: 0 };
      this.#tracks.set(key, { view, changed: true, measuredBytes: received, measuredAt: Date.now() });
    } else {
      track.view = { ...track.view, received, total, chunks, answered };
      track.changed = true;
    }
    this.#timer ??= setTimeout(() => this.#flush(), PROGRESS_INTERVAL_MS);
  }

  /** A file, or with no index the whole offer, has ended. */
  end(offer: string, index?: number): void {
    if (index !== undefined) {
      this.#tracks.delete(keyOf(offer, index));
      return;
    }
    for (const [key, { view }] of this.#tracks) if (view.offer === offer) this.#tracks.delete(key);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #flush(): void {
    this.#timer = null;
    const changed = [...this.#tracks.values()].filter((track) => track.changed);
    for (const track of changed) measure(track, Date.now());
    if (changed.length > 0) this.#tell(changed.map((track) => track.view));
  }
}

function measure(track: Track, now: number): void {
  const seconds = (now - track.measuredAt) / 1000;
  track.changed = false;
  if (seconds <= 0) return;
  const latest = (track.view.received - track.measuredBytes) / seconds;
  const before = track.view.bytesPerSecond;
  const smoothed = before === 0 ? latest : before + SMOOTHING * (latest - before);
  track.view = { ...track.view, bytesPerSecond: Math.max(0, Math.round(smoothed)) };
  track.measuredBytes = track.view.received;
  track.measuredAt = now;
}

function keyOf(offer: string, index: number): string {
  return `${offer} ${index}`;
}
