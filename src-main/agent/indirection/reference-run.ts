import type { PushUpdate } from '../../history/history.ts';
import type { PushRecord, ReferenceRecord } from '../../history/records.ts';
import type { PushFailure } from '../events.ts';
import { type LivePush, messageOf } from '../live-push.ts';

/** Why content could not be had. */
export type ContentFailure = {
  readonly cause: PushFailure;
  /** A sentence. */
  readonly reason: string;
};

/** What becomes of a push whose contents were fetched. */
export type RunOutcome = {
  /** What is needed of it is kept. */
  readonly arrived: (push: LivePush) => void;
  /** Something that is needed could not be had. */
  readonly failed: (push: LivePush, failure: ContentFailure) => void;
};

/** Contents that are fetched for one push at a time: each changes its record in its turn, the last says what became of it. */
export class ReferenceRun {
  readonly push: LivePush;
  readonly #outcome: RunOutcome;
  #left: number;
  #failures: readonly ContentFailure[] = [];
  #lastTurn: Promise<void> = Promise.resolve();
  /** Which of them the preview is of. */
  #speaker = Number.POSITIVE_INFINITY;

  /** Begins for as many contents as the push still misses. */
  constructor(push: LivePush, contents: number, outcome: RunOutcome) {
    this.push = push;
    this.#left = contents;
    this.#outcome = outcome;
    // Before anything is kept it is the message itself that speaks.
    if (push.record.preview !== null)
      this.#speaker = push.record.references.findIndex(({ sha256 }) => sha256 !== null);
  }

  /** Runs what may change the record of the push, after all that came before. What it rejects with fails the push. */
  inTurn(work: () => Promise<void> | void): void {
    this.#lastTurn = this.#lastTurn.then(work).catch((error: unknown) => {
      this.#outcome.failed(this.push, { cause: 'disk', reason: messageOf(error) });
    });
  }

  /** Resolves when nothing is to run any more. */
  async settled(): Promise<void> {
    for (let last: Promise<void> | null = null; last !== this.#lastTurn; ) {
      last = this.#lastTurn;
      await last;
    }
  }

  /** Tells how much has come of one. */
  progress(index: number, received: number): void {
    this.push.show({ references: this.#with(index, { received }) });
  }

  /** What changes of the push by a content that is kept. With the last it is `received`, unless one has failed. */
  changeBy(
    index: number,
    kept: Partial<ReferenceRecord>,
    { preview, mismatch }: Pick<PushRecord, 'preview' | 'mismatch'>,
  ): PushUpdate {
    const { record } = this.push;
    // The first of them that says anything speaks for the push, whichever comes first.
    const speaks = preview !== null && index < this.#speaker;
    if (speaks) this.#speaker = index;
    const isWhole = this.#left === 1 && this.#failures.length === 0;
    return {
      ...(isWhole ? { state: 'received', reason: null } : {}),
      references: this.#with(index, { ...kept, problem: null }),
      preview: speaks ? preview : record.preview,
      mismatch: record.mismatch || mismatch,
    };
  }

  /** One is kept. */
  done(): void {
    this.#settled();
  }

  /** One could not be had; the push stands without it where it is `optional` (RFC 4483 §5.5). */
  failed(index: number, failure: ContentFailure, optional: boolean): void {
    const { push } = this;
    const { references } = push.record;
    const which = references.length > 1 ? `${references[index]?.url}: ` : '';
    const comfort = optional ? ' The sender can do without it.' : '';
    const detail = `${which}${failure.reason}${comfort}`;
    push.log({ side: 'local', ok: false, title: 'Content not fetched', detail });
    push.show({ references: this.#with(index, { problem: failure.reason, received: 0 }) });
    if (!optional) this.#failures = [...this.#failures, failure];
    this.#settled();
  }

  #with(index: number, change: Partial<ReferenceRecord>): readonly ReferenceRecord[] {
    return this.push.record.references.map((one, at) => (at === index ? { ...one, ...change } : one));
  }

  #settled(): void {
    this.#left -= 1;
    if (this.#left > 0) return;
    const { push } = this;
    const [first] = this.#failures;
    if (first === undefined) {
      this.#outcome.arrived(push);
      return;
    }
    const { length } = push.record.references;
    const some = `${this.#failures.length} of ${length} contents could not be fetched. ${first.reason}`;
    this.#outcome.failed(push, { cause: first.cause, reason: length === 1 ? first.reason : some });
  }
}
