/** GRUUs must be refreshed this long before they run out (RFC 5627 §4.2). */
const REFRESH_MARGIN_S = 32;
/** Over UDP without an outbound flow a core that lost its bindings shows only at a refresh, so those come often. */
const BLIND_REFRESH_S = 60;
/** First wait after a failed REGISTER; it doubles up to the maximum. */
const RETRY_BASE_S = 5;
const RETRY_MAX_S = 300;
/** The same after a refusal: the core may come to know us, but is not to be bothered. */
const REFUSED_BASE_S = 300;
const REFUSED_MAX_S = 1_800;

/** When a registration acts next, and when its binding ends unless it does. All times in seconds. */
export class RegisterSchedule {
  readonly #lapsed: () => void;
  #timer: NodeJS.Timeout | null = null;
  #lapse: NodeJS.Timeout | null = null;
  #failures = 0;

  /** `lapsed` is called when a binding runs out without a refresh. */
  constructor(lapsed: () => void) {
    this.#lapsed = lapsed;
  }

  /** Does one thing later, in place of what was planned before. */
  after(seconds: number, action: () => void): void {
    this.clear();
    this.#timer = setTimeout(action, seconds * 1000);
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** The core granted a binding for this long. */
  granted(seconds: number): void {
    this.#failures = 0;
    this.ended();
    this.#lapse = setTimeout(this.#lapsed, seconds * 1000).unref();
  }

  /** Whether the core may still have a binding of ours. */
  get isGranted(): boolean {
    return this.#lapse !== null;
  }

  /** The binding is over, or given up. */
  ended(): void {
    if (this.#lapse !== null) clearTimeout(this.#lapse);
    this.#lapse = null;
  }

  /** Forgets earlier failures: the user asked. */
  forgive(): void {
    this.#failures = 0;
  }

  /** How long to wait after a failure: doubling, of which 50 to 100 % is drawn (the shape of RFC 5626 §4.5). */
  wait(refused: boolean): number {
    const [base, most] = refused ? [REFUSED_BASE_S, REFUSED_MAX_S] : [RETRY_BASE_S, RETRY_MAX_S];
    const wait = Math.min(most, base * 2 ** this.#failures) * (0.5 + Math.random() / 2);
    this.#failures += 1;
    return wait;
  }
}

/**
 * Seconds to wait before a refresh: at least 32 s before the end, or half of a short life (RFC 5627 §4.2); `blind`
 * where nothing else would show that the core forgot us.
 */
export function refreshAfter(expires: number, blind = false): number {
  const regular =
    expires < 2 * REFRESH_MARGIN_S ? expires / 2 : Math.min(expires - REFRESH_MARGIN_S, expires * 0.9);
  return blind ? Math.min(regular, BLIND_REFRESH_S) : regular;
}
