import type { PublicationState } from './publication-state.ts';
import type { IncomingResponse, Outcome, SipUserAgent } from './user-agent.ts';

export type PublicationOptions = {
  /** Request-URI: the address whose state it is. */
  readonly target: string;
  /** Event package, e.g. `presence`. */
  readonly event: string;
  readonly contentType: string;
  /** The document as it should be published now. */
  readonly document: () => string;
  /** Seconds asked for. */
  readonly expires: number;
  /** Further header lines. */
  readonly headers: readonly string[];
  readonly changed: (state: PublicationState) => void;
};

/** The shortest expiry that is followed, so that a hostile server cannot make us publish in a loop. */
const MIN_EXPIRES_S = 10;
const MAX_EXPIRES_S = 2 ** 31 / 1000 - 1;
/** A refresh goes out when this share of the time is over. */
const REFRESH_SHARE = 0.8;
/** Answers in a row that may change the request at once: 412 and 423. */
const MAX_CHANGES = 4;
/** First wait after a failure that may pass; it doubles up to the maximum. */
const RETRY_BASE_S = 10;
const RETRY_MAX_S = 600;
/** Longest wait that the server may ask for. */
const ASKED_MAX_S = 3_600;
/** How long removing may wait for the server's answers. */
const REMOVE_TIMEOUT_MS = 2_000;
/** Refusals that another try would not change: nothing is published until the next registration. */
const FINAL_CODES: ReadonlySet<number> = new Set([403, 404, 405, 415, 416, 420, 489, 501, 604]);

/** What stands at the server. */
type Held = { readonly etag: string | null; readonly expiresAt: number; readonly document: string };

/**
 * Publishes event state and keeps it fresh (RFC 3903): one PUBLISH at a time, an entity tag from every 2xx, refreshed
 * without body, modified when the document changes, begun anew after 412, longer after 423, removed at the end.
 */
