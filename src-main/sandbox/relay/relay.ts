import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { ContinuationFlag, RequestHead, ResponseHead } from '../../msrp/message.ts';
import { formatUri, type MsrpUri, newTransactionId } from '../../msrp/uri.ts';
import { standardComment, writeReport, writeResponse } from '../../msrp/writer.ts';
import { Forwarded, type Piece } from './forwarded.ts';
import { type Grant, Grants } from './grants.ts';
import { Hop, type HopEvents, PROBATION_MS } from './hop.ts';
import { KnownPeers } from './known-peers.ts';
import { type DialPolicy, NextHop } from './next-hop.ts';
import { RelayAuth } from './relay-auth.ts';
import { SentPieces } from './sent-pieces.ts';

/** Connections at a time; more are closed at once. */
const MAX_CONNECTIONS = 1000;
/** Requests refused in a row before a connection is closed (RFC 4976 §6.1, §6.3). */
const MAX_REFUSALS = 5;
/** Wait for the answer of a next hop (RFC 4976 §6.4.1), in milliseconds. */
const ANSWER_TIMEOUT_MS = 30_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;

export type MsrpRelayOptions = {
  /** IP address to listen on. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Digest realm of AUTH. */
  readonly realm: string;
  readonly users: readonly { readonly name: string; readonly password: string }[];
  /** Certificate and key as PEM: the relay then listens for TLS, and trusts this certificate of next hops, too. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Where the relay may connect to on behalf of its users; nowhere but loopback when it listens there, else anywhere. */
  readonly mayConnectTo?: (address: string) => boolean;
  readonly probationMs?: number;
  readonly answerTimeoutMs?: number;
};

/** Where a request goes: to whom, by which grant, and with which paths. */
type Route = {
  readonly next: NextHop;
  readonly grant: Grant;
  readonly toPath: readonly MsrpUri[];
  readonly fromPath: readonly MsrpUri[];
};

/**
 * An MSRP relay (RFC 4976 §6) for the users of the sandbox core: grants URIs to those who authenticate, and forwards
 * what is sent to them or by them in pieces, hop by hop. AUTH over plain TCP is accepted, which RFC 4976 §8 forbids
 * and a lab without certificates needs.
 */
export class MsrpRelay {
  /** What clients set as their relay: `msrp://127.0.0.1:2855;tcp`. */
  readonly uri: string;
  readonly port: number;
  readonly #server: Server;
  readonly #options: MsrpRelayOptions;
  readonly #auth: RelayAuth;
  readonly #grants: Grants;
  readonly #sent: SentPieces;
  readonly #dialPolicy: DialPolicy;
  readonly #hops = new Set<Hop>();
  readonly #sockets = new Set<Socket>();
  /** Connections the relay made, by authority. */
  readonly #dialled = new Map<string, NextHop>();
  readonly #peers = new KnownPeers();
  /** What each connection is in the middle of; null for a request that goes nowhere. */
  readonly #current = new Map<Hop, Forwarded | null>();
  readonly #events: HopEvents;

