import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { headerParameter } from '../../sip/name-addr.ts';
import type { Flow } from './flow.ts';
import type { ForkedRequest } from './forking.ts';

/** Forked requests under way at a time; more are answered 503. */
const MAX_TRANSACTIONS = 10_000;

/** The proxy's transactions: found upstream by the client's Via branch, downstream by the core's own. */
export class Transactions {
  readonly #byRequest = new Map<string, ForkedRequest>();
  readonly #byBranch = new Map<string, ForkedRequest>();

  get isFull(): boolean {
    return this.#byRequest.size >= MAX_TRANSACTIONS;
  }

  add(transaction: ForkedRequest): void {
    this.#byRequest.set(requestKey(transaction.request, transaction.upstream), transaction);
    for (const id of transaction.branchIds) this.#byBranch.set(id, transaction);
  }

  remove(transaction: ForkedRequest): void {
    this.#byRequest.delete(requestKey(transaction.request, transaction.upstream));
    for (const id of transaction.branchIds) this.#byBranch.delete(id);
  }

  /** The transaction a request repeats, or that an ACK or CANCEL belongs to (RFC 3261 §17.2.3, §9.2). */
  ofRequest(request: SipRequest, upstream: Flow): ForkedRequest | undefined {
    return this.#byRequest.get(requestKey(request, upstream));
  }

  /** True for a request that the core itself sent a moment ago: its peer sends it back (RFC 3261 §16.3 step 4). */
  isLoop(request: SipRequest): boolean {
    const via = request.topVia;
    return via !== null && this.#byBranch.has(headerParameter(via, 'branch') ?? '');
  }

  /** The transaction of a response and the branch it came by. */
  ofResponse(response: SipResponse): { transaction: ForkedRequest; branchId: string } | undefined {
    const via = response.topVia;
    const branchId = via === null ? undefined : headerParameter(via, 'branch');
    const transaction = branchId === undefined ? undefined : this.#byBranch.get(branchId);
    return branchId === undefined || transaction === undefined ? undefined : { transaction, branchId };
  }

  flowClosed(flow: Flow): void {
    for (const transaction of [...this.#byRequest.values()]) transaction.flowClosed(flow);
  }

  /** Forgets everything and stops all timers. */
  close(): void {
    for (const transaction of [...this.#byRequest.values()]) transaction.abandon();
  }
}

/** The key of an INVITE for the ACK and CANCEL that belong to it, too. */
function requestKey(request: SipRequest, upstream: Flow): string {
  const isPartOfInvite = request.method === 'ACK' || request.method === 'CANCEL';
  return transactionKey(request, upstream, isPartOfInvite ? 'INVITE' : request.method);
}

/** The same for a request and for its retransmissions, and for no other request (RFC 3261 §17.2.3). */
export function transactionKey(request: SipRequest, upstream: Flow, method: string = request.method): string {
  const via = request.topVia;
  return [
    upstream.id,
    via === null ? '' : (headerParameter(via, 'branch') ?? ''),
    via?.sentBy ?? '',
    request.callId,
    String(request.cseq.number),
    method,
  ].join('\n');
}
