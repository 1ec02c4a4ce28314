import type { MsrpConnection } from './connection.ts';
import { matchesFingerprint } from './fingerprint.ts';
import type { ContinuationFlag, MsrpProtocolError, RequestHead, ResponseHead } from './message.ts';
import type { MsrpParserHandler } from './parser.ts';
import { respond } from './respond.ts';
import type { MsrpSession, SessionLookup } from './session.ts';
import { sameUri } from './uri.ts';

/** Requests refused on a connection that has no session before it is closed. */
export const MAX_REFUSALS_UNBOUND = 16;

type Route =
  | { readonly kind: 'session'; readonly session: MsrpSession }
  | { readonly kind: 'refuse'; readonly code: number }
  | { readonly kind: 'ignore' };

/**
 * Brings what one connection receives to its sessions by the rules of RFC 4975 §5.4 and §7.3: the
 * To-Path selects the session, the first SEND binds it, and a session belongs to one connection.
 */
export class SessionRouter implements MsrpParserHandler {
  readonly #connection: MsrpConnection;
  readonly #lookup: SessionLookup;
  #current: MsrpSession | null = null;
  #refusals = 0;

  constructor(connection: MsrpConnection, lookup: SessionLookup) {
    this.#connection = connection;
    this.#lookup = lookup;
  }

  onRequestStart(head: RequestHead): void {
    const route = this.#route(head);
    this.#current = route.kind === 'session' ? route.session : null;
    if (route.kind === 'refuse') this.#refuse(head, route.code);
    if (route.kind !== 'session') return;
    if (route.session.connection === null) {
      this.#connection.attach(route.session);
      if (!this.#isPeerOf(route.session)) {
        this.#current = null;
        this.#connection.destroy({ kind: 'stranger' });
        return;
      }
      route.session.bind(this.#connection);
    }
    route.session.requestStart(head);
  }

  onBody(slice: Buffer): void {
    this.#current?.body(slice);
  }

  onRequestEnd(flag: ContinuationFlag): void {
    const session = this.#current;
    this.#current = null;
    session?.requestEnd(flag);
  }

  onResponse(response: ResponseHead): void {
    for (const session of this.#connection.sessions) session.response(response);
  }

  onError(error: MsrpProtocolError): void {
    this.#connection.destroy({ kind: 'protocol', message: error.message });
  }

  #route(head: RequestHead): Route {
    const [target] = head.toPath;
    const session = target?.sessionId ? this.#lookup(target.sessionId) : undefined;
    const known = session !== undefined && target !== undefined && sameUri(session.localUri, target);
    const here = known && session.connection === this.#connection;
    if (head.method === 'REPORT') {
      return here && head.defect === null ? { kind: 'session', session } : { kind: 'ignore' };
    }
    if (target === undefined) return { kind: 'refuse', code: 400 };
    if (!known || head.toPath.length > 1) return { kind: 'refuse', code: 481 };
    if (!here && session.connection !== null) {
      return { kind: 'refuse', code: this.#connection.sessions.size === 0 ? 506 : 481 };
    }
    if (head.defect !== null) return { kind: 'refuse', code: 400 };
    if (head.method !== 'SEND') return { kind: 'refuse', code: 501 };
    return { kind: 'session', session };
  }

  /**
   * Whether the certificate of an accepted connection is one that the session's SDP names. A peer that presents none
   * is known by the session id alone: client certificates are not asked of everyone (RFC 6135 §4.3).
   */
  #isPeerOf(session: MsrpSession): boolean {
    const { peerCertificate } = this.#connection;
    if (peerCertificate === null || session.peerFingerprints.length === 0) return true;
    return matchesFingerprint(peerCertificate, session.peerFingerprints);
  }

  #refuse(head: RequestHead, code: number): void {
    const localUri = head.toPath[0] ?? this.#connection.sessions.values().next().value?.localUri;
    if (localUri !== undefined) respond(this.#connection, head, localUri, code);
    if (this.#connection.sessions.size > 0) return;
    this.#refusals += 1;
    if (this.#refusals >= MAX_REFUSALS_UNBOUND || localUri === undefined) {
      this.#connection.close({ kind: 'protocol', message: 'no request for a session of ours' });
    }
  }
}
