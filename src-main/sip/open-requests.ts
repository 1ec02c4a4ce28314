import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import Transactions, { type ServerTransaction } from 'jssip/lib/Transactions.js';

/** Requests held at once, each for half a minute after its answer; one more gets 503. */
const MAX_OPEN_REQUESTS = 50_000;

/**
 * The requests whose server transactions live: bounded in number, stripped once answered, and indexed so that merged
 * requests are found (JsSIP's own scan for them is quadratic in open transactions).
 */
export class OpenRequests {
  readonly #branches = new Map<string, string>();
  #count = 0;

  /** Whether no more can be taken. */
  get full(): boolean {
    return this.#count >= MAX_OPEN_REQUESTS;
  }

  opened(transaction: ServerTransaction): void {
    this.#count += 1;
    if (transaction.type === 'nist') stripOnceAnswered(transaction);
  }

  closed({ request }: ServerTransaction): void {
    this.#count -= 1;
    const key = keyOf(request);
    if (this.#branches.get(key) === request.via_branch) this.#branches.delete(key);
  }

  /**
   * True when the same From tag, Call-ID and CSeq already came by another branch (RFC 3261 §8.2.2.2); otherwise
   * remembers this one.
   */
  isMerged(request: IncomingRequest): boolean {
    const key = keyOf(request);
    const known = this.#branches.get(key);
    if (known !== undefined) return known !== request.via_branch;
    this.#branches.set(key, request.via_branch);
    return false;
  }
}

function keyOf(request: IncomingRequest): string {
  return `${request.from_tag}\n${request.call_id}\n${request.cseq} ${request.method}`;
}

/** An answered request is kept for its retransmissions, which need the answer but neither its text nor its body. */
function stripOnceAnswered(transaction: ServerTransaction): void {
  transaction.on('stateChanged', () => {
    if (transaction.state < Transactions.C.STATUS_COMPLETED) return;
    const { request } = transaction;
    const contact = request.headers['Contact'];
    request.data = '';
    request.body = '';
    request.headers = Object.create(null);
    // A dialog takes its new target from here, after the answer.
    if (request.to_tag !== undefined && contact !== undefined) request.headers['Contact'] = contact;
  });
}
