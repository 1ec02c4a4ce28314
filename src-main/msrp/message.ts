import type { MsrpUri } from './uri.ts';

/** How an end-line closes a request: `$` ends the message, `+` ends a chunk, `#` gives the message up. */
export type ContinuationFlag = '$' | '+' | '#';

/** A Byte-Range as written: positions count from 1, `end` is inclusive, null stands for `*`. */
export type ByteRange = {
  readonly start: number;
  readonly end: number | null;
  readonly total: number | null;
};

/** A Status header of a REPORT: namespace `000` means the code is an MSRP response code. */
export type ReportStatus = {
  readonly namespace: string;
  readonly code: number;
  readonly comment: string;
};

export type FailureReport = 'yes' | 'no' | 'partial';

export type Header = { readonly name: string; readonly value: string };

/** Start line and headers of a request (RFC 4975 §9), with the defaults of §7.1.1 filled in. */
export type RequestHead = {
  readonly method: string;
  readonly transactionId: string;
  /** Empty only where `defect` says why. */
  readonly toPath: readonly MsrpUri[];
  /** Empty only where `defect` says why. */
  readonly fromPath: readonly MsrpUri[];
  readonly messageId: string | null;
  readonly byteRange: ByteRange | null;
  readonly successReport: boolean;
  readonly failureReport: FailureReport;
  readonly contentType: string | null;
  readonly contentDisposition: string | null;
  readonly status: ReportStatus | null;
  /** Every header in its order, these known ones included. */
  readonly headers: readonly Header[];
  /** Why the request is unintelligible (answer 400) although its framing is sound; null when it is fine. */
  readonly defect: string | null;
};

export type ResponseHead = {
  readonly transactionId: string;
  readonly code: number;
  readonly comment: string;
  readonly toPath: readonly MsrpUri[];
  readonly fromPath: readonly MsrpUri[];
  /** Every header in its order, the paths included. */
  readonly headers: readonly Header[];
};

/** Bytes that cannot be framed as MSRP; the connection that carried them has to be closed. */
export class MsrpProtocolError extends Error {
  override readonly name = 'MsrpProtocolError';
}
