import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PushFacts } from '../history/history.ts';

/** How long a removal can be undone, in milliseconds. */
export const UNDO_MS = 10_000;
/** Pushes removed in one step, so that others are not held up. */
const STEP = 100;

export type RemovalsOptions = {
  /** Removes pushes for good; never rejects. What it could not remove is no longer hidden. */
  readonly remove: (ids: readonly string[]) => Promise<void>;
  /** The time for Undo; UNDO_MS when absent. */
  readonly undoMs?: number;
};

type Removal = { readonly facts: readonly PushFacts[]; readonly timer: NodeJS.Timeout };

/** Removals that can still be undone: until then their pushes are only hidden, and nothing of them is touched. */
export class Removals {
  readonly #options: RemovalsOptions;
  readonly #pending = new Map<string, Removal>();
  readonly #hidden = new Map<string, PushFacts>();
  #working: Promise<void> = Promise.resolve();

  constructor(options: RemovalsOptions) {
    this.#options = options;
  }

  /** Hides pushes, and removes them when the time for Undo is over. Answers what `undo` takes. */
  add(facts: readonly PushFacts[]): string {
    const removal = randomUUID();
    const timer = setTimeout(() => void this.#perform(removal), this.#options.undoMs ?? UNDO_MS);
    this.#pending.set(removal, { facts, timer });
    for (const one of facts) this.#hidden.set(one.id, one);
    return removal;
  }

  /** Shows the pushes of a removal again. Answers them; empty when it is too late. */
  undo(removal: string): readonly string[] {
    const found = this.#pending.get(removal);
    if (found === undefined) return [];
    this.#pending.delete(removal);
    clearTimeout(found.timer);
    for (const { id } of found.facts) this.#hidden.delete(id);
    return found.facts.map(({ id }) => id);
  }

  /** Whether a push waits to be removed. */
  hides(push: string): boolean {
    return this.#hidden.has(push);
  }

  /** All that waits to be removed. */
  get hidden(): Iterable<PushFacts> {
    return this.#hidden.values();
  }

  /** Performs what waits: the app is quitting. */
  async close(): Promise<void> {
    for (const removal of [...this.#pending.keys()]) void this.#perform(removal);
    await this.#working;
  }

  #perform(removal: string): Promise<void> {
    const found = this.#pending.get(removal);
    this.#pending.delete(removal);
    if (found === undefined) return this.#working;
    clearTimeout(found.timer);
    this.#working = this.#working.then(() => this.#remove(found.facts.map(({ id }) => id)));
    return this.#working;
  }

  async #remove(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += STEP) {
      const step = ids.slice(from, from + STEP);
      await this.#options.remove(step);
      for (const id of step) this.#hidden.delete(id);
      await nextTurn();
    }
  }
}
