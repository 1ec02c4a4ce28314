import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import RequestSender, { type SenderHandlers } from 'jssip/lib/RequestSender.js';
import SIPMessage, {
  type IncomingRequest,
  type IncomingResponse,
  type OutgoingRequest,
} from 'jssip/lib/SIPMessage.js';
import Transactions, { type Transaction } from 'jssip/lib/Transactions.js';
import UA from 'jssip/lib/UA.js';
import URI from 'jssip/lib/URI.js';
import './jssip-patches.ts';
import { ALLOWED_METHODS, KNOWN_METHODS, SUPPORTED_EXTENSIONS, USER_AGENT } from './capabilities.ts';
import { formatHostPort } from './core-address.ts';
import type { Credentials } from './credentials.ts';
import { type Incoming, readIncoming } from './incoming.ts';
import { OpenRequests } from './open-requests.ts';
import { reconnectDelayMs } from './reconnect.ts';
import { buildReply, sendReply } from './reply.ts';
import type { SipSocket, SocketAddress } from './socket.ts';
import { aorOf, parseSipUri, parseUri, type SipUri, uriParameter } from './uri.ts';

export type { IncomingRequest, IncomingResponse };

/** A flow that lasted this long was a good one: the waits between tries begin anew (the shape of RFC 5626 §4.5). */
const STEADY_MS = 30_000;
/** Room for the answer to a challenge: two hashes, a nonce, and names of usual length. */
const CREDENTIALS_BYTES = 300;

export type UserAgentOptions = {
  readonly socket: SipSocket;
  /** Address of record, e.g. `sip:bob@push.test`. */
  readonly aor: string;
  readonly displayName?: string;
  readonly credentials?: Credentials;
  /** A method served beside ALLOWED_METHODS; an application server takes REGISTER (TS 24.229 §5.7.1.1). */
  readonly alsoAllows?: string;
  readonly handlers: UserAgentHandlers;
};

export type UserAgentHandlers = {
  /** The flow to the core is up. */
  readonly connected: () => void;
  /** The flow is down; the next try runs at `retryAt` (ms since the epoch). */
  readonly disconnected: (reason: string, retryAt: number) => void;
  /** Whether a Request-URI is ours beside the AOR and the Contact: a GRUU or another identity. */
  readonly ownsUri: (uri: SipUri) => boolean;
  /** A new request outside any dialog, with its server transaction. It must be answered. */
  readonly request: (request: IncomingRequest) => void;
  /** The sender gave up a pending INVITE; the CANCEL itself is answered (RFC 3261 §9.2). */
  readonly cancelled: (invite: IncomingRequest) => void;
  /** Our own code failed on a message; the connection goes on. */
  readonly fault: (error: unknown) => void;
  /** Every message as it went over the wire, for delivery records and the trace. Optional. */
  readonly wire?: (direction: 'in' | 'out', message: string) => void;
};

