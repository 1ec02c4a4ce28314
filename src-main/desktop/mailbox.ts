import type { WindowEvent } from '../ipc/contract.ts';

/** Events that wait for a window; more would not be read. */
const MAX_WAITING = 50;
/** The same sentence is not said again within this time. */
const REPEAT_MS = 5_000;

/**
 * Sends what must not be lost: notices and selections wait until a window has asked for the state. A notice that
 * repeats itself is sent once in five seconds, so that a failing disk does not flood the window.
 */
export class Mailbox {
  readonly #tell: (event: WindowEvent) => void;
  readonly #saidAt = new Map<string, number>();
  #waiting: WindowEvent[] = [];
  #open = false;

  constructor(tell: (event: WindowEvent) => void) {
    this.#tell = tell;
  }

  notice(tone: 'info' | 'warning' | 'error', text: string): void {
    const now = Date.now();
    const last = this.#saidAt.get(text);
    if (last !== undefined && now - last < REPEAT_MS) return;
    this.#saidAt.delete(text);
    this.#saidAt.set(text, now);
    for (const old of this.#saidAt.keys()) {
      if (this.#saidAt.size <= MAX_WAITING) break;
      this.#saidAt.delete(old);
    }
    this.#post({ kind: 'notice', tone, text });
  }

  /** Shows a push in the window. */
  select(push: string): void {
    this.#post({ kind: 'select-push', push });
  }

  /** A window listens now: what waited is sent. */
  open(): void {
    this.#open = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const event of waiting) this.#tell(event);
  }

  /** The last window has gone: what comes now waits for the next one. */
  close(): void {
    this.#open = false;
  }

  #post(event: WindowEvent): void {
    if (this.#open) this.#tell(event);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(event);
  }
}
