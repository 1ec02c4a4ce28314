import type { SipResponse } from '../../sip/message.ts';
import { headerParameter } from '../../sip/name-addr.ts';
import { type Flow, isReliable } from './flow.ts';

/** RFC 3261 §17.1.2.1: the longest interval between two repetitions, and the time for all of them, in units of T1. */
const T2_IN_T1 = 8;
const LIFETIME_IN_T1 = 64;
/** Requests of the core's own that are repeated at a time; more are sent once. */
const MAX_REPETITIONS = 2000;

/** What a repetition is of: an INVITE's intervals double without end (Timer A), all others' up to T2 (Timers E, G). */
export type Repeated = 'invite' | 'other';

/**
 * Sends one message again and again over a flow that may lose it, until it is answered or acknowledged, for 64·T1
 * at most (RFC 3261 §17.1.1.2, §17.1.2.2, §17.2.1). Whoever owns it sent the message once already.
 */
export class Repetition {
  readonly #flow: Flow;
  readonly #bytes: Buffer;
  readonly #t1: number;
  readonly #longest: number;
  readonly #deadline: number;
  readonly #onGivenUp: () => void;
  #interval: number;
  #timer: NodeJS.Timeout;

  private constructor(flow: Flow, bytes: Buffer, t1: number, repeated: Repeated, onGivenUp: () => void) {
    this.#onGivenUp = onGivenUp;
    this.#flow = flow;
    this.#bytes = bytes;
    this.#t1 = t1;
    this.#longest = repeated === 'invite' ? LIFETIME_IN_T1 * t1 : T2_IN_T1 * t1;
    this.#deadline = performance.now() + LIFETIME_IN_T1 * t1;
    this.#interval = t1;
    this.#timer = this.#wait();
  }

  /** Begins to repeat. Null where the flow loses nothing. `t1` in milliseconds. */
  static begin(
    flow: Flow,
    bytes: Buffer,
    t1: number,
    repeated: Repeated,
    onGivenUp: () => void = () => {},
  ): Repetition | null {
    return isReliable(flow) ? null : new Repetition(flow, bytes, t1, repeated, onGivenUp);
  }

  /** A provisional answer came to a request other than INVITE: from now on every T2 (RFC 3261 §17.1.2.2). */
  slowDown(): void {
    this.#interval = T2_IN_T1 * this.#t1;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(): NodeJS.Timeout {
    return setTimeout(() => this.#again(), this.#interval);
  }

  #again(): void {
    if (performance.now() >= this.#deadline || this.#flow.send(this.#bytes) !== 'sent') {
      this.#onGivenUp();
      return;
    }
    this.#interval = Math.min(this.#interval * 2, this.#longest);
    this.#timer = this.#wait();
  }
}

/** The core's own requests that wait for an answer over flows that may lose them, by Via branch. None is an INVITE. */
export class Repetitions {
  readonly #t1: number;
  readonly #byBranch = new Map<string, Repetition>();

  /** `t1` in milliseconds. */
  constructor(t1: number) {
    this.#t1 = t1;
  }

  /** Begins to repeat a request that was sent just now. */
  begin(branch: string, flow: Flow, bytes: Buffer): void {
    if (this.#byBranch.size >= MAX_REPETITIONS) return;
    const repetition = Repetition.begin(flow, bytes, this.#t1, 'other', () => this.#byBranch.delete(branch));
    if (repetition !== null) this.#byBranch.set(branch, repetition);
  }

  /** A response came, which ends a repetition when it is final (RFC 3261 §17.1.2.2). */
  answered(response: SipResponse): void {
    const via = response.topVia;
    const branch = via === null ? '' : (headerParameter(via, 'branch') ?? '');
    if (response.code >= 200) this.stop(branch);
    else this.#byBranch.get(branch)?.slowDown();
  }

  stop(branch: string): void {
    this.#byBranch.get(branch)?.stop();
    this.#byBranch.delete(branch);
  }

  close(): void {
    for (const branch of [...this.#byBranch.keys()]) this.stop(branch);
  }
}
