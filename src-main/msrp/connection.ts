import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { CloseReason, ConnectionOptions, DialOptions } from './connection-options.ts';
import { FingerprintMismatch, matchesFingerprint } from './fingerprint.ts';
import { MsrpParser } from './parser.ts';
import { SessionRouter } from './router.ts';
import type { MsrpSession, SessionLookup } from './session.ts';
import type { MsrpUri } from './uri.ts';

export type { CloseReason, ConnectionOptions, DialOptions, MsrpTls, WireTap } from './connection-options.ts';

/** Time a head may take from its first byte to its last. */
export const HEAD_TIMEOUT_MS = 30_000;
/** Time in which a request that is not whole yet has to bring SLOWEST_BYTES more, if we read it. */
export const SLOW_TIMEOUT_MS = 60_000;
/** Less than this from a sender in SLOW_TIMEOUT_MS is no link, however slow, but an attack that holds us. */
export const SLOWEST_BYTES = 1024;
/** Time a connection may stay silent both ways. */
export const IDLE_TIMEOUT_MS = 600_000;
/** Time a closing connection has for its last bytes. */
export const CLOSE_TIMEOUT_MS = 5_000;
/** Bytes that may wait for a peer that does not read before we stop reading it. */
export const MAX_UNSENT_BYTES = 1_048_576;
/** Answers that may wait for the rest of what has arrived to be read. */
const MAX_GATHERED_BYTES = 65_536;
const KEEP_ALIVE_MS = 60_000;

/**
 * One TCP or TLS connection, accepted or dialled. It parses what arrives, holds the sessions bound to it,
 * reads no faster than its sinks, and ends when its last session leaves.
 */