/** How an outgoing request ended. */
export type Outcome =
  /** `problem` says why a challenge was left without answer, where the password or key is not what was refused. */
  | { readonly kind: 'response'; readonly response: IncomingResponse; readonly problem?: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unreachable' };

export type OutgoingOptions = {
  readonly method: string;
  /** Request-URI. */
  readonly to: string;
  /** To header's URI where it differs from the Request-URI. */
  readonly toUri?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly fromTag?: string;
  /** Whole header lines without CRLF. */
  readonly headers?: readonly string[];
  /** latin1, one character a byte. */
  readonly body?: string;
  /** The request was repeated with credentials, under this CSeq. */
  readonly authenticated?: (cseq: number) => void;
};

/**
 * JsSIP's user agent, with every incoming request ours: parsed and guarded by our own reader, matched to
 * transactions and dialogs by JsSIP, and given to one handler (RFC 3261 §8.2, order of X-10).
 */
export class SipUserAgent extends UA {
  /** What challenges are answered with; null answers none. JsSIP's own configuration knows passwords only. */
  readonly #credentials: Credentials | null;
  /** While set, credentials for any realm answer this one alone: we are where somebody else sent us. */
  onlyRealm: string | null = null;
  readonly #socket: SipSocket;
  readonly #handlers: UserAgentHandlers;
  readonly #alsoAllows: string | null;
  readonly #open = new OpenRequests((text) => this._transport.send(text));
  /** As a key for comparing; null when it is no SIP URI. */
  readonly #aor: string | null;
  readonly #subscriptions = new Map<string, (request: IncomingRequest) => void>();
  /** Tries to connect since the last flow that lasted. JsSIP's own count ends with every connection. */
  #tries = 0;
  /** Service-Route of the registration: the way out for every request but REGISTER (RFC 3608 §6.1). */
  serviceRoute: readonly string[] = [];

  constructor(options: UserAgentOptions) {
    super({
      sockets: options.socket,
      uri: options.aor,
      contact_uri: `sip:${randomBytes(8).toString('hex')}@127.0.0.1;transport=${options.socket.via_transport.toLowerCase()}`,
      register: false,
      session_timers: false,
      user_agent: USER_AGENT,
      ...(options.displayName === undefined ? {} : { display_name: options.displayName }),
    });
    this.#credentials = options.credentials ?? null;
    this.#socket = options.socket;
    this.#handlers = options.handlers;
    this.#alsoAllows = options.alsoAllows ?? null;
    const aor = parseSipUri(options.aor);
    this.#aor = aor === null ? null : aorOf(aor);
    this.#ownTransport();
    this.on('connected', () => this.#handlers.connected());
  }

  override get credentials(): Credentials | null {
    const own = this.#credentials;
    return own === null || this.onlyRealm === null ? own : { ...own, realm: own.realm ?? this.onlyRealm };
  }

  /** Where this flow ends on our side; null while it is down. */
  get localAddress(): { readonly host: string; readonly port: number } | null {
    return this.#socket.local;
  }

  /** Contact URI for this flow: a user part of our own, and the address the core sees us at. */
  contactUri(): string {
    const transport = this.#socket.via_transport;
    // One URI parameter means both kinds of WebSocket (RFC 7118 §5.3).
    const named = transport === 'WSS' ? 'ws' : transport.toLowerCase();
    return `sip:${this.contact.uri.user}@${this.#sentBy};transport=${named}`;
  }

  /** A fresh branch with 96 random bits, and the Via that carries it with rport (RFC 3581). */
  override newVia(): { readonly branch: string; readonly value: string } {
    const branch = `z9hG4bK${randomBytes(12).toString('hex')}`;
    const value = `SIP/2.0/${this.#socket.via_transport} ${this.#sentBy};branch=${branch};rport`;
    return { branch, value };
  }

  get #sentBy(): string {
    const { host, port } = this.#socket.local ?? { host: '127.0.0.1', port: 5060 };
    return formatHostPort(host, port);
  }

  /**
   * Sends one request outside any dialog and answers its end. Challenges are answered once with the
   * credentials given (RFC 3261 §22, RFC 3310). Never rejects.
   */
  request(options: OutgoingOptions): Promise<Outcome> {
    const request = this.#outgoing(options);
    if (request === null) return Promise.resolve({ kind: 'unreachable' });
    return new Promise((resolve) => {
      const handlers: SenderHandlers = {
        onRequestTimeout: () => resolve({ kind: 'timeout' }),
        onTransportError: () => resolve({ kind: 'unreachable' }),
        onReceiveResponse: (response, problem) => {
          if (response.status_code < 200) return;
          resolve({ kind: 'response', response, ...(problem ? { problem } : {}) });
        },
        onAuthenticated: (repeated) => options.authenticated?.(repeated.cseq),
      };
      new RequestSender(this, request, handlers).send();
    });
  }

  /** Bytes that a request takes on the wire, with credentials where this user has any; 0 where it has no target. */
  sizeOf(options: OutgoingOptions): number {
    const request = this.#outgoing(options);
    if (request === null) return 0;
    request.setHeader('via', this.newVia().value);
    return request.toString().length + (this.#credentials === null ? 0 : CREDENTIALS_BYTES);
  }

  #outgoing(options: OutgoingOptions): OutgoingRequest | null {
    const uri = URI.parse(options.to);
    const toUri = options.toUri === undefined ? undefined : URI.parse(options.toUri);
    if (uri === undefined) return null;
    return new SIPMessage.OutgoingRequest(
      options.method,
      uri,
      this,
      {
        ...(options.callId === undefined ? {} : { call_id: options.callId }),
        ...(options.cseq === undefined ? {} : { cseq: options.cseq }),
        ...(options.fromTag === undefined ? {} : { from_tag: options.fromTag }),
        ...(toUri === undefined ? {} : { to_uri: toUri }),
      },
      this.#outgoingHeaders(options),
      options.body ?? null,
    );
  }

  /** The network may have changed: connects now where it waited to, and asks a standing flow for a sign of life. */
  networkChanged(): void {
    const transport = this._transport;
    if (this._status === UA.C.STATUS_USER_CLOSED || transport.isConnecting()) return;
    if (!transport.isConnected()) {
      if (transport.recovery_timer === null) return;
      clearTimeout(transport.recovery_timer);
      transport.recovery_timer = null;
      this.#tries = 0;
      transport.connect();
    } else if (isGone(this.#socket.local)) {
      this.#socket.drop('The network changed.');
    } else {
      this.#socket.probe();
    }
  }

  /** Gives NOTIFYs of a subscription that has no dialog yet to a handler (RFC 6665 §4.1.2.4). */
  expectNotify(callId: string, localTag: string, handler: (request: IncomingRequest) => void): void {
    this.#subscriptions.set(`${callId} ${localTag}`, handler);
  }

  forgetNotify(callId: string, localTag: string): void {
    this.#subscriptions.delete(`${callId} ${localTag}`);
  }

  #outgoingHeaders({ method, headers = [] }: OutgoingOptions): readonly string[] {
    if (method === 'REGISTER' || this.serviceRoute.length === 0) return headers;
    return [`Route: ${this.serviceRoute.join(', ')}`, ...headers];
  }

  /** Closes the flow at once; open transactions end as transport errors. */
  close(): void {
    this._status = UA.C.STATUS_USER_CLOSED;
    this.#open.messages.clear();
    this._transport.disconnect();
  }

  // JsSIP gives client transactions a branch of only 10^7 values and a Via without port.
  override newTransaction(transaction: Transaction): void {
    if (!('last_response' in transaction)) {
      const via = this.newVia();
      transaction.id = via.branch;
      transaction.request.setHeader('via', via.value);
    } else {
      this.#open.opened(transaction);
    }
    super.newTransaction(transaction);
  }

  override destroyTransaction(transaction: Transaction): void {
    if ('last_response' in transaction) this.#open.closed(transaction);
    super.destroyTransaction(transaction);
  }

  override receiveRequest(request: IncomingRequest): void {
    const { method } = request;
    const isPager = method === 'MESSAGE' && !request.to_tag;
    if (isPager ? this.#open.messages.absorbs(request) : Transactions.checkTransaction(this, request)) return;
    if (method === 'CANCEL') {
      // checkTransaction answered it 200, and an INVITE of that branch is pending.
      const invite = this._transactions.ist[request.via_branch]?.request;
      if (invite !== undefined) this.#handlers.cancelled(invite);
      return;
    }
    if (method !== 'ACK' && this.#open.full) {
      this._transport.send(buildReply(request, { code: 503, headers: ['Retry-After: 10'] }));
      return;
    }
    if (method === 'INVITE') new Transactions.InviteServerTransaction(this, this._transport, request);
    else if (isPager) this.#open.messages.open(request);
    else if (method !== 'ACK') new Transactions.NonInviteServerTransaction(this, this._transport, request);
    if (!isOneOf(KNOWN_METHODS, method)) {
      sendReply(request, { code: 501 });
      return;
    }
    if (request.to_tag) {
      this.#receiveInDialog(request, request.to_tag);
      return;
    }
    if (method === 'ACK') return;
    // The method counts before the Request-URI (RFC 3261 §8.2.1).
    if (!isOneOf(ALLOWED_METHODS, method) && method !== this.#alsoAllows) {
      sendReply(request, { code: 405 });
      return;
    }
    const target = parseUri(request.ruri.toString());
    if (target?.kind !== 'sip' || target.scheme === 'sips') sendReply(request, { code: 416 });
    else if (!this.#reachesUs(target)) sendReply(request, { code: 404 });
    else if (this.#open.isMerged(request)) sendReply(request, { code: 482 });
    else if (this.#refusesExtension(request)) return;
    else this.#handlers.request(request);
  }

  #receiveInDialog(request: IncomingRequest, toTag: string): void {
    const dialog = this._findDialog(request.call_id, request.from_tag, toTag);
    if (dialog !== null) {
      if (request.method === 'ACK' || !this.#refusesExtension(request)) dialog.receiveRequest(request);
      return;
    }
    const subscriber = this.#subscriptions.get(`${request.call_id} ${toTag}`);
    if (request.method === 'NOTIFY' && subscriber !== undefined) {
      if (!this.#refusesExtension(request)) subscriber(request);
    } else if (request.method !== 'ACK') {
      sendReply(request, { code: 481 });
    }
  }

  #reachesUs(target: SipUri): boolean {
    const { user } = target;
    // A GRUU names one instance: another one of our user's is not us.
    if (uriParameter(target, 'gr') !== undefined) return this.#handlers.ownsUri(target);
    if (user === this.contact.uri.user) return true;
    return aorOf(target) === this.#aor || this.#handlers.ownsUri(target);
  }

  /** Answers 420 when Require names what we do not have (RFC 3261 §8.2.2.3). */
  #refusesExtension(request: IncomingRequest): boolean {
    if (!request.hasHeader('require')) return false;
    const known: readonly string[] = SUPPORTED_EXTENSIONS;
    const unknown = request
      .getHeaders('require')
      .flatMap((value) => value.split(','))
      .map((tag) => tag.trim())
      .filter((tag) => tag !== '' && !known.includes(tag.toLowerCase()));
    if (unknown.length === 0) return false;
    sendReply(request, { code: 420, headers: [`Unsupported: ${unknown.join(', ')}`] });
    return true;
  }

  /** Takes over what JsSIP's transport would do with incoming text, outgoing text and a lost flow. */
  #ownTransport(): void {
    const transport = this._transport;
    transport.ondata = ({ message }) => this.#receive(message);
    transport.send = (data) => {
      const text = String(data);
      const sent = transport.isConnected() && this.#socket.send(text);
      if (sent) this.#handlers.wire?.('out', text);
      return sent;
    };
    let reason = 'The connection was lost.';
    let upAt: number | null = null;
    this.on('connected', () => {
      upAt = Date.now();
    });
    this.on('disconnected', (event: { readonly reason?: string }) => {
      reason = event.reason ?? reason;
      // JsSIP ends its transactions with their flow, too.
      this.#open.messages.clear();
    });
    // JsSIP hides when it tries again; the user wants to see it, and a lab wants jitter.
    transport._reconnect = () => {
      const lasted = upAt !== null && Date.now() - upAt >= STEADY_MS;
      upAt = null;
      this.#tries = lasted ? 1 : this.#tries + 1;
      const delay = reconnectDelayMs(this.#tries);
      transport.recovery_timer = setTimeout(() => {
        if (!transport.close_requested) transport.connect();
      }, delay);
      this.#handlers.disconnected(reason, Date.now() + delay);
    };
  }

  #receive(text: string): void {
    this.#handlers.wire?.('in', text);
    try {
      this.#route(readIncoming(text, this));
    } catch (error) {
      // The last line of defence: whatever a peer sends, the terminal lives on and says what happened.
      this.#handlers.fault(error);
    }
  }

  #route(incoming: Incoming): void {
    switch (incoming.kind) {
      case 'request':
        incoming.request.transport = this._transport;
        if (this._status !== UA.C.STATUS_USER_CLOSED) this.receiveRequest(incoming.request);
        return;
      case 'response':
        this.#receiveResponse(incoming.response);
        return;
      case 'refuse':
        this._transport.send(incoming.answer);
        return;
      case 'drop':
        return;
    }
  }

  #receiveResponse(response: IncomingResponse): void {
    const kind = response.method === 'INVITE' ? 'ict' : 'nict';
    this._transactions[kind][response.via_branch]?.receiveResponse(response);
  }
}

function isOneOf(methods: readonly string[], method: string): boolean {
  return methods.includes(method);
}

/** Whether no interface has an address any more. */
function isGone(local: SocketAddress | null): boolean {
  if (local === null) return false;
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return !all.some(({ address }) => address === local.host || `::ffff:${address}` === local.host);
}
