import type { IncomingResponse } from 'jssip/lib/SIPMessage.js';

/** Longest time asked for: what a timer can hold. */
export const MAX_EXPIRES_S = Math.floor(2 ** 31 / 1000) - 1;
/** How often 423 may make the same request longer. */
const MAX_PROLONGATIONS = 2;

/** The seconds that SUBSCRIBEs ask for: as wished, until a 423 asks for more (RFC 6665 §4.1.2.1). */
export class AskedExpiry {
  #seconds: number;
  #prolongations = 0;

  constructor(seconds: number) {
    this.#seconds = Math.min(MAX_EXPIRES_S, seconds);
  }

  get seconds(): number {
    return this.#seconds;
  }

  /** Takes the Min-Expires of a 423. False when there is none that is longer, or it was done too often. */
  prolong(response: IncomingResponse): boolean {
    const minimum = Number(response.getHeader('min-expires'));
    this.#prolongations += 1;
    if (!Number.isInteger(minimum) || minimum <= this.#seconds || minimum > MAX_EXPIRES_S) return false;
    if (this.#prolongations > MAX_PROLONGATIONS) return false;
    this.#seconds = minimum;
    return true;
  }
}
