import { randomUUID } from 'node:crypto';
import type { PushResult, SentFile } from './results.ts';
import { type ApplicationStatus, statusOfSip } from './status.ts';

/** Results that are kept; older ones are forgotten. */
const MAX_RESULTS = 200;
/** Progress of one push is told this often at most. */
const PROGRESS_INTERVAL_MS = 250;

type NewResult = Pick<PushResult, 'method' | 'to' | 'application' | 'label' | 'files'>;
type Change = Partial<Pick<PushResult, 'state' | 'code' | 'reason' | 'status' | 'files' | 'capabilities'>>;

/** One push's result as it changes. Ends once; what comes later is not told. */
export class LiveResult {
  readonly #tell: (result: PushResult) => void;
  readonly #startedAt = performance.now();
  readonly #done: Promise<PushResult>;
  #resolve: (result: PushResult) => void = () => {};
  #result: PushResult;
  #toldAt = 0;

  constructor(push: NewResult, tell: (result: PushResult) => void) {
    this.#tell = tell;
    this.#done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#result = {
      id: randomUUID(),
      at: new Date().toISOString(),
      state: 'sending',
      code: null,
      status: null,
      reason: '',
      milliseconds: null,
      ...push,
    };
  }

  get result(): PushResult {
    return this.#result;
  }

  /** The last state, once there is one. */
  get done(): Promise<PushResult> {
    return this.#done;
  }

  get over(): boolean {
    return this.#result.milliseconds !== null;
  }

  change(change: Change): void {
    if (this.over) return;
    this.#result = { ...this.#result, ...change };
    this.#tell(this.#result);
  }

  changeFile(index: number, change: Partial<SentFile>): void {
    this.change({ files: this.#withFile(index, change) });
  }

  /** Like changeFile, but told a few times a second only. */
  progress(index: number, change: Partial<SentFile>): void {
    if (this.over) return;
    this.#result = { ...this.#result, files: this.#withFile(index, change) };
    const now = performance.now();
    if (now - this.#toldAt < PROGRESS_INTERVAL_MS) return;
    this.#toldAt = now;
    this.#tell(this.#result);
  }

  end(change: Change & Pick<PushResult, 'state' | 'reason'>): void {
    if (this.over) return;
    const milliseconds = Math.round(performance.now() - this.#startedAt);
    const ended = { ...this.#result, ...change };
    this.#result = { ...ended, status: ended.status ?? statusOf(ended), milliseconds };
    this.#tell(this.#result);
    this.#resolve(this.#result);
  }

  #withFile(index: number, change: Partial<SentFile>): readonly SentFile[] {
    return this.#result.files.map((file) => (file.index === index ? { ...file, ...change } : file));
  }
}

function statusOf({ state, code }: PushResult): ApplicationStatus {
  if (state === 'delivered') return 'accepted';
  return state === 'rejected' && code !== null ? statusOfSip(code) : 'undeliverable';
}

/** The results of one sender, newest last, bounded. */
export class ResultBoard {
  readonly #live = new Map<string, LiveResult>();
  readonly #tell: (result: PushResult) => void;

  constructor(tell: (result: PushResult) => void) {
    this.#tell = tell;
  }

  open(push: NewResult): LiveResult {
    const live = new LiveResult(push, this.#tell);
    this.#live.set(live.result.id, live);
    for (const [id, old] of this.#live) {
      if (this.#live.size <= MAX_RESULTS) break;
      if (old.over) this.#live.delete(id);
    }
    this.#tell(live.result);
    return live;
  }

  get(id: string): LiveResult | undefined {
    return this.#live.get(id);
  }
}
