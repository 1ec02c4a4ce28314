import type { ByteRange, ContinuationFlag, FailureReport } from './message.ts';
import { formatPath, type MsrpUri } from './uri.ts';

const LINE_BREAK = /[\r\n]/;

/** Comments used where the caller has none of its own (RFC 4975 §10). */
const COMMENTS: ReadonlyMap<number, string> = new Map([
  [200, 'OK'],
  [400, 'Bad Request'],
  [403, 'Forbidden'],
  [408, 'Request Timeout'],
  [413, 'Stop Sending Message'],
  [415, 'Unsupported Media Type'],
  [423, 'Parameter Out Of Bounds'],
  [481, 'Session Does Not Exist'],
  [501, 'Method Not Understood'],
  [506, 'Session Already In Use'],
]);

export type SendHeadFields = {
  readonly transactionId: string;
  readonly toPath: readonly MsrpUri[];
  readonly fromPath: readonly MsrpUri[];
  readonly messageId: string;
  readonly byteRange: ByteRange;
  readonly successReport: boolean;
  readonly failureReport: FailureReport;
  /** MIME headers in front of Content-Type, for instance Content-Disposition. */
  readonly mimeHeaders: readonly (readonly [name: string, value: string])[];
  /** Null makes a bodiless SEND (RFC 4975 §7.1). */
  readonly contentType: string | null;
};

export type ReportFields = {
  readonly transactionId: string;
  readonly toPath: readonly MsrpUri[];
  readonly fromPath: readonly MsrpUri[];
  readonly messageId: string;
  readonly byteRange: ByteRange;
  readonly code: number;
  readonly comment: string;
};

export type ResponseFields = {
  readonly transactionId: string;
  readonly toPath: readonly MsrpUri[];
  readonly fromPath: readonly MsrpUri[];
  readonly code: number;
  readonly comment: string;
};

/** The comment RFC 4975 §10 gives a code, or an empty string. */
export function standardComment(code: number): string {
  return COMMENTS.get(code) ?? '';
}

/**
 * Start line and headers of a SEND, with the empty line in front of the body when it has one
 * (RFC 4975 §7.1, Content-Type last). Throws TypeError if a value holds a line break.
 */
export function writeSendHead(fields: SendHeadFields): Buffer {
  const lines = [
    ...requestLines('SEND', fields),
    `Message-ID: ${fields.messageId}`,
    `Byte-Range: ${formatByteRange(fields.byteRange)}`,
  ];
  if (fields.successReport) lines.push('Success-Report: yes');
  if (fields.failureReport !== 'yes') lines.push(`Failure-Report: ${fields.failureReport}`);
  if (fields.contentType !== null) {
    for (const [name, value] of fields.mimeHeaders) lines.push(`${name}: ${value}`);
    lines.push(`Content-Type: ${fields.contentType}`, '');
  }
  return toBytes(lines);
}

/** The end of a request that has a body: the CRLF that is no part of it, and the end-line. */
export function writeBodyEnd(transactionId: string, flag: ContinuationFlag): Buffer {
  return Buffer.from(`\r\n${endLine(transactionId, flag)}\r\n`, 'latin1');
}

/** A bodiless SEND with range `1-0/0`: it binds a session to its connection (RFC 4975 §5.4, §7.1.1). */
export function writeBindingSend(fields: {
  readonly transactionId: string;
  readonly toPath: readonly MsrpUri[];
  readonly fromPath: readonly MsrpUri[];
  readonly messageId: string;
}): Buffer {
  return toBytes([
    ...requestLines('SEND', fields),
    `Message-ID: ${fields.messageId}`,
    'Byte-Range: 1-0/0',
    endLine(fields.transactionId, '$'),
  ]);
}

/** An AUTH (RFC 4976 §5.1), with Authorization once the relay has challenged. `expires` is in seconds. */
export function writeAuth(fields: {
  readonly transactionId: string;
  readonly toPath: readonly MsrpUri[];
  readonly fromPath: readonly MsrpUri[];
  readonly expires: number;
  readonly authorization: string | null;
}): Buffer {
  return toBytes([
    ...requestLines('AUTH', fields),
    `Expires: ${fields.expires}`,
    ...(fields.authorization === null ? [] : [`Authorization: ${fields.authorization}`]),
    endLine(fields.transactionId, '$'),
  ]);
}

/** A REPORT (RFC 4975 §7.1.2): never with Success-Report or Failure-Report. */
export function writeReport(fields: ReportFields): Buffer {
  return toBytes([
    ...requestLines('REPORT', fields),
    `Message-ID: ${fields.messageId}`,
    `Byte-Range: ${formatByteRange(fields.byteRange)}`,
    `Status: 000 ${fields.code}${fields.comment === '' ? '' : ` ${fields.comment}`}`,
    endLine(fields.transactionId, '$'),
  ]);
}

/** A response (RFC 4975 §7.2). */
export function writeResponse(fields: ResponseFields): Buffer {
  return toBytes([
    `MSRP ${fields.transactionId} ${fields.code}${fields.comment === '' ? '' : ` ${fields.comment}`}`,
    `To-Path: ${formatPath(fields.toPath)}`,
    `From-Path: ${formatPath(fields.fromPath)}`,
    endLine(fields.transactionId, '$'),
  ]);
}

/** Writes `start-end/total` with `*` for what is not known. */
export function formatByteRange(range: ByteRange): string {
  return `${range.start}-${range.end ?? '*'}/${range.total ?? '*'}`;
}

/** The range that covers a whole message: `1-total/total`, and `1-0/0` for an empty one. */
export function wholeRange(total: number): ByteRange {
  return { start: 1, end: total, total };
}

function requestLines(
  method: string,
  fields: {
    readonly transactionId: string;
    readonly toPath: readonly MsrpUri[];
    readonly fromPath: readonly MsrpUri[];
  },
): string[] {
  return [
    `MSRP ${fields.transactionId} ${method}`,
    `To-Path: ${formatPath(fields.toPath)}`,
    `From-Path: ${formatPath(fields.fromPath)}`,
  ];
}

function endLine(transactionId: string, flag: ContinuationFlag): string {
  return `-------${transactionId}${flag}`;
}

function toBytes(lines: readonly string[]): Buffer {
  for (const line of lines) {
    if (LINE_BREAK.test(line)) {
      throw new TypeError(`MSRP header with a line break: ${JSON.stringify(line)}`);
    }
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'utf8');
}
