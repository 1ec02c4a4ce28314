import type { CloseReason, DialOptions, MsrpConnection } from './connection.ts';
import { dialSession } from './dial-session.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { ContinuationFlag, FailureReport, RequestHead, ResponseHead } from './message.ts';
import { type OutgoingContent, OutgoingMessage, type SenderEvent, type SendOutcome } from './outgoing.ts';
import { respond } from './respond.ts';
import type { MsrpSession } from './session.ts';
import type { MsrpUri } from './uri.ts';

/** Time from the last byte of a SEND to its response (RFC 4975 §7.1.1). */
export const RESPONSE_TIMEOUT_MS = 30_000;
/** Time from the last response to the success REPORT. */
export const REPORT_TIMEOUT_MS = 30_000;
/** Chunks of this size or less need not be interruptible (RFC 4975 §7.1.1). */
export const DEFAULT_CHUNK_SIZE = 2048;
/** SENDs on their way without a response. */
export const DEFAULT_WINDOW = 32;

export type MsrpSenderOptions = {
  readonly localPath: MsrpUri;
  readonly remotePath: readonly MsrpUri[];
  /** Certificates that the peer's SDP names (RFC 4975 §14.4). */
  readonly peerFingerprints?: readonly Fingerprint[];
  /** Largest body of one SEND in bytes; Infinity sends each message as one chunk. */
  readonly chunkSize?: number;
  /** How many SENDs may wait for a response; 1 is no pipelining. */
  readonly window?: number;
  readonly successReport?: boolean;
  readonly failureReport?: FailureReport;
  readonly responseTimeoutMs?: number;
  readonly reportTimeoutMs?: number;
  readonly on?: (event: SenderEvent) => void;
};

/**
 * The sending half of one MSRP session (RFC 4975 §7.1.1, §7.3.2). Bind it first, by `connect` or, as the
 * passive side, by registering it with a listener and awaiting `bound`; then send messages one by one.
 */
export class MsrpSender implements MsrpSession {
  readonly localUri: MsrpUri;
  readonly #options: MsrpSenderOptions;
  #connection: MsrpConnection | null = null;
  #current: OutgoingMessage | null = null;
  #incoming: { readonly head: RequestHead; refused: boolean } | null = null;
  #waiters: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #closed: CloseReason | null = null;

  constructor(options: MsrpSenderOptions) {
    this.#options = options;
    this.localUri = options.localPath;
  }

  get peerFingerprints(): readonly Fingerprint[] {
    return this.#options.peerFingerprints ?? [];
  }

  get connection(): MsrpConnection | null {
    return this.#connection;
  }

  /**
   * Connects as the active side to the first URI of the peer's path (RFC 4975 §8.3). With `bind`, an
   * empty SEND goes out at once; without, the first message binds the session. Rejects when the peer
   * cannot be reached.
   */
  connect(options: DialOptions & { readonly bind?: boolean } = {}): Promise<void> {
    return dialSession(this, this.#options.remotePath, {
      ...options,
      emptySend: options.bind === true,
      isTaken: () => this.#connection !== null || this.#closed !== null,
    });
  }

  /** Resolves once the session has its connection; rejects when it closes or `timeoutMs` pass before. */
  bound(timeoutMs: number): Promise<void> {
    if (this.#connection !== null) return Promise.resolve();
    if (this.#closed !== null) return Promise.reject(new Error('the MSRP session is closed'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the peer did not connect in time')), timeoutMs);
      this.#waiters.push({
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  /**
   * Sends one message and waits for what it asked for: responses (Failure-Report yes) and the success
   * REPORT. Never rejects for what the peer does. Throws when the session is not bound or still sends.
   */
  async send(content: OutgoingContent): Promise<SendOutcome> {
    if (this.#current !== null) throw new Error('the MSRP session is sending another message');
    if (this.#connection === null) throw new Error('the MSRP session has no connection');
    const message = new OutgoingMessage(content, this.#connection, {
      localUri: this.localUri,
      remotePath: this.#options.remotePath,
      chunkSize: this.#options.chunkSize ?? DEFAULT_CHUNK_SIZE,
      window: this.#options.window ?? DEFAULT_WINDOW,
      successReport: this.#options.successReport ?? false,
      failureReport: this.#options.failureReport ?? 'yes',
      responseTimeoutMs: this.#options.responseTimeoutMs ?? RESPONSE_TIMEOUT_MS,
      reportTimeoutMs: this.#options.reportTimeoutMs ?? REPORT_TIMEOUT_MS,
      on: this.#options.on ?? (() => {}),
    });
    if (this.#closed !== null) message.stop({ kind: 'closed', reason: this.#closed });
    this.#current = message;
    try {
      return await message.run();
    } finally {
      this.#current = null;
    }
  }

  /** Gives the message being sent up: its last chunk ends with `#` (RFC 4975 §7.1). */
  abort(): void {
    this.#current?.stop({ kind: 'aborted' });
  }

  /** Leaves the session. */
  close(): void {
    const connection = this.#connection;
    this.connectionClosed({ kind: 'local' });
    connection?.detach(this);
  }

  bind(connection: MsrpConnection): void {
    this.#connection = connection;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  requestStart(head: RequestHead): void {
    this.#incoming = { head, refused: false };
    if (head.method === 'REPORT') this.#current?.report(head);
  }

  /** A sender takes no content, only bodiless SENDs that bind or keep alive. */
  body(): void {
    if (this.#incoming === null || this.#incoming.refused || this.#connection === null) return;
    this.#incoming.refused = true;
    respond(this.#connection, this.#incoming.head, this.localUri, 403);
  }

  requestEnd(_flag: ContinuationFlag): void {
    const incoming = this.#incoming;
    this.#incoming = null;
    if (incoming === null || incoming.refused || this.#connection === null) return;
    respond(this.#connection, incoming.head, this.localUri, 200);
  }

  response(response: ResponseHead): void {
    this.#current?.response(response);
  }

  connectionClosed(reason: CloseReason): void {
    if (this.#closed !== null) return;
    this.#closed = reason;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new Error('the MSRP session is closed'));
    this.#current?.stop({ kind: 'closed', reason });
  }
}
