import { randomInt } from 'node:crypto';
import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import Timers from 'jssip/lib/Timers.js';
import { buildReply, type Reply } from './reply.ts';
import { lists } from './session-interval.ts';

/** RFC 3262 §3: the first RSeq lies between 1 and 2^31-1. */
const MAX_FIRST_RSEQ = 2 ** 31 - 1;

/**
 * One provisional answer that is sent reliably (RFC 3262 §3): again after T1, 2·T1 and so on until its PRACK comes,
 * for 64·T1. It carries no SDP, so a 2xx need not wait for the PRACK.
 */
export class ReliableAnswer {
  readonly #request: IncomingRequest;
  readonly #rseq = randomInt(1, MAX_FIRST_RSEQ);
  #timer: NodeJS.Timeout | null = null;
  #state: 'unacknowledged' | 'acknowledged' = 'unacknowledged';

  private constructor(request: IncomingRequest) {
    this.#request = request;
  }

  /** Sends a provisional answer; reliably where the INVITE supports or requires it, else null. */
  static send(request: IncomingRequest, reply: Reply, unacknowledged: () => void): ReliableAnswer | null {
    if (!lists(request, 'require', '100rel') && !lists(request, 'supported', '100rel')) return null;
    const answer = new ReliableAnswer(request);
    answer.#repeat(reply, unacknowledged);
    return answer;
  }

  get waits(): boolean {
    return this.#state === 'unacknowledged';
  }

  /** The code for a PRACK: 200 when it is for this answer and the first of its kind, else 481. */
  receivePrack(prack: IncomingRequest): 200 | 481 {
    const [, rseq, cseq, method] =
      /^\s*(\d{1,10})\s+(\d{1,10})\s+(\S+)\s*$/.exec(prack.getHeader('rack') ?? '') ?? [];
    const matches = Number(rseq) === this.#rseq && Number(cseq) === this.#request.cseq && method === 'INVITE';
    if (!matches || !this.waits) return 481;
    this.#state = 'acknowledged';
    this.stop();
    return 200;
  }

  /** Sends no more of it: a final answer is on its way. A PRACK that comes later is still taken. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #repeat(reply: Reply, unacknowledged: () => void): void {
    const headers = [...(reply.headers ?? []), 'Require: 100rel', `RSeq: ${this.#rseq}`];
    const text = buildReply(this.#request, { ...reply, headers });
    const startedAt = Date.now();
    let interval: number = Timers.T1;
    const send = () => this.#request.server_transaction.receiveResponse(reply.code, text);
    const again = () => {
      if (Date.now() - startedAt >= 64 * Timers.T1) {
        unacknowledged();
        return;
      }
      send();
      interval *= 2;
      this.#timer = setTimeout(again, interval);
    };
    send();
    this.#timer = setTimeout(again, interval);
  }
}
