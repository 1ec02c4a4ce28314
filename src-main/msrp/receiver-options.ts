import type { CloseReason } from './connection.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { MessageSink, MsrpRefusal } from './incoming.ts';
import type { ByteRange, FailureReport } from './message.ts';
import type { MsrpUri } from './uri.ts';

/** What a SEND says about a message when its first chunk arrives. */
export type IncomingDescription = {
  readonly messageId: string;
  readonly contentType: string;
  readonly contentDisposition: string | null;
  /** Total of the Byte-Range in bytes: the sender's claim, never to allocate from. */
  readonly total: number | null;
};

export type MsrpReceiverEvent =
  | { readonly kind: 'bound'; readonly remoteAddress: string; readonly remotePort: number }
  /** A chunk ended, or PROGRESS_BYTES more of it came. `received` counts different bytes. */
  | {
      readonly kind: 'chunk';
      readonly messageId: string;
      readonly received: number;
      readonly total: number | null;
      readonly chunks: number;
      /** What its SENDs ask to be reported (RFC 4975 §7.1.1). */
      readonly successReport: boolean;
      readonly failureReport: FailureReport;
    }
  /** A 200 left; `count` is how many have left in this session. */
  | { readonly kind: 'answered'; readonly count: number }
  | { readonly kind: 'complete'; readonly messageId: string; readonly total: number; readonly chunks: number }
  | {
      readonly kind: 'reportSent';
      readonly messageId: string;
      readonly range: ByteRange;
      readonly status: number;
    }
  /** There is no connection to send a REPORT over; it leaves if the session gets another one. */
  | {
      readonly kind: 'reportOwed';
      readonly messageId: string;
      readonly range: ByteRange;
      readonly status: number;
    }
  /** A message that had begun will not be delivered. */
  | { readonly kind: 'failed'; readonly messageId: string; readonly reason: string }
  /** A request was answered with an error, or would have been but for its Failure-Report. */
  | {
      readonly kind: 'refused';
      readonly messageId: string;
      readonly code: number;
      readonly reason: string;
    }
  | { readonly kind: 'closed'; readonly reason: CloseReason };

export type MsrpReceiverOptions = {
  readonly localPath: MsrpUri;
  /** The `path` of the peer's SDP; the first URI is where `dial` connects. */
  readonly remotePath: readonly MsrpUri[];
  /** Certificates that the peer's SDP names (RFC 4975 §14.4). */
  readonly peerFingerprints?: readonly Fingerprint[];
  readonly acceptTypes: (type: string) => boolean;
  /** Largest message in bytes, or null for no limit. */
  readonly maxSize: number | null;
  readonly open: (message: IncomingDescription) => MessageSink | MsrpRefusal;
  readonly on: (event: MsrpReceiverEvent) => void;
};
