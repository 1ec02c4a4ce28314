import type { History, PushUpdate } from '../history/history.ts';
import type { DeliveryEntry, PushRecord } from '../history/records.ts';
import type { Emit } from './events.ts';

/** Lines of a timeline; a peer that makes more of them is no longer worth writing about. */
const MAX_DELIVERY_ENTRIES = 500;

/**
 * A push that is still going on: its record as it stands, kept in step with history and told to the world.
 * The first write decides whether the push may be answered; later ones may lag and report their own failure.
 */
export class LivePush {
  readonly #history: History;
  readonly #emit: Emit;
  #record: PushRecord;

  constructor(history: History, emit: Emit, record: PushRecord) {
    this.#history = history;
    this.#emit = emit;
    this.#record = record;
  }

  get id(): string {
    return this.#record.id;
  }

  get record(): PushRecord {
    return this.#record;
  }

  /** Keeps the push durably; rejects when history cannot. Nothing is told before that. */
  keep(content?: Buffer): Promise<void> {
    return this.#history
      .add(this.#record, content)
      .then(() => this.#emit({ event: 'push-changed', record: this.#record }));
  }

  /** Changes state; the change is told at once and written soon after. */
  update(change: PushUpdate): void {
    this.#record = { ...this.#record, ...change };
    this.#report(this.#history.update(this.id, change));
    this.#emit({ event: 'push-changed', record: this.#record });
  }

  /** Tells a change without writing it: one that is kept already, or that is only on its way. */
  show(change: PushUpdate): void {
    this.#record = { ...this.#record, ...change };
    this.#emit({ event: 'push-changed', record: this.#record });
  }

  /** Adds a line to the delivery timeline. */
  log(entry: Omit<DeliveryEntry, 'at' | 'file'> & { readonly file?: number }): void {
    if (this.#record.delivery.length >= MAX_DELIVERY_ENTRIES) return;
    const full: DeliveryEntry = { file: null, ...entry, at: new Date().toISOString() };
    this.#record = { ...this.#record, delivery: [...this.#record.delivery, full] };
    this.#report(this.#history.appendDelivery(this.id, [full]));
    this.#emit({ event: 'delivery', push: this.id, entry: full });
    this.#emit({ event: 'push-changed', record: this.#record });
  }

  #report(write: Promise<void>): void {
    write.catch((error: unknown) => {
      this.#emit({ event: 'error', message: `History could not be written: ${messageOf(error)}` });
    });
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
