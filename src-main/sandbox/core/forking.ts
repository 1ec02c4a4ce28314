import { type SipRequest, SipResponse } from '../../sip/message.ts';
import { bestResponse } from './best-response.ts';
import { type Flow, isReliable, isSamePeer } from './flow.ts';
import { prepareUpstream } from './forwarding.ts';
import { acknowledgement, cancellation } from './hop-requests.ts';
import { Repetition } from './repetition.ts';
import { respond } from './responses.ts';

/** How long a forked request waits, in milliseconds. */
export type ForkTimers = {
  /** For the first answer to an INVITE, any final answer to others, and the end of a cancelled branch (64*T1). */
  readonly answer: number;
  /** Timer C: for the final answer to an INVITE after each provisional one (RFC 3261 §16.6 step 11). */
  readonly invite: number;
  /** For ACKs and late answers once the final answer is sent. */
  readonly linger: number;
  /** T1: before the first repetition over a flow that loses messages (RFC 3261 §17.1.1.1). */
  readonly t1: number;
};

export const FORK_TIMERS: ForkTimers = { answer: 32_000, invite: 181_000, linger: 32_000, t1: 500 };

/** One copy of the request: `id` is its Via branch, `assertedIdentity` the URI of the user it leads to, or null. */
export type Branch = {
  readonly id: string;
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly assertedIdentity: string | null;
};

type BranchState = Branch & {
  state: 'calling' | 'proceeding' | 'completed';
  /** A CANCEL may only follow a provisional answer (RFC 3261 §9.1). */
  cancel: 'none' | 'wanted' | 'sent';
  final: SipResponse | null;
  timer: NodeJS.Timeout | null;
  /** Of the request until it is answered, then of its CANCEL. */
  repetition: Repetition | null;
};

/**
 * The response context of one forked request (RFC 3261 §16.7 to §16.10): one server transaction upstream
 * and a client transaction for each branch, which repeat what a flow may lose (RFC 3261 §17).
 */
export class ForkedRequest {
  readonly request: SipRequest;
  readonly upstream: Flow;
  readonly #timers: ForkTimers;
  readonly #branches = new Map<string, BranchState>();
  readonly #onAnswered: (code: number) => void;
  readonly #onEnded: () => void;
  #answer: SipResponse | null = null;
  /** The latest provisional answer that went upstream, beyond the 100 of the start. */
  #provisional: SipResponse | null = null;
  /** Of a final answer to INVITE, until its ACK comes. */
  #answerRepetition: Repetition | null = null;
  #cancelled = false;
  #lingering: NodeJS.Timeout | null = null;
  #ended = false;

