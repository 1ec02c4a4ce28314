/**
 * Every change to JsSIP 3.13.8's internals, with its reason. Importing this file applies them once.
 */

import DialogRequestSender from 'jssip/lib/Dialog/RequestSender.js';
import Dialog from 'jssip/lib/Dialog.js';
import type NameAddrHeader from 'jssip/lib/NameAddrHeader.js';
import RequestSender from 'jssip/lib/RequestSender.js';
import SIPMessage, {
  type IncomingRequest,
  type IncomingResponse,
  type OutgoingRequest,
} from 'jssip/lib/SIPMessage.js';
import Timers from 'jssip/lib/Timers.js';
import Transactions from 'jssip/lib/Transactions.js';
import Utils from 'jssip/lib/Utils.js';
import { USER_AGENT } from './capabilities.ts';
import { Challenges, NO_CREDENTIALS } from './challenges.ts';
import { buildReply } from './reply.ts';

const MAX_HEADER_NAMES = 500;
const MAX_HEADER_NAME_LENGTH = 64;

// Stock is 0, so a request retransmitted after its answer would be delivered twice (RFC 3261 §17.2.2).
Timers.TIMER_J = 64 * Timers.T1;
// Stock is 0, so a retransmitted final answer to INVITE would find no transaction to ACK it (RFC 3261 §17.1.1.2).
Timers.TIMER_D = 32_000;
Timers.TIMER_I = Timers.T1 * 10;

// Stock takes every header name apart anew, a dozen times for each message.
const headerNames = new Map<string, string>();
const { headerize } = Utils;
Utils.headerize = (name) => {
  const known = headerNames.get(name);
  if (known !== undefined) return known;
  const made = headerize(name);
  // Names come from the network: only few and short ones are remembered.
  if (headerNames.size < MAX_HEADER_NAMES && name.length <= MAX_HEADER_NAME_LENGTH)
    headerNames.set(name, made);
  return made;
};

// Stock counts Content-Length in UTF-8, but our strings are latin1, one character a byte; it also
// claims ICE, Replaces and WebRTC methods that this terminal does not have.
SIPMessage.OutgoingRequest.prototype.toString = function write(this: OutgoingRequest): string {
  const lines = [`${this.method} ${String(this.ruri)} SIP/2.0`];
  for (const [name, values] of Object.entries(this.headers)) {
    for (const value of values) lines.push(`${name}: ${value}`);
  }
  for (const header of this.extraHeaders) lines.push(header.trim());
  const body = this.body ?? '';
  lines.push(`User-Agent: ${USER_AGENT}`, `Content-Length: ${body.length}`, '', body);
  return lines.join('\r\n');
};

// Stock forces application/sdp on every body, adds a wrong Accept to 415 and OPTIONS, and words 500 its own way.
SIPMessage.IncomingRequest.prototype.reply = function reply(
  this: IncomingRequest,
  code,
  reason,
  extraHeaders,
  _body,
  onSuccess,
  onFailure,
): void {
  const text = buildReply(this, { code, ...(reason ? { reason } : {}), headers: extraHeaders ?? [] });
  this.server_transaction.receiveResponse(code, text, onSuccess, onFailure);
};
SIPMessage.IncomingRequest.prototype.reply_sl = function replyStateless(
  this: IncomingRequest,
  code,
  reason,
): void {
  this.transport.send(buildReply(this, { code, ...(reason ? { reason } : {}) }));
};

// Stock answers one challenge, of the first header only, by MD5 only, and then forgets the password.
const challenges = new WeakMap<RequestSender, Challenges>();
RequestSender.prototype._receiveResponse = function receive(
  this: RequestSender,
  response: IncomingResponse,
): void {
  const { credentials } = this._ua;
  const isChallenge = response.status_code === 401 || response.status_code === 407;
  if (!isChallenge || !credentials) {
    this._eventHandlers.onReceiveResponse(response, isChallenge ? NO_CREDENTIALS : null);
    return;
  }
  const met = challenges.get(this) ?? new Challenges();
  challenges.set(this, met);
  const repeated = this._request.clone();
  if (!met.answer(response, repeated, credentials)) {
    this._eventHandlers.onReceiveResponse(response, met.problem);
    return;
  }
  repeated.cseq += 1;
  repeated.setHeader('cseq', `${repeated.cseq} ${repeated.method}`);
  this._request = repeated;
  this._eventHandlers.onAuthenticated(repeated);
  this.send();
};

// Stock tests a field that is never set, so a dialog never looks terminated.
Dialog.prototype.isTerminated = function isTerminated(this: Dialog): boolean {
  return this._state === Dialog.C.STATUS_TERMINATED;
};

// Stock goes on after it answered 491, and so hands the owner a request that already has its final answer.
const checkInDialogRequest = Dialog.prototype._checkInDialogRequest;
Dialog.prototype._checkInDialogRequest = function check(this: Dialog, request: IncomingRequest): boolean {
  // Stock takes the ACK of the latest INVITE only, and once; a late one for an earlier 2xx would be lost, and the session
  // with it. The owner knows which ones it waits for; an ACK never moves the CSeq (RFC 3261 §13.2.2.4).
  if (request.method === 'ACK') return true;
  const isOffer = request.method === 'INVITE' || (request.method === 'UPDATE' && request.body !== '');
  const wasRefused = isOffer && this.uac_pending_reply;
  const passes = checkInDialogRequest.call(this, request) && !wasRefused;
  if (passes && request.method === 'UPDATE') refreshTargetWhenAccepted(this, request);
  return passes;
};

// Stock waits for a state that an UPDATE's transaction never has, and leaves out UPDATEs without a body, so the remote
// target stays the old one (RFC 3311 §5.2, RFC 3261 §12.2.2).
function refreshTargetWhenAccepted(dialog: Dialog, request: IncomingRequest): void {
  if (!request.hasHeader('contact')) return;
  const { server_transaction: transaction } = request;
  const answer = transaction.receiveResponse.bind(transaction);
  transaction.receiveResponse = (code, ...rest) => {
    answer(code, ...rest);
    if (code < 200 || code >= 300) return;
    dialog._remote_target = (request.parseHeader('contact') as NameAddrHeader).uri;
  };
}

// Stock repeats an INVITE that got 491 by itself, after one second and under its old CSeq header.
const receiveInDialog = DialogRequestSender.prototype._receiveResponse;
DialogRequestSender.prototype._receiveResponse = function receive(
  this: DialogRequestSender,
  response: IncomingResponse,
): void {
  if (response.status_code === 491) this._eventHandlers.onErrorResponse(response);
  else receiveInDialog.call(this, response);
};

// Stock gives the ACK to a 2xx a branch of 10^7 values and a Via without the port we can be reached at.
const sendAck = Transactions.AckClientTransaction.prototype.send;
Transactions.AckClientTransaction.prototype.send = function send(): void {
  const { ua } = this.request;
  if (ua.newVia !== undefined) this.request.setHeader('via', ua.newVia().value);
  sendAck.call(this);
};
