import type NameAddrHeader from 'jssip/lib/NameAddrHeader.js';
import SIPMessage, {
  type IncomingMessage,
  type IncomingRequest,
  type IncomingResponse,
} from 'jssip/lib/SIPMessage.js';
import type UA from 'jssip/lib/UA.js';
import URI from 'jssip/lib/URI.js';
import { headerValues } from './header-fields.ts';
import { parseSipText, type SipMessage, type SipRequest, SipResponse } from './message.ts';
import { headerParameter, type NameAddr, parseNameAddr } from './name-addr.ts';
import { remember } from './remember.ts';
import { newTag, reasonPhrase } from './reply.ts';
import { shortKey } from './short-key.ts';

/** What an incoming message is good for. */
export type Incoming =
  | { readonly kind: 'request'; readonly request: IncomingRequest }
  | { readonly kind: 'response'; readonly response: IncomingResponse }
  /** Malformed, but it can be answered: the whole response as a latin1 string. */
  | { readonly kind: 'refuse'; readonly answer: string }
  | { readonly kind: 'drop' };

/** Start of every branch made by an RFC 3261 element (§8.1.1.7). */
const MAGIC_COOKIE = 'z9hG4bK';
const BRANCH_SHARERS: ReadonlySet<string> = new Set(['INVITE', 'ACK', 'CANCEL']);

/**
 * The guard in front of JsSIP: reads one framed message (latin1, one character a byte) with our own parser and hands
 * JsSIP objects that hold no header its grammar could choke on. JsSIP's own parser throws on hostile input and takes
 * half of its time. Never throws.
 */
export function readIncoming(text: string, ua: UA): Incoming {
  const parsed = parseSipText(text);
  if (parsed.kind === 'bad') {
    return parsed.canAnswer
      ? { kind: 'refuse', answer: refusal(parsed.request, parsed.code, parsed.reason) }
      : { kind: 'drop' };
  }
  const { message } = parsed;
  if (message.kind === 'response') return readResponse(message, text);
  const request = new SIPMessage.IncomingRequest(ua);
  request.ruri = opaqueUri(message.uri);
  request.method = message.method;
  if (!fill(request, message, text) && message.method !== 'ACK') {
    return { kind: 'refuse', answer: refusal(message, 400, 'Contact is malformed.') };
  }
  request.via_branch = transactionKey(message);
  return { kind: 'request', request };
}

function readResponse(message: SipResponse, text: string): Incoming {
  const branch = branchOf(message);
  // More than one Via: it is for someone behind us, and nobody is (RFC 3261 §8.1.3.3).
  if (message.headers('Via').length !== 1 || branch === undefined || !branch.startsWith(MAGIC_COOKIE)) {
    return { kind: 'drop' };
  }
  const response = new SIPMessage.IncomingResponse();
  response.status_code = message.code;
  response.reason_phrase = message.reason;
  response.method = message.cseq.method;
  fill(response, message, text);
  response.via_branch = branch;
  return { kind: 'response', response };
}

/** Copies everything JsSIP reads; false when a Contact is there that is no address. */
function fill(target: IncomingMessage, message: SipMessage, text: string): boolean {
  // Without a prototype: header names come from the network, and `__proto__` is a token.
  target.headers = new Headers();
  for (const { name, value } of message.fields) {
    for (const element of headerValues(name, value)) target.addHeader(name, element);
  }
  target.data = text;
  target.body = message.bodyText;
  target.call_id = message.callId;
  target.cseq = message.cseq.number;
  target.from_tag = message.fromTag ?? '';
  target.to_tag = message.toTag;
  target.from = setParsed(target, 'From', message.from) ?? unknownAddress();
  target.to = setParsed(target, 'To', message.to) ?? unknownAddress();
  const contact = target.headers['Contact']?.[0];
  return contact === undefined || setParsed(target, 'Contact', parseNameAddr(contact.raw)) !== null;
}

