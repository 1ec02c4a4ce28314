import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import Transactions, { type ServerTransaction } from 'jssip/lib/Transactions.js';
import { MessageTransactions } from './message-transactions.ts';

/** Requests held at once, each for half a minute after its answer; one more gets 503. */
const MAX_OPEN_REQUESTS = 50_000;
/**
 * Answered requests that came over a reliable transport and are held at once. RFC 3261 §17.2.2 holds none (Timer J is
 * zero); these catch what a core before us repeated.
 */
const MAX_ANSWERED = 2_000;

/**
 * The requests whose server transactions live: bounded in number, stripped once answered, and indexed so that merged
 * requests are found (JsSIP's own scan for them is quadratic in open transactions).
 */
export class OpenRequests {
  readonly messages: MessageTransactions;
  /** Branches by what makes a request one, and the other way round. */
  readonly #branches = new Map<string, string>();
  readonly #keys = new Map<string, string>();
  /** Requests but INVITE and MESSAGE, answered over a reliable transport, oldest first. */
  readonly #answered = new Set<ServerTransaction>();
  #count = 0;

  constructor(send: (text: string) => boolean) {
    const closed = (branch: string) => this.#forget(branch);
    this.messages = new MessageTransactions({ send, maxReliable: MAX_ANSWERED, closed });
  }

  /** Whether no more can be taken. */
  get full(): boolean {
    return this.#count + this.messages.size >= MAX_OPEN_REQUESTS;
  }

  opened(transaction: ServerTransaction): void {
    this.#count += 1;
    if (transaction.type !== 'nist') return;
    transaction.on('stateChanged', () => {
      if (transaction.state !== Transactions.C.STATUS_COMPLETED) return;
      strip(transaction.request);
      if (transaction.transport.via_transport !== 'UDP') this.#hold(transaction);
    });
  }

  closed(transaction: ServerTransaction): void {
    this.#count -= 1;
    this.#answered.delete(transaction);
    this.#forget(transaction.request.via_branch);
  }

  /**
   * True when the same From tag, Call-ID and CSeq already came by another branch (RFC 3261 §8.2.2.2); otherwise
   * remembers this one.
   */
  isMerged(request: IncomingRequest): boolean {
    const key = `${request.from_tag}\n${request.call_id}\n${request.cseq} ${request.method}`;
    const branch = request.via_branch;
    const known = this.#branches.get(key);
    if (known !== undefined) return known !== branch;
    this.#branches.set(key, branch);
    this.#keys.set(branch, key);
    return false;
  }

  #forget(branch: string): void {
    const key = this.#keys.get(branch);
    if (key === undefined) return;
    this.#keys.delete(branch);
    this.#branches.delete(key);
  }

  /** Holds an answered request, and lets go of the oldest where that is one too many. */
  #hold(transaction: ServerTransaction): void {
    this.#answered.add(transaction);
    if (this.#answered.size <= MAX_ANSWERED) return;
    const [oldest] = this.#answered;
    if (oldest === undefined) return;
    clearTimeout(oldest.J);
    oldest.timer_J?.();
  }
}

/** An answered request is kept for its retransmissions, which need the answer but neither its text nor its body. */
function strip(request: IncomingRequest): void {
  const contact = request.headers['Contact'];
  request.data = '';
  request.body = '';
  request.headers = Object.create(null);
  // A dialog takes its new target from here, after the answer.
  if (request.to_tag !== undefined && contact !== undefined) request.headers['Contact'] = contact;
}
