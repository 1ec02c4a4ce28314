import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';

/**
 * Finds merged requests (RFC 3261 §8.2.2.2): the same From tag, Call-ID and CSeq by another branch while the
 * first one's transaction lives. An index, since JsSIP's own scan is quadratic in open transactions.
 */
export class MergedRequests {
  readonly #branches = new Map<string, string>();

  /** True when another branch of this request is already being handled; otherwise remembers this one. */
  isMerged(request: IncomingRequest): boolean {
    const key = keyOf(request);
    const known = this.#branches.get(key);
    if (known !== undefined) return known !== request.via_branch;
    this.#branches.set(key, request.via_branch);
    return false;
  }

  /** Forgets a request whose transaction ended. */
  forget(request: IncomingRequest): void {
    const key = keyOf(request);
    if (this.#branches.get(key) === request.via_branch) this.#branches.delete(key);
  }
}

function keyOf(request: IncomingRequest): string {
  return `${request.from_tag}\n${request.call_id}\n${request.cseq} ${request.method}`;
}
