import { randomBytes } from 'node:crypto';
import { bindingRequest, parseStun } from './stun.ts';

export type StunKeepAliveOptions = {
  readonly send: (bytes: Buffer) => void;
  /** The core never answered any STUN: it has none, whatever it says. */
  readonly silent: () => void;
  /** The flow is dead; the reason is a sentence for the user. */
  readonly dead: (reason: string) => void;
  /** Replaces the first wait, and with it all others, in ms, for tests. */
  readonly rto?: number;
};

/** First retransmission timeout; it doubles with each of them (RFC 5389 §7.2.1). */
const RTO_MS = 500;
/** Requests of one transaction, fewer than RFC 5389's 7 so that a dead flow shows within 12 s, and the last wait in RTOs. */
const MAX_REQUESTS = 4;
const LAST_WAIT = 16;
const TRANSACTION_ID_BYTES = 12;

/**
 * STUN on the SIP port of a core that keeps our flow (RFC 5626 §4.4.2, RFC 5389): no answer, or a mapped address other
 * than before, means that the flow has failed; but from a core that has never answered none is demanded.
 */
export class StunKeepAlive {
  readonly #options: StunKeepAliveOptions;
  #transactionId: Buffer | null = null;
  #timer: NodeJS.Timeout | null = null;
  #mapped: string | null = null;
  #answers = false;

  constructor(options: StunKeepAliveOptions) {
    this.#options = options;
  }

  /** Asks now, unless an answer is still awaited. */
  ask(): void {
    if (this.#transactionId !== null) return;
    this.#transactionId = randomBytes(TRANSACTION_ID_BYTES);
    this.#send(bindingRequest(this.#transactionId), 1);
  }

  /** Takes a datagram that is STUN. False when it is none. */
  received(bytes: Buffer): boolean {
    const message = parseStun(bytes);
    if (message.kind === 'not-stun') return false;
    if (message.kind !== 'success' && message.kind !== 'error') return true;
    if (this.#transactionId?.equals(message.transactionId) !== true) return true;
    this.close();
    this.#answers = true;
    if (message.kind === 'error' || message.mapped === null) return true;
    const mapped = `${message.mapped.host} ${message.mapped.port}`;
    const moved = this.#mapped !== null && this.#mapped !== mapped;
    this.#mapped = mapped;
    if (moved) this.#options.dead('The NAT on the way gave this terminal another address.');
    return true;
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#transactionId = null;
  }

  #send(request: Buffer, count: number): void {
    const rto = this.#options.rto ?? RTO_MS;
    this.#options.send(request);
    const wait = count < MAX_REQUESTS ? rto * 2 ** (count - 1) : rto * LAST_WAIT;
    this.#timer = setTimeout(() => {
      if (count < MAX_REQUESTS) this.#send(request, count + 1);
      else if (this.#answers) this.#options.dead('The core no longer answers on this flow.');
      else this.#options.silent();
    }, wait);
  }
}
