import { readMimeHeaders } from './mime.ts';

/** What the headers of a message/cpim say (RFC 3862). Texts are claims of the sender. */
export type CpimHeaders = {
  readonly from: string | null;
  readonly to: readonly string[];
  readonly dateTime: string | null;
  readonly subject: string | null;
  /** Content-Type of what is inside. */
  readonly contentType: string | null;
  /** All header fields of what is inside, by lower-case name. */
  readonly content: ReadonlyMap<string, string>;
};

/** Both header blocks together, in bytes. */
export const MAX_CPIM_HEADER_BYTES = 16 * 1024;
/** Name, parameters such as `;lang=fr` (RFC 3862 §3.3), value. More than one space is a slip of the spec's sample. */
const HEADER = /^([^\s:]+):(?:;\S*)? (.*)$/;
/** The message must not be processed: it requires what we do not know (RFC 3862 §3.5). */
export class UnknownRequirement extends Error {}

/** Header names whose meaning we know; `Require` may ask for no others (RFC 3862 §3.5). */
const UNDERSTOOD: readonly string[] = ['From', 'To', 'cc', 'DateTime', 'Subject', 'NS', 'Require'];

/**
 * Takes the CPIM header blocks off the front of a message that comes in pieces: message headers, an empty line,
 * MIME headers, an empty line, then the content, which passes through untouched.
 */
export class CpimUnwrapper {
  #held = Buffer.alloc(0);
  #headers: CpimHeaders | null = null;

  /** The headers, once the content has begun. */
  get headers(): CpimHeaders | null {
    return this.#headers;
  }

  /**
   * Takes the next bytes in order; `body` is the content among them, or null while the headers go on.
   * @throws Error with a sentence when the headers are too long, malformed, or require what we do not know.
   */
  push(bytes: Buffer): { readonly body: Buffer | null } {
    if (this.#headers !== null) return { body: bytes };
    this.#held = Buffer.concat([this.#held, bytes]);
    // A leading empty line stands before the message headers in some senders' messages (RFC 3862 §2).
    const start = this.#held.subarray(0, 2).toString('latin1') === '\r\n' ? 2 : 0;
    const first = this.#held.indexOf('\r\n\r\n', start);
    // From the second CRLF on, so that an empty MIME block ends at once and is not looked for in the content.
    const second = first < 0 ? -1 : this.#held.indexOf('\r\n\r\n', first + 2);
    if (second < 0) {
      if (this.#held.length > MAX_CPIM_HEADER_BYTES) throw new Error('the CPIM headers are too long');
      return { body: null };
    }
    if (second > MAX_CPIM_HEADER_BYTES) throw new Error('the CPIM headers are too long');
    this.#headers = readHeaders(
      this.#held.toString('utf8', start, first),
      this.#held.toString('utf8', first + 4, Math.max(first + 4, second)),
    );
    const body = this.#held.subarray(second + 4);
    this.#held = Buffer.alloc(0);
    return { body };
  }
}

/** The bytes to put before content so that it becomes a message/cpim (RFC 4975 §13: From and To are mandatory). */
export function cpimPrefix(message: {
  readonly from: string;
  readonly to: string;
  readonly dateTime: string;
  readonly subject?: string;
  readonly contentType: string;
}): Buffer {
  return Buffer.from(
    [
      `From: <${escapeCpim(message.from)}>`,
      `To: <${escapeCpim(message.to)}>`,
      `DateTime: ${escapeCpim(message.dateTime)}`,
      ...(message.subject === undefined ? [] : [`Subject: ${escapeCpim(message.subject)}`]),
      '',
      `Content-Type: ${message.contentType.replace(/\p{Cc}+/gu, ' ')}`,
      '',
      '',
    ].join('\r\n'),
  );
}

function readHeaders(messageBlock: string, mimeBlock: string): CpimHeaders {
  const fields = messageBlock.split('\r\n').map((line) => {
    const match = HEADER.exec(line);
    if (match?.[1] === undefined || match[2] === undefined)
      throw new Error('a CPIM header line is malformed');
    return { name: match[1], value: unescapeCpim(match[2].trim()) };
  });
  const all = (name: string) => fields.filter((field) => field.name === name).map((field) => field.value);
  const unknown = all('Require')
    .flatMap((value) => value.split(','))
    .map((name) => name.trim())
    .find((name) => !UNDERSTOOD.includes(name));
  if (unknown !== undefined)
    throw new UnknownRequirement(`the CPIM message requires ${unknown}, which is not known`);
  const content = readMimeHeaders(mimeBlock);
  return {
    from: all('From')[0] ?? null,
    to: all('To'),
    dateTime: all('DateTime')[0] ?? null,
    subject: all('Subject')[0] ?? null,
    contentType: content.get('content-type') ?? null,
    content,
  };
}

/** RFC 3862 §2.3.1: backslash and control characters, and no others, are written as escapes. */
function escapeCpim(value: string): string {
  const short: Readonly<Record<string, string>> = {
    '\\': '\\\\',
    '\b': '\\b',
    '\t': '\\t',
    '\n': '\\n',
    '\r': '\\r',
  };
  return value.replace(
    /[\\\p{Cc}]/gu,
    (character) => short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** RFC 3862 §2.3.1: an unknown escape stands for the character itself, a lone backslash at the end for nothing. */
function unescapeCpim(value: string): string {
  const known: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', r: '\r' };
  return value.replace(/\\(u[0-9A-Fa-f]{4}|.|$)/g, (_match, code: string) =>
    code.length === 5 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (known[code] ?? code),
  );
}
