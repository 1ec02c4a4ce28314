import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import Transactions, { type ServerTransaction } from 'jssip/lib/Transactions.js';
import { MessageTransactions } from './message-transactions.ts';
import { ownText } from './own-text.ts';
import { shortKey } from './short-key.ts';

/** Requests held at once, each for half a minute after its answer; one more gets 503. */
const MAX_OPEN_REQUESTS = 50_000;
/**
 * Answered requests that came over a reliable transport and are held at once. RFC 3261 §17.2.2 holds none (Timer J is
 * zero); these catch what a core before us repeated.
 */
const MAX_ANSWERED = 2_000;

/**
 * The requests whose server transactions live: bounded in number, cut down to what is needed once answered, and indexed so that merged
 * requests are found (JsSIP's own scan for them is quadratic in open transactions).
 */
export class OpenRequests {
  readonly messages: MessageTransactions;
  /** Branches by what makes a request one. */
  readonly #branches = new Map<string, string>();
  /** Requests but INVITE and MESSAGE, answered over a reliable transport, oldest first. */
  readonly #answered = new Set<ServerTransaction>();
  #count = 0;

  constructor(send: (text: string) => boolean) {
    const closed = (branch: string, identity: string | null) => {
      if (identity !== null) this.#forget(branch, identity);
    };
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
      transaction.request = remainderOf(transaction.request);
      // Once those of a dialog have run, which come after this one and hold on to the request for good.
      queueMicrotask(() => letGo(transaction));
      if (transaction.transport.via_transport !== 'UDP') this.#hold(transaction);
    });
  }

  closed(transaction: ServerTransaction): void {
    this.#count -= 1;
    this.#answered.delete(transaction);
    const { request } = transaction;
    this.#forget(request.via_branch, identityOf(request));
  }

  /**
   * True when the same From tag, Call-ID and CSeq already came by another branch (RFC 3261 §8.2.2.2); otherwise
   * remembers this one.
   */
  isMerged(request: IncomingRequest): boolean {
    const identity = identityOf(request);
    const branch = request.via_branch;
    const known = this.#branches.get(identity);
    if (known !== undefined) return known !== branch;
    this.#branches.set(identity, branch);
    if (request.method === 'MESSAGE') this.messages.identify(branch, identity);
    return false;
  }

  #forget(branch: string, identity: string): void {
    if (this.#branches.get(identity) === branch) this.#branches.delete(identity);
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

/** Joined, not added up: that would hold on to its parts, and with them to the whole message. */
function identityOf({ from_tag, call_id, cseq, method }: IncomingRequest): string {
  return [shortKey(from_tag), shortKey(call_id), cseq, method].join('\n');
}

/** An answered transaction changes no more: whoever waited for that has no more to do. */
function letGo(transaction: ServerTransaction): void {
  transaction.removeAllListeners('stateChanged');
  // Where a dialog put one of its own before it.
  Reflect.deleteProperty(transaction, 'receiveResponse');
}

/** What is needed of an answered request, in texts of its own: retransmissions get the answer, and want nothing else. */
function remainderOf({ via_branch, method, from_tag, call_id, cseq }: IncomingRequest): IncomingRequest {
  const texts = { from_tag: ownText(shortKey(from_tag)), call_id: ownText(shortKey(call_id)) };
  return { via_branch, method, cseq, ...texts } as IncomingRequest;
}
