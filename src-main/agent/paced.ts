/**
 * Runs an action at once when it is asked for, but never twice within a pause: what is asked for in the pause runs once,
 * when it is over. So a core that asks for the same again and again gets it, at our pace.
 */
export class Paced {
  readonly #action: () => void;
  readonly #pauseMs: number;
  #ranAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(action: () => void, pauseMs: number) {
    this.#action = action;
    this.#pauseMs = pauseMs;
  }

  ask(): void {
    if (this.#timer !== null) return;
    const wait = this.#ranAt + this.#pauseMs - Date.now();
    // A clock that was set back must not make it wait for longer than the pause.
    if (wait > 0) this.#timer = setTimeout(() => this.#run(), Math.min(wait, this.#pauseMs));
    else this.#run();
  }

  /** Forgets what was asked for. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #run(): void {
    this.#timer = null;
    this.#ranAt = Date.now();
    this.#action();
  }
}