/** Gives a header field what our parser made of its first value, where JsSIP would use its grammar. */
function setParsed(
  target: IncomingMessage,
  name: 'From' | 'To' | 'Contact',
  address: NameAddr | null,
): NameAddrHeader | null {
  const entry = target.headers[name]?.[0];
  if (entry === undefined || address === null || !address.uri.includes(':')) {
    delete target.headers[name];
    return null;
  }
  const parsed = new ReceivedAddress(address);
  entry.parsed = parsed;
  return parsed;
}

/** Names of headers to come, on nothing. Faster to fill than what Object.create(null) makes. */
const Headers = function Headers() {} as unknown as new () => IncomingMessage['headers'];
Headers.prototype = Object.create(null);

function unknownAddress(): NameAddrHeader {
  return new ReceivedAddress({ displayName: null, uri: 'sip:anonymous@anonymous.invalid', parameters: [] });
}

/** What JsSIP uses of an address: its URI as text, and parameters. */
class ReceivedAddress implements NameAddrHeader {
  readonly uri: URI;
  readonly display_name: string | null;
  readonly #address: NameAddr;

  constructor(address: NameAddr) {
    this.uri = opaqueUri(address.uri);
    this.display_name = address.displayName;
    this.#address = address;
  }

  getParam(name: string): string | undefined {
    return headerParameter(this.#address, name.toLowerCase());
  }

  toString(): string {
    return `<${this.#address.uri}>`;
  }
}

/** JsSIP only ever writes the URIs of received messages out again, so any scheme and any escape may pass. */
class OpaqueUri extends URI {
  readonly #text: string;

  constructor(text: string) {
    super(null, null, 'opaque.invalid');
    this.#text = text;
  }

  override toString(): string {
    return this.#text;
  }
}

/** Nobody changes a received URI, so that one can stand for all that read the same. */
const opaqueUri = remember((text) => new OpaqueUri(text));

function branchOf(message: SipMessage): string | undefined {
  const via = message.topVia;
  return via === null ? undefined : headerParameter(via, 'branch');
}

/** Server transactions match by branch, sent-by and method (RFC 3261 §17.2.3); old senders by what makes a request one. */
function transactionKey(message: SipRequest): string {
  const branch = branchOf(message);
  const sentBy = message.topVia?.sentBy ?? '';
  // A cookie with nothing behind it tells no two requests apart (RFC 4475 §3.2.1).
  if (branch?.startsWith(MAGIC_COOKIE) && branch !== MAGIC_COOKIE) {
    // ACK and CANCEL belong to the INVITE of their branch; every other method is a transaction of its own.
    return BRANCH_SHARERS.has(message.method)
      ? joined(branch, sentBy)
      : joined(branch, sentBy, message.method);
  }
  return joined(
    `${MAGIC_COOKIE}-2543`,
    sentBy,
    message.callId,
    message.fromTag ?? '',
    String(message.cseq.number),
  );
}

/** A text of its own: one that were added up would hold on to its parts, and with them to the whole message. */
function joined(...parts: readonly string[]): string {
  return shortKey(parts.join(';'));
}

function refusal(request: SipRequest, code: number, reason: string): string {
  const response = new SipResponse(code, reasonPhrase(code));
  for (const via of request.headers('Via')) response.fields.append('Via', via);
  const to = request.header('To');
  const tagged = to === undefined || request.toTag !== undefined ? to : `${to};tag=${newTag()}`;
  const repeated = { From: request.header('From'), To: tagged, 'Call-ID': request.header('Call-ID') };
  // What is missing in the request is missing in its answer: there is nothing to repeat.
  for (const [name, value] of Object.entries(repeated)) {
    if (value !== undefined) response.fields.append(name, value);
  }
  response.fields.append('CSeq', request.header('CSeq') ?? '');
  response.fields.append('Warning', `399 push-terminal "${reason}"`);
  return response.toBytes().toString('latin1');
}
