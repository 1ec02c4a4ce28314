import { HeaderFields } from './header-fields.ts';
import { parseHeaderLines, TOKEN } from './header-lines.ts';
import {
  formatParameters,
  type HeaderParameter,
  headerParameter,
  type NameAddr,
  parseNameAddr,
  parseParameters,
} from './name-addr.ts';
import { remember } from './remember.ts';

type ParsedAddress = { readonly text: string | undefined; readonly address: NameAddr | null };

const NO_ADDRESS: ParsedAddress = { text: undefined, address: null };
const NO_VIA = { text: undefined, via: null };

/** Header values are latin1 strings, one character a byte; bodies are bytes. */
abstract class MessageBase {
  readonly fields: HeaderFields;
  /** As bytes, or as latin1 text of which no bytes were asked for yet. */
  #body: Buffer | string;
  // What was parsed last, and of what: one message is read in several places, and a proxy edits it.
  #from: ParsedAddress = NO_ADDRESS;
  #to: ParsedAddress = NO_ADDRESS;
  #via: { readonly text: string | undefined; readonly via: Via | null } = NO_VIA;

  constructor(fields: HeaderFields, body: Buffer | string) {
    this.fields = fields;
    this.#body = body;
  }

  get body(): Buffer {
    if (typeof this.#body === 'string') this.#body = Buffer.from(this.#body, 'latin1');
    return this.#body;
  }

  set body(body: Buffer) {
    this.#body = body;
  }

  /** The body as latin1 text, one character a byte. */
  get bodyText(): string {
    return typeof this.#body === 'string' ? this.#body : this.#body.toString('latin1');
  }

  get bodyLength(): number {
    return this.#body.length;
  }

  /** Leaves out what follows so many bytes of the body. */
  cutBody(length: number): void {
    if (this.#body.length <= length) return;
    this.#body =
      typeof this.#body === 'string' ? this.#body.slice(0, length) : this.#body.subarray(0, length);
  }

  abstract readonly startLine: string;

  /** First value of a header field, lists taken apart; undefined when absent. */
  header(name: string): string | undefined {
    return this.fields.first(name);
  }

  /** Every value of a header field in order, split at commas where RFC 3261 §7.3.1 allows lists. */
  headers(name: string): readonly string[] {
    return this.fields.all(name);
  }

  get callId(): string {
    return this.header('Call-ID') ?? '';
  }

  /** Sequence number and method; zero and empty when there is no valid CSeq, which parsed messages rule out. */
  get cseq(): CSeq {
    return parseCSeq(this.header('CSeq') ?? '') ?? { number: 0, method: '' };
  }

  /** The address in From, or null. */
  get from(): NameAddr | null {
    const text = this.header('From');
    if (text !== this.#from.text) this.#from = { text, address: addressOf(text) };
    return this.#from.address;
  }

  /** The address in To, or null. */
  get to(): NameAddr | null {
    const text = this.header('To');
    if (text !== this.#to.text) this.#to = { text, address: addressOf(text) };
    return this.#to.address;
  }

  get fromTag(): string | undefined {
    return this.from === null ? undefined : headerParameter(this.from, 'tag');
  }

  get toTag(): string | undefined {
    return this.to === null ? undefined : headerParameter(this.to, 'tag');
  }

  /** The top Via, or null when it does not parse. */
  get topVia(): Via | null {
    const text = this.header('Via');
    if (text !== this.#via.text) this.#via = { text, via: parseVia(text ?? '') };
    return this.#via.via;
  }

  /** The message as bytes. Content-Length is that of the body, whatever the fields say. */
  toBytes(): Buffer {
    const lines = [this.startLine];
    for (const { name, value } of this.fields) {
      if (name.toLowerCase() !== 'content-length') lines.push(`${name}: ${value}`);
    }
    lines.push(`Content-Length: ${this.body.length}`, '', '');
    return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), this.body]);
  }
}

/** A SIP request that a proxy may edit before it sends it on. */
export class SipRequest extends MessageBase {
  readonly kind = 'request';
  readonly method: string;
  uri: string;

  constructor(method: string, uri: string, fields = new HeaderFields(), body: Buffer | string = '') {
    super(fields, body);
    this.method = method;
    this.uri = uri;
  }

  get startLine(): string {
    return `${this.method} ${this.uri} SIP/2.0`;
  }

  /** A copy whose header fields can be edited without touching this one. The body is shared. */
  clone(): SipRequest {
    return new SipRequest(this.method, this.uri, new HeaderFields(this.fields), this.body);
  }
}

/** A SIP response. */
export class SipResponse extends MessageBase {
  readonly kind = 'response';
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, fields = new HeaderFields(), body: Buffer | string = '') {
    super(fields, body);
    this.code = code;
    this.reason = reason;
  }

  get startLine(): string {
    return `SIP/2.0 ${this.code} ${this.reason}`;
  }
}

export type SipMessage = SipRequest | SipResponse;

export type CSeq = { readonly number: number; readonly method: string };

/** One Via value (RFC 3261 §20.42). `sentBy` is host and port as written. */
export type Via = {
  readonly protocol: string;
  readonly sentBy: string;
  readonly parameters: readonly HeaderParameter[];
};

/**
 * What became of parsing. A malformed request that names its Via and CSeq can be answered: `request` is what could be
 * read of it and `code` the status to give.
 */
export type ParseResult =
  | { readonly kind: 'ok'; readonly message: SipMessage }
  | {
      readonly kind: 'bad';
      readonly canAnswer: true;
      readonly code: 400 | 505;
      readonly reason: string;
      readonly request: SipRequest;
    }
  | { readonly kind: 'bad'; readonly canAnswer: false; readonly reason: string };

const REQUEST_LINE = /^(\S+) (.+) (\S+)( *)$/;
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d) ?(.*)$/i;
const VERSION = /^SIP\/2\.0$/i;
const CSEQ = /^(\d{1,10})[ \t]+(\S+)$/;
const VIA = /^(SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*[A-Za-z0-9\-.!%*_+`'~]+)[ \t]+([^\s;,]+)[ \t]*(;.*)?$/i;
const EMPTY_PARAMETER = /;[ \t]*(;|$)/;
const MAX_CSEQ = 2 ** 31 - 1;
/** Fields a message must not repeat (RFC 3261 §7.3.1, RFC 4475 §3.3.8). */
const SINGLE_FIELDS = ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Length', 'Content-Type'];
const MANDATORY_FIELDS = ['Via', 'From', 'To', 'Call-ID', 'CSeq'];
/** Without these nobody could tell what an answer is to (RFC 3261 §17.1.3). */
const ANSWER_FIELDS = ['Via', 'CSeq'];

/**
 * Parses one framed SIP message (RFC 3261 §7). Header names are given in long form, folded lines unfolded.
 * Refuses an embedded quote or space in the request URI, a line that is no header, a missing or repeated
 * mandatory field, a CSeq of another method, and From or To that are no address. Never throws.
 */
export function parseSipMessage(bytes: Buffer): ParseResult {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return ENDLESS;
  return parseParts(bytes.toString('latin1', 0, headEnd), bytes.subarray(headEnd + HEAD_END.length));
}

/** The same for a message as latin1 text, one character a byte. */
export function parseSipText(text: string): ParseResult {
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd < 0) return ENDLESS;
  return parseParts(text.slice(0, headEnd), text.slice(headEnd + HEAD_END.length));
}

function parseParts(head: string, body: Buffer | string): ParseResult {
  const lines = head.split('\r\n');
  const startLine = lines.shift() ?? '';
  const { fields, problem: fieldProblem } = parseHeaderLines(lines);
  const status = STATUS_LINE.exec(startLine);
  if (status !== null) {
    const response = new SipResponse(Number(status[1]), status[2] ?? '', fields, body);
    const reason = fieldProblem ?? problemOf(response);
    return reason === null ? cutBody(response) : { kind: 'bad', canAnswer: false, reason };
  }
  const line = REQUEST_LINE.exec(startLine);
  if (line === null || /^SIP\//i.test(startLine))
    return { kind: 'bad', canAnswer: false, reason: 'The start line is no SIP.' };
  const [, method = '', uri = '', version = '', trailing = ''] = line;
  const request = new SipRequest(method, uri, fields, body);
  const lineProblem =
    trailing === '' ? requestLineProblem(method, uri, version) : 'The start line ends in spaces.';
  const reason = fieldProblem ?? lineProblem ?? problemOf(request);
  if (reason === null) return cutBody(request);
  const canAnswer = method !== 'ACK' && ANSWER_FIELDS.every((name) => fields.count(name) > 0);
  if (!canAnswer) return { kind: 'bad', canAnswer, reason };
  return { kind: 'bad', canAnswer, code: reason === WRONG_VERSION ? 505 : 400, reason, request };
}

/** Parses a CSeq value; null when it is none. The number is below 2^31 (RFC 3261 §8.1.1.5). */
export const parseCSeq: (value: string) => CSeq | null = remember((value) => {
  const match = CSEQ.exec(value);
  const number = Number(match?.[1]);
  return match?.[2] === undefined || number > MAX_CSEQ ? null : { number, method: match[2] };
});

/** Parses one Via value, sent-by taken as it is; null when it is none. */
export function parseVia(value: string): Via | null {
  const match = VIA.exec(value);
  const rest = match?.[3] ?? '';
  // Semicolons with nothing between them (RFC 4475 §3.1.2.1).
  const parameters = EMPTY_PARAMETER.test(rest) ? null : parseParameters(rest);
  if (match?.[1] === undefined || match[2] === undefined || parameters === null) return null;
  return { protocol: match[1], sentBy: match[2], parameters };
}

/** Writes one Via value. */
export function formatVia(via: Via): string {
  return `${via.protocol} ${via.sentBy}${formatParameters(via.parameters)}`;
}

/** The tag of a From or To value; undefined when there is none or the value is no address. */
export function tagOf(value: string | undefined): string | undefined {
  const address = value === undefined ? null : parseNameAddr(value);
  return address === null ? undefined : headerParameter(address, 'tag');
}

/** The address in a From, To or similar value, or null. */
export function addressOf(value: string | undefined): NameAddr | null {
  return value === undefined ? null : parseNameAddr(value);
}

const HEAD_END = '\r\n\r\n';
const ENDLESS: ParseResult = { kind: 'bad', canAnswer: false, reason: 'The header fields have no end.' };
const WRONG_VERSION = 'The SIP version is not 2.0.';

function requestLineProblem(method: string, uri: string, version: string): string | null {
  if (!VERSION.test(version)) return WRONG_VERSION;
  if (!TOKEN.test(method)) return 'The method is no token.';
  return /[\s"<>\0]/.test(uri) ? 'The request URI holds a space, a quote or an angle bracket.' : null;
}

function problemOf(message: SipMessage): string | null {
  const { fields } = message;
  const missing = MANDATORY_FIELDS.find((name) => fields.count(name) === 0);
  if (missing !== undefined) return `${missing} is missing.`;
  const repeated = SINGLE_FIELDS.find((name) => fields.count(name) > 1);
  if (repeated !== undefined) return `${repeated} stands more than once.`;
  const cseq = parseCSeq(fields.first('CSeq') ?? '');
  if (cseq === null) return 'CSeq is malformed.';
  if (message.kind === 'request' && cseq.method !== message.method) return 'CSeq names another method.';
  if (message.topVia === null) return 'Via is malformed.';
  if (message.from === null) return 'From is malformed.';
  if (message.to === null) return 'To is malformed.';
  if (message.callId === '' || /\s/.test(message.callId)) return 'Call-ID is malformed.';
  const maxForwards = fields.first('Max-Forwards');
  if (maxForwards !== undefined && !/^0*\d{1,3}$/.test(maxForwards)) return 'Max-Forwards is malformed.';
  const length = fields.first('Content-Length');
  if (length !== undefined && !/^\d{1,10}$/.test(length)) return 'Content-Length is malformed.';
  if (Number(length ?? 0) > message.bodyLength) return 'The body is shorter than Content-Length.';
  return null;
}

/** Bytes after Content-Length are no part of the message (RFC 3261 §18.3). */
function cutBody(message: SipMessage): ParseResult {
  const length = message.header('Content-Length');
  if (length !== undefined) message.cutBody(Number(length));
  return { kind: 'ok', message };
}
