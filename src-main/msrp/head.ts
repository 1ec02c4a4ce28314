import type { ByteRange, FailureReport, Header, ReportStatus, RequestHead, ResponseHead } from './message.ts';
import { type MsrpUri, parsePath } from './uri.ts';

const IDENT = /^[A-Za-z0-9][A-Za-z0-9.\-+%=]{3,31}$/;
const START_LINE = /^MSRP ([A-Za-z0-9][A-Za-z0-9.\-+%=]{3,31}) (?:([A-Z]+)|([0-9]{3})(?: (.*))?)$/;
const HEADER = /^([A-Za-z][!#-'*+\-.0-9A-Z^-~]*):[ \t]*(.*)$/s;
const BYTE_RANGE = /^([0-9]{1,16})-([0-9]{1,16}|\*)\/([0-9]{1,16}|\*)$/;
const STATUS = /^([0-9]{3}) ([0-9]{3})(?: (.*))?$/s;

/** Parses paths, remembering the last of each header: the chunks of a message repeat them. */
export class PathReader {
  readonly #last = new Map<string, { readonly text: string; readonly path: readonly MsrpUri[] | null }>();

  /** The path in the value of the header `name`, null if it is malformed. */
  read(name: string, text: string): readonly MsrpUri[] | null {
    const last = this.#last.get(name);
    if (last?.text === text) return last.path;
    const path = parsePath(text);
    this.#last.set(name, { text, path });
    return path;
  }
}

/** A header line that could be read. */
export type HeaderLine = {
  readonly header: Header;
  /** Its name in lower case where it may come once only, else null. */
  readonly single: string | null;
  /** Bytes with its CRLF. */
  readonly length: number;
};

/** Reads the header line between two positions, CRLF left out; null when it is none. */
export function readHeaderLine(bytes: Buffer, from: number, to: number): HeaderLine | null {
  const match = HEADER.exec(bytes.toString('utf8', from, to));
  if (match === null) return null;
  const [, name = '', value = ''] = match;
  const key = name.toLowerCase();
  const single = SINGLE_HEADERS.has(key) ? key : null;
  return { header: { name, value }, single, length: to - from + 2 };
}

/** Collects the start line and the header lines of one request or response (RFC 4975 §9). */
export class HeadBuilder {
  readonly kind: 'request' | 'response';
  readonly transactionId: string;
  /** Empty for a response. */
  readonly method: string;
  readonly #code: number;
  readonly #comment: string;
  readonly #paths: PathReader;
  readonly #headers: Header[] = [];
  readonly #known = new Map<string, string>();
  #lines = 0;
  #defect: string | null = null;

  private constructor(
    transactionId: string,
    method: string,
    code: number,
    comment: string,
    paths: PathReader,
  ) {
    this.kind = method === '' ? 'response' : 'request';
    this.transactionId = transactionId;
    this.method = method;
    this.#code = code;
    this.#comment = comment;
    this.#paths = paths;
  }

  /** Begins with a start line without its CRLF; null when it is none. */
  static begin(startLine: string, paths: PathReader): HeadBuilder | null {
    const match = START_LINE.exec(startLine);
    if (match === null) return null;
    const [, transactionId = '', method = '', code = '0', comment = ''] = match;
    return new HeadBuilder(transactionId, method, Number(code), comment, paths);
  }

  get headerCount(): number {
    return this.#lines;
  }

  /** Takes the next header line; null, one that could not be read, makes the request defective. */
  add(line: HeaderLine | null): void {
    this.#lines += 1;
    if (line === null) {
      this.#fail('malformed header line');
      return;
    }
    const { header, single } = line;
    this.#headers.push(header);
    if (single === null) return;
    if (this.#known.has(single)) this.#fail(`repeated ${header.name}`);
    else this.#known.set(single, header.value);
  }

  /** The request's head. Call it once, when its headers are whole. */
  request(): RequestHead {
    return {
      method: this.method,
      transactionId: this.transactionId,
      toPath: this.#path('to-path', 'To-Path'),
      fromPath: this.#path('from-path', 'From-Path'),
      messageId: this.#messageId(),
      byteRange: this.#byteRange(),
      successReport: this.#successReport(),
      failureReport: this.#failureReport(),
      contentType: this.#known.get('content-type') ?? null,
      contentDisposition: this.#known.get('content-disposition') ?? null,
      status: this.#status(),
      headers: this.#headers,
      // Last, for what was read above may have found one.
      defect: this.#defect,
    };
  }

  /** The response. Paths that cannot be read are empty: a response is matched by its transaction id. */
  response(): ResponseHead {
    return {
      transactionId: this.transactionId,
      code: this.#code,
      comment: this.#comment,
      toPath: this.#path('to-path', 'To-Path'),
      fromPath: this.#path('from-path', 'From-Path'),
      headers: this.#headers,
    };
  }

  #fail(defect: string): void {
    this.#defect ??= defect;
  }

  #path(key: string, name: string): readonly MsrpUri[] {
    const text = this.#known.get(key);
    const path = text === undefined ? null : this.#paths.read(key, text);
    if (path === null) this.#fail(text === undefined ? `missing ${name}` : `malformed ${name}`);
    return path ?? [];
  }

  #messageId(): string | null {
    const value = this.#known.get('message-id');
    if (value !== undefined && IDENT.test(value)) return value;
    if (value !== undefined) this.#fail('malformed Message-ID');
    else if (this.method === 'SEND' || this.method === 'REPORT') this.#fail('missing Message-ID');
    return null;
  }

  #byteRange(): ByteRange | null {
    const value = this.#known.get('byte-range');
    if (value === undefined) return null;
    const match = BYTE_RANGE.exec(value);
    const range = match && {
      start: Number(match[1]),
      end: match[2] === '*' ? null : Number(match[2]),
      total: match[3] === '*' ? null : Number(match[3]),
    };
    const numbers = range === null ? [] : [range.start, range.end ?? 0, range.total ?? 0];
    if (range === null || range.start < 1 || !numbers.every(Number.isSafeInteger)) {
      this.#fail('malformed Byte-Range');
      return null;
    }
    if (!isPossible(range)) this.#fail('impossible Byte-Range');
    return range;
  }

  #successReport(): boolean {
    const value = (this.#known.get('success-report') ?? 'no').toLowerCase();
    if (value !== 'yes' && value !== 'no') this.#fail('malformed Success-Report');
    return value === 'yes';
  }

  #failureReport(): FailureReport {
    const value = (this.#known.get('failure-report') ?? 'yes').toLowerCase();
    if (value === 'yes' || value === 'no' || value === 'partial') return value;
    this.#fail('malformed Failure-Report');
    return 'yes';
  }

  #status(): ReportStatus | null {
    const value = this.#known.get('status');
    const match = value === undefined ? null : STATUS.exec(value);
    if (match === null) {
      if (value !== undefined || this.method === 'REPORT') this.#fail('missing or malformed Status');
      return null;
    }
    return { namespace: match[1] ?? '', code: Number(match[2]), comment: match[3] ?? '' };
  }
}

/** An empty range, which a chunk without bytes has, ends right before its start: `1-0/0`. */
function isPossible({ start, end, total }: ByteRange): boolean {
  return (end === null || end >= start - 1) && (total === null || start - 1 <= total);
}

const SINGLE_HEADERS: ReadonlySet<string> = new Set([
  'to-path',
  'from-path',
  'message-id',
  'byte-range',
  'success-report',
  'failure-report',
  'status',
  'content-type',
  'content-disposition',
]);
