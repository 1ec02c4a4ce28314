import { type OnReadOpts, type Server, Socket, type SocketConstructorOpts } from 'node:net';
import { readTurns } from './read-turns.ts';

/** What a connection reads into that has little to read, in bytes. */
const OWN_BYTES = 65_536;
/** Reads smaller than this need no memory of others; below the smallest share of a turn. */
const SMALL_READ = 16_384;

/** Memory that connections read into and sinks keep, so that neither has to copy. */
export type ReadMemory = {
  /**
   * A buffer that nobody else writes to, larger than 64 KiB, or null when there is none to spare. It may be shared with
   * threads.
   */
  readonly take: () => Buffer | null;
  /** The connection reads no more into it; sinks may keep what is in it. */
  readonly give: (memory: Buffer) => void;
  /** Whether a sink keeps something of it. */
  readonly isHeld: (memory: Buffer) => boolean;
};

/** What Node keeps in a socket beside its public members. */
type Internals = { _handle?: object | null; _server?: Server | null };

/**
 * The same connection as another `Socket`, whose `data` are views that are good during the event alone, in `memory`
 * where much comes. Node by itself makes a buffer for each 64 KiB, and clearing these away costs as much as the rest of
 * a transfer. The socket given must have read nothing yet, and is of no use afterwards.
 */
export function withDirectReads(accepted: Socket & Internals, memory: ReadMemory): Socket {
  const { _handle: handle, _server: server } = accepted;
  if (!handle) return accepted;
  const reads = new DirectReads(memory, (bytes) => {
    try {
      socket.emit('data', bytes);
    } catch (error) {
      // Node would read on over bytes that somebody holds.
      socket.destroy();
      throw error;
    }
  });
  const onread: OnReadOpts = { buffer: () => reads.next(), callback: (count) => reads.came(count) };
  // Node documents `onread` for sockets that connect; those of a server it makes itself.
  const options: SocketConstructorOpts & { readonly handle: object; readonly onread: OnReadOpts } = {
    handle,
    onread,
    allowHalfOpen: accepted.allowHalfOpen,
  };
  const socket: Socket & Internals = new Socket(options);
  accepted._handle = null;
  accepted._server = null;
  // So that the server knows when it is gone.
  if (server) socket._server = server;
  socket.on('close', () => reads.stop());
  return socket;
}

/** Where the next read of one connection goes. */
class DirectReads {
  readonly #memory: ReadMemory;
  readonly #receive: (bytes: Buffer) => void;
  /** Not shared with anybody. */
  readonly #own = Buffer.allocUnsafeSlow(OWN_BYTES);
  #lent: Buffer | null = null;
  /** Bytes of what is lent that are in use. */
  #filled = 0;

  constructor(memory: ReadMemory, receive: (bytes: Buffer) => void) {
    this.#memory = memory;
    this.#receive = receive;
  }

  /** Never more than the share of this turn: what is read at once cannot be left for the next. */
  next(): Buffer {
    const room = this.#lent?.subarray(this.#filled) ?? this.#own;
    return room.length <= readTurns.share ? room : room.subarray(0, readTurns.share);
  }

  came(count: number): boolean {
    const room = this.#lent?.subarray(this.#filled) ?? this.#own;
    this.#receive(room.subarray(0, count));
    if (this.#lent === null) {
      if (count >= SMALL_READ) this.#lend();
      return true;
    }
    this.#filled = this.#memory.isHeld(this.#lent) ? this.#filled + count : 0;
    if (count < SMALL_READ) this.stop();
    else if (this.#lent.length - this.#filled < OWN_BYTES) this.#lend();
    return true;
  }

  /** Gives back what is lent. */
  stop(): void {
    if (this.#lent !== null) this.#memory.give(this.#lent);
    this.#lent = null;
    this.#filled = 0;
  }

  #lend(): void {
    this.stop();
    this.#lent = this.#memory.take();
  }
}