export class MsrpConnection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** What the peer presented over TLS, in DER; null where that was nothing. */
  readonly peerCertificate: Buffer | null;
  readonly #socket: Socket;
  readonly #parser: MsrpParser;
  readonly #options: ConnectionOptions;
  readonly #sessions = new Set<MsrpSession>();
  readonly #closeListeners: ((reason: CloseReason) => void)[] = [];
  readonly #drainWaiters: (() => void)[] = [];
  /** What was written while segments were read; it leaves in one piece once all that was there has been read. */
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #reading: boolean = false;
  /** Written by others while a body of ours is on its way. */
  #deferred: Buffer[] = [];
  readonly #bodyWaiters: (() => void)[] = [];
  #bodyOpen: boolean = false;
  #pauses = 0;
  #holds = 0;
  #congested: boolean = false;
  #peerEnded: boolean = false;
  #closing: CloseReason | null = null;
  #closed: boolean = false;
  #watchedHead: number | null = null;
  #headTimer: NodeJS.Timeout | null = null;
  #slowTimer: NodeJS.Timeout | null = null;
  /** Bytes since `#slowTimer` was set, and whether we have held the sender up meanwhile. */
  #recentBytes = 0;
  #heldUp: boolean = false;

  /** Takes over a connected socket made with `allowHalfOpen`. `lookup` finds the sessions it may carry. */
  constructor(socket: Socket, lookup: SessionLookup, options: ConnectionOptions = {}) {
    this.#socket = socket;
    this.#options = options;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = socket.localAddress ?? '';
    this.localPort = socket.localPort ?? 0;
    this.peerCertificate = certificateOf(socket);
    this.#parser = new MsrpParser(new SessionRouter(this, lookup));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setTimeout(options.idleTimeoutMs ?? IDLE_TIMEOUT_MS);
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#peerEnd());
    socket.on('timeout', () => this.#idle());
    socket.on('error', (error: Error) => {
      this.#closing ??= { kind: 'network', message: error.message };
    });
    socket.on('close', () => this.#socketClosed());
  }

  /**
   * Connects to one address of `target`, over TLS for `msrps` (RFC 4975 §5.4); `dial` is for all of a name. Rejects
   * with the cause, which may be a certificate that is not one of `fingerprints` (§14.4) or, where there are none, does
   * not name the host (§5.4).
   */
  static open(
    target: MsrpUri,
    address: string,
    lookup: SessionLookup,
    options: DialOptions & { readonly timeoutMs: number },
  ): Promise<MsrpConnection> {
    const { host, port, scheme } = target;
    if (port === null) return Promise.reject(new Error('the MSRP URI has no port'));
    const { fingerprints = [], tls } = options;
    return new Promise((resolve, reject) => {
      const secure = scheme === 'msrps';
      const to = { host: address, port, allowHalfOpen: true };
      const socket = secure
        ? connectTls({
            ...to,
            servername: isIP(host) ? '' : host,
            ...tls,
            ...(fingerprints.length === 0 ? {} : { rejectUnauthorized: false }),
          })
        : connectTcp(to);
      const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), options.timeoutMs);
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      socket.once('error', fail);
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        const certificate = certificateOf(socket);
        if (
          secure &&
          fingerprints.length > 0 &&
          !(certificate && matchesFingerprint(certificate, fingerprints))
        ) {
          socket.destroy(new FingerprintMismatch('its certificate does not match the fingerprint'));
          return;
        }
        socket.off('error', fail);
        resolve(new MsrpConnection(socket, lookup, options));
      });
    });
  }

  /** The sessions bound to this connection. */
  get sessions(): ReadonlySet<MsrpSession> {
    return this.#sessions;
  }

  /** Whether nothing more can be written. */
  get closed(): boolean {
    return this.#closed || this.#closing !== null;
  }

  /** Whether a body being sent has to be interrupted, so that others can write (RFC 4975 §7.1.1). */
  get interruptWanted(): boolean {
    return this.#deferred.length > 0 || this.#bodyWaiters.length > 0;
  }

  /** Adds a session: it is told when the connection closes. */
  attach(session: MsrpSession): void {
    this.#sessions.add(session);
  }

  /** Takes a session off; the connection ends when it was the last one. */
  detach(session: MsrpSession): void {
    if (this.#sessions.delete(session) && this.#sessions.size === 0) this.close({ kind: 'local' });
  }

  /** Calls back once when the connection is gone. */
  onClose(listener: (reason: CloseReason) => void): void {
    this.#closeListeners.push(listener);
  }

  /**
   * Writes one whole request or response; it waits while a body of another request is being written.
   * Returns false when the caller had better await `drained()` first. Does nothing once closed.
   */
  write(bytes: Buffer): boolean {
    if (this.#bodyOpen) {
      this.#deferred.push(bytes);
      return false;
    }
    return this.#writeNow(bytes);
  }

  /** Whether a body is being written: one request at a time can have the wire. */
  get bodyOpen(): boolean {
    return this.#bodyOpen && !this.#closed;
  }

  /** Writes the head of a request with a body; until `endBody`, `write` of all others waits. */
  beginBody(head: Buffer): boolean {
    this.#bodyOpen = true;
    return this.#writeNow(head);
  }

  /** Writes body bytes of the request begun. */
  writeBody(slice: Buffer): boolean {
    return this.#writeNow(slice);
  }

  /** Writes the end-line of the request begun, then what had to wait. */
  endBody(endLine: Buffer): boolean {
    this.#bodyOpen = false;
    const waiting = this.#deferred;
    this.#deferred = [];
    let more = this.#writeNow(endLine);
    for (const bytes of waiting) more = this.#writeNow(bytes);
    for (const waiter of this.#bodyWaiters.splice(0)) waiter();
    return more;
  }

  /** Resolves when the body under way ends or the connection is gone; look at `bodyOpen` again then. */
  bodyEnded(): Promise<void> {
    if (!this.bodyOpen) return Promise.resolve();
    return new Promise((resolve) => this.#bodyWaiters.push(resolve));
  }

  /** Resolves when the peer has room for more, or the connection is gone. */
  drained(): Promise<void> {
    if (this.#closed || !this.#socket.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Stops reading until `resume` was called as often: a sink cannot keep up. */
  pause(): void {
    this.#pauses += 1;
    this.#heldUp = true;
    if (this.#pauses === 1) this.#socket.pause();
  }

  resume(): void {
    this.#pauses -= 1;
    if (this.#pauses === 0) this.#socket.resume();
  }

  /** Keeps our half open after the peer has ended its own, for a REPORT still to come. Ends with `release`. */
  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0 && this.#peerEnded) this.close({ kind: 'peer' });
  }

  /** Sends what is written, then closes. */
  close(reason: CloseReason = { kind: 'local' }): void {
    if (this.closed) return;
    this.#writeGathered();
    this.#closing = reason;
    this.#socket.end();
    // Reading on, and dropping it, lets the peer's end arrive.
    this.#socket.resume();
    this.#socket.setTimeout(0);
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS);
    this.onClose(() => clearTimeout(timer));
  }

  /** Closes at once. */
  destroy(reason: CloseReason): void {
    this.#closing ??= reason;
    this.#socket.destroy();
  }

  #writeNow(bytes: Buffer): boolean {
    if (this.closed || !this.#socket.writable) return true;
    this.#options.tap?.('out', bytes, this);
    if (this.#reading) {
      this.#gather(bytes);
      return !this.#socket.writableNeedDrain;
    }
    this.#writeGathered();
    return this.#writeToSocket(bytes);
  }

  #gather(bytes: Buffer): void {
    if (this.#gathered.length === 0) setImmediate(() => this.#writeGathered());
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes >= MAX_GATHERED_BYTES) this.#writeGathered();
  }

  #writeToSocket(bytes: Buffer): boolean {
    const more = this.#socket.write(bytes);
    if (!this.#congested && this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.#congested = true;
      this.pause();
    }
    return more;
  }

  #writeGathered(): void {
    const gathered = this.#gathered;
    if (gathered.length === 0) return;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    if (!this.closed && this.#socket.writable) this.#writeToSocket(Buffer.concat(gathered));
  }

  #drained(): void {
    if (this.#congested) {
      this.#congested = false;
      this.resume();
    }
    for (const waiter of this.#drainWaiters.splice(0)) waiter();
  }

  #receive(bytes: Buffer): void {
    if (this.closed) return;
    this.#options.tap?.('in', bytes, this);
    this.#reading = true;
    try {
      this.#parser.push(bytes);
    } finally {
      this.#reading = false;
    }
    this.#recentBytes += bytes.length;
    this.#watchHead();
    if (this.#slowTimer === null && this.#parser.requestOpen) this.#watchSlowness();
  }

  #watchSlowness(): void {
    this.#recentBytes = 0;
    this.#heldUp = this.#pauses > 0;
    this.#slowTimer = setTimeout(() => {
      this.#slowTimer = null;
      if (!this.#parser.requestOpen) return;
      if (this.#recentBytes >= SLOWEST_BYTES || this.#heldUp || this.#pauses > 0) this.#watchSlowness();
      else this.destroy({ kind: 'timeout', waitedFor: 'request' });
    }, this.#options.slowTimeoutMs ?? SLOW_TIMEOUT_MS);
  }

  #watchHead(): void {
    const head = this.#parser.unfinishedHead;
    if (head === this.#watchedHead) return;
    this.#watchedHead = head;
    if (this.#headTimer !== null) clearTimeout(this.#headTimer);
    this.#headTimer =
      head === null
        ? null
        : setTimeout(
            () => this.destroy({ kind: 'timeout', waitedFor: 'head' }),
            this.#options.headTimeoutMs ?? HEAD_TIMEOUT_MS,
          );
  }

  #idle(): void {
    // A slow sink of ours is no silence of the peer.
    if (this.#pauses > 0 && !this.#congested) {
      this.#socket.setTimeout(this.#options.idleTimeoutMs ?? IDLE_TIMEOUT_MS);
      return;
    }
    this.destroy({ kind: 'timeout', waitedFor: 'activity' });
  }

  #peerEnd(): void {
    this.#peerEnded = true;
    if (this.#holds === 0) this.close({ kind: 'peer' });
  }

  #socketClosed(): void {
    this.#closed = true;
    if (this.#headTimer !== null) clearTimeout(this.#headTimer);
    if (this.#slowTimer !== null) clearTimeout(this.#slowTimer);
    const reason = this.#closing ?? { kind: 'peer' };
    for (const waiter of [...this.#drainWaiters.splice(0), ...this.#bodyWaiters.splice(0)]) waiter();
    const sessions = [...this.#sessions];
    this.#sessions.clear();
    for (const session of sessions) session.connectionClosed(reason);
    for (const listener of this.#closeListeners.splice(0)) listener(reason);
  }
}

function certificateOf(socket: Socket): Buffer | null {
  return socket instanceof TLSSocket ? (socket.getPeerX509Certificate()?.raw ?? null) : null;
}
