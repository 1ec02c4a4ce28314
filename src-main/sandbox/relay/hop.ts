import type { Socket } from 'node:net';
import type { ContinuationFlag, RequestHead, ResponseHead } from '../../msrp/message.ts';
import { MsrpParser } from '../../msrp/parser.ts';

/** Time a new connection has for its first good request (RFC 4976 §6.1), in milliseconds. */
export const PROBATION_MS = 30_000;
/** Silence after which a connection is closed (RFC 4976 §6.5). */
const IDLE_MS = 60 * 60_000;
/** Time a head may take from its first byte to its last. */
const HEAD_TIMEOUT_MS = 30_000;
/** What may wait for a peer that does not read before those who write to it are not read either, in bytes. */
const MAX_UNSENT_BYTES = 1_048_576;
/** Bytes that may wait beyond that, of those who cannot be stopped, before the peer is given up. */
const MAX_STUCK_BYTES = 8 * 1_048_576;

export type HopEvents = {
  readonly onRequestStart: (hop: Hop, head: RequestHead) => void;
  readonly onBody: (hop: Hop, slice: Buffer) => void;
  readonly onRequestEnd: (hop: Hop, flag: ContinuationFlag) => void;
  readonly onResponse: (hop: Hop, response: ResponseHead) => void;
  readonly onClosed: (hop: Hop) => void;
};

/** One connection of the relay to a client, to another relay or to the peer of a client. */
export class Hop {
  readonly #socket: Socket;
  readonly #parser: MsrpParser;
  readonly #drainWaiters: (() => void)[] = [];
  readonly #probation: NodeJS.Timeout | null;
  #headTimer: NodeJS.Timeout | null = null;
  #watchedHead: number | null = null;
  #pauses = 0;
  /** Refused AUTHs and requests nobody can forward; a good one sets it back. */
  refusals = 0;

  /** Takes over a connected socket. `probationMs` is null for one that the relay opened. */
  constructor(socket: Socket, events: HopEvents, probationMs: number | null) {
    this.#socket = socket;
    this.#parser = new MsrpParser({
      onRequestStart: (head) => events.onRequestStart(this, head),
      onBody: (slice) => events.onBody(this, slice),
      onRequestEnd: (flag) => events.onRequestEnd(this, flag),
      onResponse: (response) => events.onResponse(this, response),
      onError: () => socket.destroy(),
    });
    this.#probation = probationMs === null ? null : setTimeout(() => socket.destroy(), probationMs);
    socket.setNoDelay(true);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('drain', () => this.#drained());
    // 'close' follows every error and is where the hop ends.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#clearTimers();
      this.#drained();
      events.onClosed(this);
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === 'open';
  }

  /** True while the peer reads too slowly: whoever writes shall wait for `drained`. */
  get isCongested(): boolean {
    return this.isOpen && this.#socket.writableLength > MAX_UNSENT_BYTES;
  }

  /** A request on it was good: it may stay. */
  approve(): void {
    this.refusals = 0;
    if (this.#probation !== null) clearTimeout(this.#probation);
  }

  /** Writes one whole request or response. Does nothing once closed. */
  write(bytes: Buffer): void {
    if (!this.isOpen) return;
    if (this.#socket.writableLength > MAX_STUCK_BYTES) this.#socket.destroy();
    else this.#socket.write(bytes);
  }

  /** Resolves when the peer has read, or is gone. */
  drained(): Promise<void> {
    if (!this.isCongested) return Promise.resolve();
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Stops reading until `resume` was called as often. */
  pause(): void {
    this.#pauses += 1;
    this.#socket.pause();
  }

  resume(): void {
    this.#pauses -= 1;
    if (this.#pauses === 0) this.#socket.resume();
  }

  /** Sends what is written, then closes. */
  close(): void {
    this.#socket.destroySoon();
  }

  #receive(bytes: Buffer): void {
    this.#socket.cork();
    this.#parser.push(bytes);
    this.#socket.uncork();
    const head = this.#parser.unfinishedHead;
    if (head === this.#watchedHead) return;
    this.#watchedHead = head;
    if (this.#headTimer !== null) clearTimeout(this.#headTimer);
    this.#headTimer = head === null ? null : setTimeout(() => this.#socket.destroy(), HEAD_TIMEOUT_MS);
  }

  #drained(): void {
    for (const waiter of this.#drainWaiters.splice(0)) waiter();
  }

  #clearTimers(): void {
    if (this.#probation !== null) clearTimeout(this.#probation);
    if (this.#headTimer !== null) clearTimeout(this.#headTimer);
  }
}