  private constructor(server: Server, port: number, options: MsrpRelayOptions) {
    const scheme = options.tls === undefined ? 'msrp' : 'msrps';
    const { host, tls } = options;
    this.#server = server;
    this.port = port;
    this.#options = options;
    this.#auth = new RelayAuth(options.realm, options.users);
    this.#grants = new Grants({ host, port, scheme });
    this.#sent = new SentPieces(options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS);
    const base = { scheme, userinfo: null, host, port, sessionId: null, transport: 'tcp', parameters: [] };
    this.uri = formatUri({ ...base, scheme });
    this.#dialPolicy = {
      mayConnectTo: options.mayConnectTo ?? ((address) => !isLoopback(host) || isLoopback(address)),
      ...(tls === undefined ? {} : { ca: tls.cert }),
    };
    this.#events = {
      onRequestStart: (hop, head) => this.#requestStart(hop, head),
      onBody: (hop, slice) => this.#current.get(hop)?.body(slice),
      onRequestEnd: (hop, flag) => this.#requestEnd(hop, flag),
      onResponse: (_hop, response) => this.#response(response),
      onClosed: (hop) => this.#closed(hop),
    };
  }

  /** Listens. Rejects with the error of the operating system, for instance EADDRINUSE. */
  static open(options: MsrpRelayOptions): Promise<MsrpRelay> {
    const { tls, host, port } = options;
    return new Promise((resolve, reject) => {
      const server =
        tls === undefined
          ? createServer()
          : createTlsServer({ ...tls, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_TIMEOUT_MS });
      server.maxConnections = MAX_CONNECTIONS;
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        // A connection that cannot be accepted is its peer's loss alone.
        server.on('error', () => {});
        const address = server.address();
        const bound = typeof address === 'object' && address !== null ? address.port : port;
        const relay = new MsrpRelay(server, bound, options);
        server.on('connection', (socket) => relay.#watch(socket));
        server.on(tls === undefined ? 'connection' : 'secureConnection', (socket) => relay.#accept(socket));
        resolve(relay);
      });
    });
  }

  /** Closes every connection and stops listening. */
  close(): Promise<void> {
    this.#grants.close();
    this.#sent.close();
    for (const hop of this.#hops) hop.close();
    for (const { hop } of this.#dialled.values()) hop?.close();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #accept(socket: Socket): void {
    this.#hops.add(new Hop(socket, this.#events, this.#options.probationMs ?? PROBATION_MS));
  }

  #requestStart(hop: Hop, head: RequestHead): void {
    this.#current.set(hop, null);
    if (head.defect !== null) {
      this.#refuse(hop, head, 400);
      return;
    }
    if (head.method === 'AUTH') {
      this.#authenticate(hop, head);
      return;
    }
    const [first] = head.toPath;
    if (first === undefined || first.port !== this.port) {
      // Not for this relay (RFC 4976 §6.2).
      hop.close();
      return;
    }
    const route = this.#route(hop, head);
    if (route === null) {
      this.#refuse(hop, head, 481);
      return;
    }
    hop.approve();
    const [previous] = head.fromPath;
    if (previous !== undefined) this.#peers.note(previous, hop);
    const { next, toPath, fromPath, grant } = route;
    const write = (piece: Piece): void => this.#forward(hop, head, piece, next, grant);
    this.#current.set(hop, new Forwarded({ head, toPath, fromPath, write }));
  }

  #requestEnd(hop: Hop, flag: ContinuationFlag): void {
    const forwarded = this.#current.get(hop);
    this.#current.delete(hop);
    if (forwarded === undefined || forwarded === null) return;
    forwarded.end(flag);
    const { head } = forwarded;
    if (head.method === 'SEND' && head.failureReport === 'yes') answer(hop, head, 200);
  }

  #response({ transactionId, code }: ResponseHead): void {
    this.#sent.answered(transactionId, code);
  }

  #forward(source: Hop, head: RequestHead, piece: Piece, next: NextHop, grant: Grant): void {
    if (head.method === 'SEND' && head.failureReport !== 'no') {
      const { messageId } = head;
      this.#sent.add(piece, next, head.failureReport === 'yes', (code) => {
        if (messageId === null) return;
        source.write(
          writeReport({
            transactionId: newTransactionId(),
            toPath: head.fromPath,
            fromPath: [grant.uri],
            messageId,
            byteRange: piece.range,
            code,
            comment: standardComment(code),
          }),
        );
      });
    }
    next.write(piece.bytes, source);
    if (next.hop !== null && !next.hop.isOpen) this.#sent.gone((one) => one === next);
  }

  /** Takes the URIs of this relay off the path (RFC 4976 §6.4); null when one of them does not hold. */
  #route(source: Hop, head: RequestHead): Route | null {
    let toPath = head.toPath;
    let fromPath = head.fromPath;
    let isClients = false;
    for (;;) {
      const [own, following] = toPath;
      const grant = own === undefined ? undefined : this.#grants.find(own);
      if (grant === undefined || following === undefined) return null;
      toPath = toPath.slice(1);
      fromPath = [grant.uri, ...fromPath];
      isClients = !isClients && grant.client === source;
      if (!isClients) return { next: NextHop.over(grant.client), grant, toPath, fromPath };
      if (this.#grants.find(following) === undefined) {
        return { next: this.#nextHop(following), grant, toPath, fromPath };
      }
      // The peer has this relay, too: the next round is the way in.
    }
  }

  /** By the connection the URI's owner came over, or one to its authority (RFC 4976 §6.4.2). */
  #nextHop(uri: MsrpUri): NextHop {
    const peer = this.#peers.find(uri);
    if (peer !== undefined) return NextHop.over(peer);
    const key = `${uri.scheme} ${uri.host.toLowerCase()} ${uri.port ?? ''}`;
    const known = this.#dialled.get(key);
    if (known !== undefined) return known;
    const next: NextHop = NextHop.dial(uri, this.#dialPolicy, this.#events, () => {
      this.#dialled.delete(key);
      this.#sent.gone((one) => one === next);
    });
    this.#dialled.set(key, next);
    return next;
  }

  #authenticate(hop: Hop, head: RequestHead): void {
    const [target] = head.toPath;
    if (head.toPath.length !== 1 || target?.port !== this.port || target.sessionId !== null) {
      this.#refuse(hop, head, 403);
      return;
    }
    const verdict = this.#auth.judge(head);
    if (verdict.kind === 'refused') {
      this.#refuse(hop, head, verdict.code, verdict.headers);
      return;
    }
    const granted = this.#grants.issue(hop, verdict.expires);
    if (granted === null) {
      this.#refuse(hop, head, 403);
      return;
    }
    hop.approve();
    const { expires, info } = verdict;
    answer(hop, head, 200, [
      `Use-Path: ${formatUri(granted)}`,
      `Expires: ${expires}`,
      `Authentication-Info: ${info}`,
    ]);
  }

  /** Answers as far as the request lets us; who is refused again and again is closed. */
  #refuse(hop: Hop, head: RequestHead, code: number, headers: readonly string[] = []): void {
    hop.refusals += 1;
    if (head.method !== 'REPORT' && head.failureReport !== 'no') answer(hop, head, code, headers);
    if (hop.refusals >= MAX_REFUSALS) hop.close();
  }

  #closed(hop: Hop): void {
    this.#hops.delete(hop);
    this.#current.delete(hop);
    this.#grants.hopClosed(hop);
    this.#peers.hopClosed(hop);
    for (const [key, next] of this.#dialled) if (next.hop === hop) this.#dialled.delete(key);
    this.#sent.gone((next) => next.hop === hop);
  }
}

/** Answers a request to the hop it came from: SEND to that alone, others all the way back (RFC 4975 §7.2). */
function answer(hop: Hop, head: RequestHead, code: number, headers: readonly string[] = []): void {
  const toPath = head.method === 'SEND' ? head.fromPath.slice(0, 1) : head.fromPath;
  const fromPath = head.toPath.slice(0, 1);
  if (toPath.length === 0 || fromPath.length === 0) return;
  const { transactionId } = head;
  const response = writeResponse({ transactionId, toPath, fromPath, code, comment: standardComment(code) });
  hop.write(headers.length === 0 ? response : withHeaders(response, transactionId, headers));
}

/** Header lines put before the end-line of a response. */
function withHeaders(response: Buffer, transactionId: string, headers: readonly string[]): Buffer {
  const end = response.lastIndexOf(`-------${transactionId}`);
  const lines = Buffer.from(headers.map((line) => `${line}\r\n`).join(''), 'utf8');
  return Buffer.concat([response.subarray(0, end), lines, response.subarray(end)]);
}

function isLoopback(address: string): boolean {
  return address === '::1' || address === 'localhost' || /^(::ffff:)?127\./.test(address);
}