  constructor(options: {
    readonly request: SipRequest;
    readonly upstream: Flow;
    /** At least one. */
    readonly branches: readonly Branch[];
    readonly timers: ForkTimers;
    /** The final answer, or the first of several 2xx, went upstream. */
    readonly onAnswered: (code: number) => void;
    /** Nothing more will happen: forget the transaction and its branches. */
    readonly onEnded: () => void;
  }) {
    this.request = options.request;
    this.upstream = options.upstream;
    this.#timers = options.timers;
    this.#onAnswered = options.onAnswered;
    this.#onEnded = options.onEnded;
    for (const branch of options.branches) {
      this.#branches.set(branch.id, {
        ...branch,
        state: 'calling',
        cancel: 'none',
        final: null,
        timer: null,
        repetition: null,
      });
    }
  }

  get branchIds(): readonly string[] {
    return [...this.#branches.keys()];
  }

  /** True when the answer sent upstream was no 2xx, so that its ACK ends here. */
  get answeredWithFailure(): boolean {
    return this.#answer !== null && this.#answer.code >= 300;
  }

  /** Sends every branch. Call once. */
  start(): void {
    for (const branch of this.#branches.values()) {
      const bytes = branch.request.toBytes();
      this.#arm(branch, this.#timers.answer);
      const sent = branch.flow.send(bytes);
      if (sent === 'sent') this.#repeat(branch, bytes, this.#isInvite);
      else this.#fail(branch, sent === 'too-long' ? 513 : 480);
    }
  }

  /** Takes a response to one of the branches. One that came from another peer is ignored. */
  receive(branchId: string, response: SipResponse, flow: Flow): void {
    const branch = this.#branches.get(branchId);
    if (branch === undefined || !isSamePeer(branch.flow, flow)) return;
    const { method } = response.cseq;
    if (method === 'CANCEL' && branch.cancel === 'sent') branch.repetition?.stop();
    if (method !== this.request.method) return;
    if (response.code < 200) this.#takeProvisional(branch, response);
    else this.#takeFinal(branch, response);
  }

  /** The client cancels (RFC 3261 §16.10). Its answer will be 487 unless a branch is quicker. */
  cancel(): void {
    if (!this.#isInvite || this.#answer !== null) return;
    this.#cancelled = true;
    this.#cancelBranches();
  }

  /** The ACK to a non-2xx answer ends the transaction, unless a branch may still have answers to acknowledge. */
  acknowledge(): void {
    if (!this.answeredWithFailure) return;
    this.#answerRepetition?.stop();
    const branches = [...this.#branches.values()];
    if (branches.every(({ state, flow }) => state === 'completed' && isReliable(flow))) this.#end();
  }

  /** Sends the latest answer again to a request that came again (RFC 3261 §17.2.1, §17.2.2). */
  repeatAnswer(): void {
    const latest = this.#answer ?? this.#provisional ?? (this.#isInvite ? respond(this.request, 100) : null);
    if (latest !== null) this.upstream.send(latest.toBytes());
  }

  /** A flow is gone: its branches fail, and without the client's there is no one to answer. */
  flowClosed(flow: Flow): void {
    if (flow === this.upstream) {
      this.cancel();
      if (!this.#isInvite || this.#answer !== null) this.#end();
      return;
    }
    for (const branch of this.#branches.values()) {
      if (branch.flow === flow && branch.state !== 'completed') this.#fail(branch, 480);
    }
  }

  /** Stops every timer without a word to anyone. */
  abandon(): void {
    this.#end();
  }

  get #isInvite(): boolean {
    return this.request.method === 'INVITE';
  }

  #takeProvisional(branch: BranchState, response: SipResponse): void {
    if (branch.state === 'completed') return;
    if (!this.#isInvite) {
      branch.repetition?.slowDown();
      return;
    }
    if (branch.cancel !== 'sent') branch.repetition?.stop();
    branch.state = 'proceeding';
    if (branch.cancel === 'wanted') this.#sendCancel(branch);
    if (branch.cancel === 'none') this.#arm(branch, this.#timers.invite);
    if (response.code === 100 || this.#answer !== null) return;
    prepareUpstream(response, this.request, branch.assertedIdentity);
    this.#provisional = response;
    this.upstream.send(response.toBytes());
  }

  #takeFinal(branch: BranchState, response: SipResponse): void {
    const isSuccess = response.code < 300;
    if (this.#isInvite && !isSuccess) branch.flow.send(acknowledgement(branch.request, response).toBytes());
    const isRepeated = branch.state === 'completed';
    if (isRepeated && !(this.#isInvite && isSuccess)) return;
    prepareUpstream(response, this.request, branch.assertedIdentity);
    this.#complete(branch, response);
    if (isSuccess) {
      // Every 2xx to an INVITE makes a dialog and must reach the caller (RFC 3261 §16.7 step 5).
      if (this.#isInvite && this.#answer !== null) this.upstream.send(response.toBytes());
      else this.#send(response);
    }
    if (isSuccess || response.code >= 600) this.#cancelBranches();
    this.#finishIfDone();
  }

  /** Ends a branch that will not answer by an answer of the core's own. */
  #fail(branch: BranchState, code: number): void {
    const response = respond(this.request, code);
    this.#complete(branch, response);
    this.#finishIfDone();
  }

  #complete(branch: BranchState, response: SipResponse): void {
    branch.state = 'completed';
    branch.final = response;
    if (branch.timer !== null) clearTimeout(branch.timer);
    branch.timer = null;
    branch.repetition?.stop();
  }

  #cancelBranches(): void {
    if (!this.#isInvite) return;
    for (const branch of this.#branches.values()) {
      if (branch.state === 'completed' || branch.cancel !== 'none') continue;
      branch.cancel = 'wanted';
      if (branch.state === 'proceeding') this.#sendCancel(branch);
    }
  }

  #sendCancel(branch: BranchState): void {
    branch.cancel = 'sent';
    this.#arm(branch, this.#timers.answer);
    const bytes = cancellation(branch.request).toBytes();
    branch.flow.send(bytes);
    this.#repeat(branch, bytes, false);
  }

  #repeat(branch: BranchState, bytes: Buffer, isInvite: boolean): void {
    branch.repetition?.stop();
    branch.repetition = Repetition.begin(branch.flow, bytes, this.#timers.t1, isInvite ? 'invite' : 'other');
  }

  #arm(branch: BranchState, milliseconds: number): void {
    if (branch.timer !== null) clearTimeout(branch.timer);
    branch.timer = setTimeout(() => this.#takeTimeout(branch), milliseconds);
  }

  #takeTimeout(branch: BranchState): void {
    if (branch.state === 'proceeding' && branch.cancel === 'none') {
      this.#sendCancel(branch);
      return;
    }
    this.#fail(branch, this.#cancelled ? 487 : 408);
  }

  #finishIfDone(): void {
    const branches = [...this.#branches.values()];
    if (branches.some(({ state }) => state !== 'completed')) return;
    if (this.#answer === null) {
      const finals = branches.flatMap(({ final }) => final ?? []);
      // A 408 to anything but INVITE would come too late and do harm (RFC 4320 §4.2).
      const best = bestResponse(this.#isInvite ? finals : finals.filter(({ code }) => code !== 408));
      if (best !== null) this.#send(forUpstream(best));
    }
    // Over UDP the request may come again (Timer J).
    if (!this.#isInvite && isReliable(this.upstream)) this.#end();
    else this.#lingering ??= setTimeout(() => this.#end(), this.#timers.linger);
  }

  #send(response: SipResponse): void {
    if (this.#answer !== null) return;
    this.#answer = response;
    const bytes = response.toBytes();
    this.upstream.send(bytes);
    // A 2xx is repeated by the terminal itself until the ACK reaches it (RFC 3261 §13.3.1.4).
    if (this.#isInvite && response.code >= 300) {
      this.#answerRepetition = Repetition.begin(this.upstream, bytes, this.#timers.t1, 'other');
    }
    this.#onAnswered(response.code);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#lingering !== null) clearTimeout(this.#lingering);
    this.#answerRepetition?.stop();
    for (const { timer, repetition } of this.#branches.values()) {
      if (timer !== null) clearTimeout(timer);
      repetition?.stop();
    }
    this.#onEnded();
  }
}

/** A 503 means this hop only, so the client hears 500 (RFC 3261 §16.7 step 6). */
function forUpstream(response: SipResponse): SipResponse {
  if (response.code !== 503) return response;
  return new SipResponse(500, 'Server Internal Error', response.fields, response.body);
}
