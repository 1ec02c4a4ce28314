import { randomBytes } from 'node:crypto';
import { parseContentType } from '../../content/mime.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { aorOf, parseSipUri } from '../../sip/uri.ts';
import type { CoreAuth } from './auth.ts';
import { isPresenceDocument, PIDF_TYPE, PRESENCE_EVENT } from './presence-package.ts';
import { respond } from './responses.ts';
import { parseEvent } from './subscribe-request.ts';

/** Seconds a publication lives when the client names no time, and the shortest and longest time granted. */
const DEFAULT_EXPIRES = 3600;
const MIN_EXPIRES = 60;
const MAX_EXPIRES = 86_400;
/** Publications one AOR may have, and the longest document, in bytes: what watchers are told is all of them. */
const MAX_PUBLICATIONS_PER_AOR = 20;
const MAX_DOCUMENT_BYTES = 16 * 1024;

type Publication = { readonly document: Buffer; readonly timer: NodeJS.Timeout };

type Answer = {
  readonly code: number;
  readonly reason?: string;
  readonly headers?: readonly (readonly [string, string])[];
};

/**
 * The event state compositor of presence (RFC 3903 §6): takes what terminals publish of themselves, each publication
 * under an entity-tag that changes with every request.
 */
export class Publications {
  readonly #auth: CoreAuth;
  readonly #domain: string;
  readonly #isOwnAddress: (host: string, port: number | null) => boolean;
  readonly #onChanged: (aor: string) => void;
  /** By AOR, then by entity-tag. */
  readonly #byAor = new Map<string, Map<string, Publication>>();

  constructor(parts: {
    readonly auth: CoreAuth;
    readonly domain: string;
    readonly isOwnAddress: (host: string, port: number | null) => boolean;
    /** What holds for an AOR is another than before. */
    readonly onChanged: (aor: string) => void;
  }) {
    this.#auth = parts.auth;
    this.#domain = parts.domain;
    this.#isOwnAddress = parts.isOwnAddress;
    this.#onChanged = parts.onChanged;
  }

  /** Documents that hold for an AOR, the oldest first. */
  documents(aor: string): readonly Buffer[] {
    return [...(this.#byAor.get(aor)?.values() ?? [])].map(({ document }) => document);
  }

  /** Answers a PUBLISH to a user of this core; null when it is for the proxy. */
  request(request: SipRequest): SipResponse | null {
    if (request.method !== 'PUBLISH') return null;
    const uri = parseSipUri(request.uri);
    if (uri === null || !this.#isOwnAddress(uri.host, uri.port)) return null;
    const { code, headers, reason } = this.#answer(request, uri.user, aorOf({ ...uri, host: this.#domain }));
    return respond(request, code, headers, reason);
  }

  /** Forgets everything and stops all timers. */
  close(): void {
    for (const publications of this.#byAor.values()) {
      for (const { timer } of publications.values()) clearTimeout(timer);
    }
    this.#byAor.clear();
  }

  /** The steps of RFC 3903 §6. */
  #answer(request: SipRequest, user: string | null, aor: string): Answer {
    if (user === null || !this.#auth.hasUser(user)) return { code: 404 };
    if (parseEvent(request.header('Event'))?.name !== PRESENCE_EVENT) {
      return { code: 489, headers: [['Allow-Events', PRESENCE_EVENT]] };
    }
    const unknown = request.headers('Require');
    if (unknown.length > 0) return { code: 420, headers: [['Unsupported', unknown.join(', ')]] };
    const auth = this.#auth.check(request, 'proxy');
    if (auth.kind === 'challenge') return { code: auth.code, headers: auth.headers };
    const name = aor.slice('sip:'.length, aor.lastIndexOf('@'));
    if (Buffer.from(name, 'latin1').toString('utf8') !== auth.username) return { code: 403 };
    const tags = request.headers('SIP-If-Match');
    if (tags.length > 1) return { code: 400, reason: 'Several SIP-If-Match' };
    const [tag] = tags;
    const before = tag === undefined ? undefined : this.#byAor.get(aor)?.get(tag);
    if (tag !== undefined && before === undefined) return { code: 412 };
    const seconds = readSeconds(request.header('Expires')) ?? DEFAULT_EXPIRES;
    if (seconds > 0 && seconds < MIN_EXPIRES) {
      return { code: 423, headers: [['Min-Expires', String(MIN_EXPIRES)]] };
    }
    const refusal = this.#refuseBody(request, aor, before);
    if (refusal !== null) return refusal;
    return this.#publish(request, aor, tag, before, Math.min(seconds, MAX_EXPIRES));
  }

  #refuseBody(request: SipRequest, aor: string, before: Publication | undefined): Answer | null {
    if (request.body.length === 0) {
      return before === undefined ? { code: 400, reason: 'Nothing To Publish' } : null;
    }
    if (parseContentType(request.header('Content-Type') ?? '')?.type !== PIDF_TYPE) {
      return { code: 415, headers: [['Accept', PIDF_TYPE]] };
    }
    if (request.body.length > MAX_DOCUMENT_BYTES) return { code: 413 };
    if (!isPresenceDocument(request.body)) return { code: 400, reason: 'Malformed Presence Document' };
    const count = this.#byAor.get(aor)?.size ?? 0;
    if (before === undefined && count >= MAX_PUBLICATIONS_PER_AOR) {
      return { code: 403, reason: 'Too Many Publications' };
    }
    return null;
  }

  #publish(
    request: SipRequest,
    aor: string,
    tag: string | undefined,
    before: Publication | undefined,
    seconds: number,
  ): Answer {
    const newTag = randomBytes(8).toString('hex');
    const document = request.body.length > 0 ? request.body : before?.document;
    const isChanged = document !== before?.document || seconds === 0;
    if (tag !== undefined) this.#forget(aor, tag);
    if (document !== undefined && seconds > 0) {
      const timer = setTimeout(() => {
        this.#forget(aor, newTag);
        this.#onChanged(aor);
      }, seconds * 1000);
      timer.unref();
      const publications = this.#byAor.get(aor) ?? new Map<string, Publication>();
      this.#byAor.set(aor, publications.set(newTag, { document, timer }));
    }
    if (isChanged) this.#onChanged(aor);
    return {
      code: 200,
      headers: [
        ['SIP-ETag', newTag],
        ['Expires', String(seconds)],
      ],
    };
  }

  #forget(aor: string, tag: string): void {
    const publications = this.#byAor.get(aor);
    const publication = publications?.get(tag);
    if (publications === undefined || publication === undefined) return;
    clearTimeout(publication.timer);
    publications.delete(tag);
    if (publications.size === 0) this.#byAor.delete(aor);
  }
}

/** A malformed time counts as absent (RFC 3261 §20.19). */
function readSeconds(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Number(text) : null;
}
