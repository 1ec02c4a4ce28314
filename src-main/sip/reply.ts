import { randomFillSync } from 'node:crypto';
import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import { ALLOWED_METHODS, SUPPORTED_EXTENSIONS, USER_AGENT } from './capabilities.ts';

/** A response to build: extra headers are whole lines without CRLF; the body is a latin1 string, one character a byte. */
export type Reply = {
  readonly code: number;
  /** Reason phrase; the standard one when absent. */
  readonly reason?: string;
  readonly headers?: readonly string[];
  readonly body?: { readonly type: string; readonly content: string };
};

const OWN_HEADERS = `Supported: ${SUPPORTED_EXTENSIONS.join(', ')}\r\nServer: ${USER_AGENT}\r\n`;
const ALLOW = `Allow: ${ALLOWED_METHODS.join(', ')}\r\n`;
const REASON_PHRASES: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  200: 'OK',
  202: 'Accepted',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  422: 'Session Interval Too Small',
  423: 'Interval Too Brief',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  489: 'Bad Event',
  491: 'Request Pending',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  505: 'Version Not Supported',
  513: 'Message Too Large',
  603: 'Decline',
};

/** Requests whose answers repeat Record-Route (RFC 3261 §12.1.1, RFC 6665 §4.4.1). */
const DIALOG_FORMING: ReadonlySet<string> = new Set(['INVITE', 'REFER', 'SUBSCRIBE', 'NOTIFY']);

/** The standard reason phrase of a status code, or an empty string where there is none. */
export function reasonPhrase(code: number): string {
  return REASON_PHRASES[code] ?? '';
}

/** A new From or To tag with 64 random bits (RFC 3261 §19.3). */
export function newTag(): string {
  if (usedRandom === random.length) {
    randomFillSync(random);
    usedRandom = 0;
  }
  usedRandom += TAG_BYTES;
  return random.toString('hex', usedRandom - TAG_BYTES, usedRandom);
}

const TAG_BYTES = 8;
/** Random bytes that are fetched at once, because each call costs far more than its bytes. */
const random = Buffer.alloc(TAG_BYTES * 256);
let usedRandom = random.length;

/**
 * Builds a response as a latin1 string. Via, From, Call-ID and CSeq repeat the request (PRA-PAG-11, X-36);
 * To gains the request's local tag, which is made on first use and then kept, so that every response of
 * one transaction carries the same (RFC 3261 §8.2.6.2). Record-Route is repeated in answers that form dialogs.
 */
export function buildReply(request: IncomingRequest, reply: Reply): string {
  return completeReply(repeatedLines(request, reply.code), request.method, reply);
}

/** The lines that a response to a request has in common with it. */
function repeatedLines(request: IncomingRequest, code: number): string {
  const lines: string[] = [];
  for (const via of request.getHeaders('via')) lines.push('Via: ', via, '\r\n');
  if (DIALOG_FORMING.has(request.method) && code > 100 && code < 300) {
    for (const route of request.getHeaders('record-route')) lines.push('Record-Route: ', route, '\r\n');
  }
  lines.push('From: ', request.getHeader('from') ?? '', '\r\nTo: ', toWithTag(request, code));
  lines.push('\r\nCall-ID: ', request.call_id, '\r\nCSeq: ', `${request.cseq} ${request.method}\r\n`);
  // Joined, not added up: that would hold on to its parts, and with them to the request.
  return lines.join('');
}

function completeReply(repeated: string, method: string, { code, reason, headers, body }: Reply): string {
  let own = code > 100 ? OWN_HEADERS : '';
  if (code === 405 || code === 501 || (isRefresh(method) && code > 100 && code < 300)) own += ALLOW;
  for (const line of headers ?? []) own += `${line}\r\n`;
  if (body !== undefined) own += `Content-Type: ${body.type}\r\n`;
  const content = body?.content ?? '';
  return `SIP/2.0 ${code} ${reason ?? reasonPhrase(code)}\r\n${repeated}${own}Content-Length: ${content.length}\r\n\r\n${content}`;
}

/** RFC 3261 §13.3.1.4, RFC 3311 §5.2: answers to these say what the peer may send. */
function isRefresh(method: string): boolean {
  return method === 'INVITE' || method === 'UPDATE';
}

function toWithTag(request: IncomingRequest, code: number): string {
  const to = request.getHeader('to') ?? '';
  if (code === 100 || hasTag(to)) return to;
  request.to_tag ??= newTag();
  return `${to};tag=${request.to_tag}`;
}

function hasTag(headerValue: string): boolean {
  const afterUri = headerValue.slice(headerValue.lastIndexOf('>') + 1);
  return /;\s*tag\s*=/i.test(afterUri);
}

/**
 * What sends the final reply to a request outside a dialog later. It holds a few lines of the request and not all of it:
 * thousands may wait.
 */
export function replyLater(request: IncomingRequest): (reply: Reply) => void {
  const { method, server_transaction: transaction } = request;
  const repeated = repeatedLines(request, 200);
  return (reply) => transaction.receiveResponse(reply.code, completeReply(repeated, method, reply));
}

/** Sends a reply through the request's server transaction. */
export function sendReply(request: IncomingRequest, reply: Reply): void {
  request.server_transaction.receiveResponse(reply.code, buildReply(request, reply));
}
