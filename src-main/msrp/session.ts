import type { CloseReason, MsrpConnection } from './connection.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { ContinuationFlag, RequestHead, ResponseHead } from './message.ts';
import type { MsrpUri } from './uri.ts';

/**
 * One MSRP session, as its connection sees it: MsrpReceiver and MsrpSender are the two kinds. The calls
 * come in the order of the bytes, for requests that name this session on the connection bound to it.
 */
export type MsrpSession = {
  /** The URI we gave the peer for this session. */
  readonly localUri: MsrpUri;
  /** Certificates that the peer's SDP names; empty where it names none (RFC 4975 §14.4). */
  readonly peerFingerprints: readonly Fingerprint[];
  /** The connection the session is bound to (RFC 4975 §5.4), or null. */
  readonly connection: MsrpConnection | null;
  /** The first SEND for this session came over `connection`. Called once at most. */
  bind(connection: MsrpConnection): void;
  /** A SEND or REPORT without defect. */
  requestStart(head: RequestHead): void;
  body(slice: Buffer): void;
  requestEnd(flag: ContinuationFlag): void;
  /** Any response on the connection: a session knows its own by the transaction id. */
  response(response: ResponseHead): void;
  /** The bound connection is gone, and the session with it. */
  connectionClosed(reason: CloseReason): void;
};

/** Finds a session by the session id of a To-Path. */
export type SessionLookup = (sessionId: string) => MsrpSession | undefined;