export class Publication {
  readonly #ua: SipUserAgent;
  readonly #options: PublicationOptions;
  #state: PublicationState = { kind: 'off' };
  #expires: number;
  #wanted = false;
  #held: Held | null = null;
  #since = '';
  /** Counts the PUBLISHs; the answer to an older one finds itself overtaken. */
  #attempt = 0;
  #underWay: Promise<void> | null = null;
  #again = false;
  #changes = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(ua: SipUserAgent, options: PublicationOptions) {
    this.#ua = ua;
    this.#options = options;
    this.#expires = options.expires;
  }

  get state(): PublicationState {
    return this.#state;
  }

  /** Publishes unless the document stands there already. Called with each registration and each change. */
  publish(): void {
    const isNew = !this.#wanted;
    this.#wanted = true;
    if (this.#underWay !== null) {
      this.#again = true;
      return;
    }
    const isWaiting = this.#timer !== null && !isNew;
    if (isWaiting && (this.#held === null || this.#held.document === this.#options.document())) return;
    this.#send();
  }

  /** The flow is gone: what is published stays there until it expires, and is taken up again by `publish`. */
  suspend(): void {
    this.#wanted = false;
    this.#stop();
    const left = (this.#held?.expiresAt ?? 0) - Date.now();
    if (this.#state.kind === 'published' && left > 0) this.#after(left, () => this.#lapse());
    else this.#lapse();
  }

  /** Takes it back with `Expires: 0` (RFC 3903 §4.5), bounded in time. Never rejects. */
  async remove(): Promise<void> {
    this.#wanted = false;
    this.#clearTimer();
    const late = new Promise((resolve) => setTimeout(resolve, REMOVE_TIMEOUT_MS).unref());
    if (this.#underWay !== null) await Promise.race([this.#underWay, late]);
    const { etag } = this.#alive ?? { etag: null };
    if (this.#wanted) return;
    this.#stop();
    if (etag !== null && this.#ua.isConnected()) {
      await Promise.race([this.#request(0, etag, null), late]);
    }
    if (!this.#wanted) this.#lapse();
  }

  /** What stands at the server and has not run out. */
  get #alive(): Held | null {
    return this.#held !== null && this.#held.expiresAt > Date.now() ? this.#held : null;
  }

  #send(): void {
    this.#clearTimer();
    this.#again = false;
    if (this.#state.kind !== 'published') this.#setState({ kind: 'publishing' });
    this.#attempt += 1;
    const attempt = this.#attempt;
    const document = this.#options.document();
    const etag = this.#alive?.etag ?? null;
    // RFC 3903 §4.1: initial with a body, refresh with a tag, modification with both.
    const body = etag !== null && this.#alive?.document === document ? null : document;
    this.#underWay = this.#request(this.#expires, etag, body).then((outcome) => {
      if (attempt !== this.#attempt) return;
      this.#underWay = null;
      this.#answered(outcome, document);
    });
  }

  #request(expires: number, etag: string | null, body: string | null): Promise<Outcome> {
    const { target, event, contentType, headers } = this.#options;
    return this.#ua.request({
      method: 'PUBLISH',
      to: target,
      headers: [
        `Event: ${event}`,
        `Expires: ${expires}`,
        ...(etag === null ? [] : [`SIP-If-Match: ${etag}`]),
        ...(body === null ? [] : [`Content-Type: ${contentType}`]),
        ...headers,
      ],
      ...(body === null ? {} : { body: Buffer.from(body, 'utf8').toString('latin1') }),
    });
  }

  #answered(outcome: Outcome, document: string): void {
    if (outcome.kind !== 'response') {
      const reason =
        outcome.kind === 'timeout' ? 'No answer came to the PUBLISH.' : 'The PUBLISH could not be sent.';
      if (this.#wanted) this.#retry(null, reason, null);
      return;
    }
    const { response } = outcome;
    const { status_code: code } = response;
    if (code < 300) {
      this.#accepted(response, document);
    } else if (this.#wanted) {
      this.#refused(response, outcome.problem ?? null);
    }
  }

  #accepted(response: IncomingResponse, document: string): void {
    this.#changes = 0;
    this.#failures = 0;
    // RFC 3903 §4.2: the server's Expires counts, not the one asked for.
    const granted = numberOf(response.getHeader('expires')) ?? this.#expires;
    const seconds = Math.min(MAX_EXPIRES_S, Math.max(MIN_EXPIRES_S, granted));
    if (this.#alive === null) this.#since = new Date().toISOString();
    const etag = entityTag(response.getHeader('sip-etag'));
    const expiresAt = Date.now() + seconds * 1000;
    this.#held = { etag, expiresAt, document };
    this.#setState({
      kind: 'published',
      since: this.#since,
      etag,
      expiresAt: new Date(expiresAt).toISOString(),
    });
    if (!this.#wanted) return;
    if (this.#again && this.#options.document() !== document) this.#send();
    else this.#after(seconds * REFRESH_SHARE * 1000, () => this.#send());
  }

  #refused(response: IncomingResponse, problem: string | null): void {
    const { status_code: code, reason_phrase: phrase } = response;
    if (code === 412) {
      // RFC 3903 §5: the tag is of no use any more; begin anew.
      this.#held = null;
      this.#change(code, phrase);
    } else if (code === 423 && this.#lengthen(response)) {
      this.#change(code, phrase);
    } else if (FINAL_CODES.has(code)) {
      this.#held = null;
      this.#setState({ kind: 'failed', code, reason: explain(code, phrase), retryAt: null });
    } else {
      this.#retry(code, problem ?? explain(code, phrase), numberOf(response.getHeader('retry-after')));
    }
  }

  #change(code: number, phrase: string): void {
    this.#changes += 1;
    if (this.#changes <= MAX_CHANGES) this.#send();
    else this.#retry(code, explain(code, phrase), null);
  }

  #lengthen(response: IncomingResponse): boolean {
    const minimum = numberOf(response.getHeader('min-expires'));
    if (minimum === null || minimum <= this.#expires || minimum > MAX_EXPIRES_S) return false;
    this.#expires = minimum;
    return true;
  }

  #retry(code: number | null, reason: string, asked: number | null): void {
    const backOff = Math.min(RETRY_MAX_S, RETRY_BASE_S * 2 ** this.#failures);
    this.#failures += 1;
    this.#changes = 0;
    const seconds = Math.max(Math.min(asked ?? 0, ASKED_MAX_S), backOff * (0.5 + Math.random() / 2));
    const retryAt = new Date(Date.now() + seconds * 1000).toISOString();
    this.#setState({ kind: 'failed', code, reason, retryAt });
    this.#after(seconds * 1000, () => this.#send());
  }

  /** Forgets the request under way and what waits. */
  #stop(): void {
    this.#clearTimer();
    this.#attempt += 1;
    this.#underWay = null;
    this.#again = false;
    this.#failures = 0;
    this.#changes = 0;
  }

  #lapse(): void {
    this.#clearTimer();
    this.#held = null;
    this.#setState({ kind: 'off' });
  }

  #after(milliseconds: number, action: () => void): void {
    this.#clearTimer();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      action();
    }, milliseconds);
    this.#timer.unref();
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #setState(state: PublicationState): void {
    if (this.#state.kind === 'off' && state.kind === 'off') return;
    this.#state = state;
    this.#options.changed(state);
  }
}

function explain(code: number, phrase: string): string {
  if (code === 489) return 'The core takes no presence (489 Bad Event).';
  return `The core refused the PUBLISH (${code} ${phrase}).`;
}

/** A tag is a token (RFC 3903 §11.3.1); anything else could not be sent back. */
function entityTag(value: string | undefined): string | null {
  const tag = value?.trim() ?? '';
  return /^[A-Za-z0-9\-.!%*_+`'~]{1,256}$/.test(tag) ? tag : null;
}

function numberOf(value: string | undefined): number | null {
  const digits = /^\s*(\d{1,10})\b/.exec(value ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}
