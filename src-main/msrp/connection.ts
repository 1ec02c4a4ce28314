import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { CloseReason, ConnectionOptions, DialOptions } from './connection-options.ts';
import { withDirectReads } from './direct-reads.ts';
import { FingerprintMismatch, matchesFingerprint } from './fingerprint.ts';
import { Outbox } from './outbox.ts';
import { MsrpParser } from './parser.ts';
import { readTurns } from './read-turns.ts';
import { RequestWatch } from './request-watch.ts';
import { SessionRouter } from './router.ts';
import type { MsrpSession, SessionLookup } from './session.ts';
import type { MsrpUri } from './uri.ts';
import type { MsrpWire } from './wire-tap.ts';

export type { CloseReason, ConnectionOptions, DialOptions, MsrpTls } from './connection-options.ts';

/** Time a connection may stay silent both ways. */
export const IDLE_TIMEOUT_MS = 600_000;
/** Time a closing connection has for its last bytes. */
export const CLOSE_TIMEOUT_MS = 5_000;
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
  readonly #wire: MsrpWire | null;
  readonly #sessions = new Set<MsrpSession>();
  readonly #closeListeners: ((reason: CloseReason) => void)[] = [];
  readonly #outbox: Outbox;
  #pauses = 0;
  /** Pauses because of a sink, or of a peer that does not read. */
  #slowSinks = 0;
  #sharing: boolean = false;
  #holds = 0;
  #peerEnded: boolean = false;
  #closing: CloseReason | null = null;
  #closed: boolean = false;
  readonly #watch: RequestWatch;

  /** Takes over a connected socket made with `allowHalfOpen`. `lookup` finds the sessions it may carry. */
  constructor(
    socket: Socket,
    lookup: SessionLookup,
    options: ConnectionOptions = {},
    opened: 'in' | 'out' = 'in',
  ) {
    this.#socket = socket;
    this.#options = options;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = socket.localAddress ?? '';
    this.localPort = socket.localPort ?? 0;
    this.peerCertificate = certificateOf(socket);
    this.#wire =
      options.tap?.({
        transport: socket instanceof TLSSocket ? 'TLS' : 'TCP',
        local: { host: this.localAddress, port: this.localPort },
        remote: { host: this.remoteAddress, port: this.remotePort },
        opened,
      }) ?? null;
    this.#parser = new MsrpParser(new SessionRouter(this, lookup), this.#wire);
    this.#outbox = new Outbox(socket, this.#wire, (congested) => (congested ? this.pause() : this.resume()));
    this.#watch = new RequestWatch(this.#parser, options, (waitedFor) =>
      this.destroy({ kind: 'timeout', waitedFor }),
    );
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setTimeout(options.idleTimeoutMs ?? IDLE_TIMEOUT_MS);
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
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
        const { memory } = options;
        const direct = secure || memory === undefined ? socket : withDirectReads(socket, memory);
        resolve(new MsrpConnection(direct, lookup, options, 'out'));
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
    return this.#outbox.interruptWanted;
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
    return this.#outbox.write(bytes);
  }

  /** Whether a body is being written: one request at a time can have the wire. */
  get bodyOpen(): boolean {
    return this.#outbox.bodyOpen && !this.#closed;
  }

  /** Writes the head of a request with a body; until `endBody`, `write` of all others waits. */
  beginBody(head: Buffer): boolean {
    return this.#outbox.beginBody(head);
  }

  /** Writes body bytes of the request begun. */
  writeBody(slice: Buffer): boolean {
    return this.#outbox.writeBody(slice);
  }

  /** Writes the end-line of the request begun, then what had to wait. */
  endBody(endLine: Buffer): boolean {
    return this.#outbox.endBody(endLine);
  }

  /** Resolves when the body under way ends or the connection is gone; look at `bodyOpen` again then. */
  bodyEnded(): Promise<void> {
    return this.#outbox.bodyEnded();
  }

  /** Resolves when the peer has room for more, or the connection is gone. */
  drained(): Promise<void> {
    return this.#outbox.drained();
  }

  /** Stops reading until `resume` was called as often: a sink cannot keep up. */
  pause(): void {
    this.#slowSinks += 1;
    if (this.#slowSinks === 1) this.#watch.hold();
    this.#stopReading();
  }

  resume(): void {
    this.#slowSinks -= 1;
    if (this.#slowSinks === 0) this.#watch.release();
    this.#readOn();
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
    this.#outbox.flush();
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

  #receive(bytes: Buffer): void {
    if (this.closed) return;
    this.#outbox.gatherDuring(() => this.#parser.push(bytes));
    this.#watch.received(bytes.length);
    if (!this.#sharing && readTurns.spent(this, bytes.length)) this.#leaveTurn();
  }

  #stopReading(): void {
    this.#pauses += 1;
    if (this.#pauses === 1) this.#socket.pause();
  }

  #readOn(): void {
    this.#pauses -= 1;
    if (this.#pauses === 0) this.#socket.resume();
  }

  /** Lets others read until the next turn of the event loop. The peer is watched meanwhile as before. */
  #leaveTurn(): void {
    this.#sharing = true;
    this.#stopReading();
    setImmediate(() => {
      this.#sharing = false;
      this.#readOn();
    });
  }

  #idle(): void {
    // A slow sink of ours is no silence of the peer.
    if (this.#pauses > 0 && !this.#outbox.congested) {
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
    this.#wire?.closed();
    this.#watch.stop();
    const reason = this.#closing ?? { kind: 'peer' };
    this.#outbox.close();
    const sessions = [...this.#sessions];
    this.#sessions.clear();
    for (const session of sessions) session.connectionClosed(reason);
    for (const listener of this.#closeListeners.splice(0)) listener(reason);
  }
}

function certificateOf(socket: Socket): Buffer | null {
  return socket instanceof TLSSocket ? (socket.getPeerX509Certificate()?.raw ?? null) : null;
}
