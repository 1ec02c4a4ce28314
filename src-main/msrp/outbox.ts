import type { Socket } from 'node:net';
import type { ContinuationFlag } from './message.ts';
import type { MsrpWire } from './wire-tap.ts';

/** Bytes that may wait for a peer that does not read before we stop reading it. */
export const MAX_UNSENT_BYTES = 1_048_576;
/** Answers that may wait for the rest of what has arrived to be read. */
const MAX_GATHERED_BYTES = 65_536;

/** What leaves over one connection: whole requests and responses, and one at a time a request whose body follows. */
export class Outbox {
  readonly #socket: Socket;
  readonly #wire: MsrpWire | null;
  readonly #congestion: (congested: boolean) => void;
  /** What was written while segments were read; it leaves in one piece once all that was there has been read. */
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #gathering: boolean = false;
  /** Written by others while a body of ours is on its way. */
  #deferred: Buffer[] = [];
  #deferredBytes = 0;
  #bodyOpen: boolean = false;
  readonly #bodyWaiters: (() => void)[] = [];
  readonly #drainWaiters: (() => void)[] = [];
  #congested: boolean = false;
  #closed: boolean = false;

  /** `wire` sees what leaves; `congestion` is told when the peer stops reading it, and when it goes on. */
  constructor(socket: Socket, wire: MsrpWire | null, congestion: (congested: boolean) => void) {
    this.#socket = socket;
    this.#wire = wire;
    this.#congestion = congestion;
    socket.on('drain', () => this.#drained());
  }

  get congested(): boolean {
    return this.#congested;
  }

  get bodyOpen(): boolean {
    return this.#bodyOpen;
  }

  /** Whether others want to write while a body is on its way. */
  get interruptWanted(): boolean {
    return this.#deferred.length > 0 || this.#bodyWaiters.length > 0;
  }

  /** While `work` reads a segment, what is written is gathered. */
  gatherDuring(work: () => void): void {
    this.#gathering = true;
    try {
      work();
    } finally {
      this.#gathering = false;
    }
  }

  /** Writes one whole request or response, behind the body under way. False when there is no room for more now. */
  write(bytes: Buffer): boolean {
    if (this.#bodyOpen) {
      this.#deferred.push(bytes);
      this.#deferredBytes += bytes.length;
      this.#watchCongestion();
      return false;
    }
    return this.#writeMessage(bytes);
  }

  beginBody(head: Buffer): boolean {
    this.#bodyOpen = true;
    if (this.#socket.writable) this.#wire?.head('out', head);
    return this.#writeNow(head);
  }

  writeBody(slice: Buffer): boolean {
    if (this.#socket.writable) this.#wire?.body('out', slice);
    return this.#writeNow(slice);
  }

  endBody(endLine: Buffer): boolean {
    this.#bodyOpen = false;
    const waiting = this.#deferred;
    this.#deferred = [];
    this.#deferredBytes = 0;
    if (this.#socket.writable) this.#wire?.end('out', flagOf(endLine));
    let more = this.#writeNow(endLine);
    for (const bytes of waiting) more = this.#writeMessage(bytes);
    // Without anything to drain nobody else would say that there is room again.
    if (!this.#socket.writableNeedDrain) this.#relax();
    for (const waiter of this.#bodyWaiters.splice(0)) waiter();
    return more;
  }

  /** Resolves when the body under way ends or the connection is gone. */
  bodyEnded(): Promise<void> {
    if (!this.#bodyOpen || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#bodyWaiters.push(resolve));
  }

  /** Resolves when the peer has room for more, or the connection is gone. */
  drained(): Promise<void> {
    if (this.#closed || !this.#socket.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Writes what was gathered: nothing can be written any more soon. */
  flush(): void {
    const gathered = this.#gathered;
    if (gathered.length === 0) return;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    if (this.#socket.writable) this.#writeToSocket(Buffer.concat(gathered));
  }

  /** The connection is gone: nobody has to wait any more. */
  close(): void {
    this.#closed = true;
    for (const waiter of [...this.#drainWaiters.splice(0), ...this.#bodyWaiters.splice(0)]) waiter();
  }

  #writeMessage(bytes: Buffer): boolean {
    if (this.#socket.writable) this.#wire?.message('out', bytes);
    return this.#writeNow(bytes);
  }

  #writeNow(bytes: Buffer): boolean {
    if (!this.#socket.writable) return true;
    if (this.#gathering) {
      this.#gather(bytes);
      return !this.#socket.writableNeedDrain;
    }
    this.flush();
    return this.#writeToSocket(bytes);
  }

  #gather(bytes: Buffer): void {
    if (this.#gathered.length === 0) setImmediate(() => this.flush());
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes >= MAX_GATHERED_BYTES) this.flush();
  }

  #writeToSocket(bytes: Buffer): boolean {
    const more = this.#socket.write(bytes);
    this.#watchCongestion();
    return more;
  }

  #watchCongestion(): void {
    if (this.#congested || this.#socket.writableLength + this.#deferredBytes <= MAX_UNSENT_BYTES) return;
    this.#congested = true;
    this.#congestion(true);
  }

  #relax(): void {
    if (!this.#congested || this.#deferredBytes > MAX_UNSENT_BYTES) return;
    this.#congested = false;
    this.#congestion(false);
  }

  #drained(): void {
    this.#relax();
    for (const waiter of this.#drainWaiters.splice(0)) waiter();
  }
}

function flagOf(endLine: Buffer): ContinuationFlag {
  const flag = endLine.toString('latin1', endLine.length - 3, endLine.length - 2);
  return flag === '$' || flag === '#' ? flag : '+';
}
