import { announcedApplications } from '../sip/feature-tags.ts';
import { parseRegInfo, REGINFO_TYPE, type RegContact, type RegInfo } from '../sip/reginfo.ts';
import { mergeRegInfo } from '../sip/reginfo-merge.ts';
import { answerNotify, Subscription, type SubscriptionEnd } from '../sip/subscription.ts';
import { parseSipUri } from '../sip/uri.ts';
import type { SipUserAgent } from '../sip/user-agent.ts';
import type { Binding, RegEventState } from './events.ts';
import { Paced } from './paced.ts';

export type RegEventOptions = {
  readonly aor: string;
  readonly instanceId: string;
  readonly contactLine: () => string;
  readonly headers: readonly string[];
  /** The state changed, or the contacts did: `bindings` is null while none are known. */
  readonly changed: (state: RegEventState, bindings: readonly Binding[] | null) => void;
  /** Call-ID of our REGISTERs. */
  readonly callId: string;
  /** Temporary GRUUs of REGISTERs before this CSeq are void; all of them where it is null (RFC 5628 §6.1). */
  readonly voided: (firstCseq: number | null) => void;
  /** The registrar no longer lists this terminal, though it did. */
  readonly forgotten: () => void;
};

/** Seconds asked for; a day less than RFC 3680's default week of 604,800 s would be as good. */
const EXPIRES_S = 3_761;
/** Longest life of a contact that is told (RFC 3261 §20.10); a document may name more than a date can hold. */
const MAX_CONTACT_S = 2 ** 32 - 1;
/** First wait after an end that may pass; it doubles up to the maximum. */
const RETRY_BASE_S = 10;
const RETRY_MAX_S = 600;
/** Longest wait that the core may ask for. */
const ASKED_MAX_S = 3_600;
/** Changes that do not fit are followed by a SUBSCRIBE for full state, but not more often than this. */
const CATCH_UP_MS = 10_000;
/** Refusals that mean the core has no reg event package for us, until the next registration. */
const FINAL_CODES: ReadonlySet<number> = new Set([403, 404, 405, 415, 420, 489, 501, 604]);
const FINAL_REASONS: ReadonlySet<string> = new Set(['rejected', 'noresource', 'invariant']);

/**
 * Watches the user's own registrations by the reg event package (RFC 3680, GRUUs by RFC 5628), so that sibling
 * terminals are seen to come and go, and that we notice when the registrar has dropped us.
 */
export class RegEvent {
  readonly #ua: SipUserAgent;
  readonly #options: RegEventOptions;
  #subscription: Subscription | null = null;
  #state: RegEventState = { kind: 'off' };
  #info: RegInfo | null = null;
  #bindings: readonly Binding[] | null = null;
  #wasListed = false;
  #failures = 0;
  #retry: NodeJS.Timeout | null = null;
  readonly #catchUp = new Paced(() => this.#subscription?.refresh(), CATCH_UP_MS);

  constructor(ua: SipUserAgent, options: RegEventOptions) {
    this.#ua = ua;
    this.#options = options;
  }

  get state(): RegEventState {
    return this.#state;
  }

  /** Subscribes, unless it is subscribed already. Called with every registration. */
  start(): void {
    if (this.#subscription !== null) return;
    this.#clearRetry();
    this.#info = null;
    this.#bindings = null;
    this.#wasListed = false;
    const { aor, contactLine, headers } = this.#options;
    this.#setState({ kind: 'pending' });
    this.#subscription = new Subscription(this.#ua, {
      target: aor,
      event: 'reg',
      accept: REGINFO_TYPE,
      expires: EXPIRES_S,
      contactLine,
      headers,
      handlers: {
        active: (expiresAt) => this.#activated(expiresAt),
        notified: (notification) => {
          const answered = answerNotify(notification);
          this.#notified(notification.request.body);
          return answered;
        },
        ended: (end) => this.#ended(end),
      },
    });
  }

  /** The flow or the registration is gone, and the subscription with it. */
  stop(): void {
    this.#clearRetry();
    this.#catchUp.stop();
    this.#subscription?.abandon();
    this.#subscription = null;
    this.#failures = 0;
    this.#bindings = null;
    this.#setState({ kind: 'off' });
  }

  /** Unsubscribes, bounded in time; never rejects. */
  async leave(): Promise<void> {
    this.#clearRetry();
    await this.#subscription?.unsubscribe();
    this.stop();
  }

  #activated(expiresAt: number): void {
    this.#failures = 0;
    const lastNotifyAt = this.#state.kind === 'active' ? this.#state.lastNotifyAt : null;
    this.#setState({ kind: 'active', expiresAt: new Date(expiresAt).toISOString(), lastNotifyAt });
  }

  #notified(body: string): void {
    if (body === '') return;
    const parsed = parseRegInfo(Buffer.from(body, 'latin1'));
    if (parsed.kind === 'bad') return;
    const merge = mergeRegInfo(this.#info, parsed.info);
    if (merge.kind === 'gap') this.#catchUp.ask();
    if (merge.kind !== 'merged') return;
    this.#info = merge.info;
    const contacts = merge.info.registrations
      .filter(({ aor }) => sameUser(aor, this.#options.aor))
      .flatMap((registration) => registration.contacts);
    this.#bindings = contacts.map((contact) => this.#toBinding(contact));
    this.#checkGruus(contacts.filter((_contact, index) => this.#bindings?.[index]?.ours));
    const isListed = this.#bindings.some(({ ours }) => ours);
    const isForgotten = this.#wasListed && !isListed;
    this.#wasListed = isListed;
    const lastNotifyAt = new Date().toISOString();
    const expiresAt = this.#state.kind === 'active' ? this.#state.expiresAt : lastNotifyAt;
    this.#setState({ kind: 'active', expiresAt, lastNotifyAt });
    if (isForgotten) this.#options.forgotten();
  }

  /** Where the registrar tells GRUUs, it tells which of ours still count. */
  #checkGruus(ours: readonly RegContact[]): void {
    const telling = ours.filter(
      ({ callId, tempGruuFirstCseq }) => callId !== null && tempGruuFirstCseq !== null,
    );
    if (telling.length === 0) return;
    const own = telling.find(({ callId }) => callId === this.#options.callId);
    this.#options.voided(own?.tempGruuFirstCseq ?? null);
  }

  #toBinding(contact: RegContact): Binding {
    const { uri, instance, pubGruu, parameters } = contact;
    const expires = contact.expires === null ? null : Math.min(MAX_CONTACT_S, contact.expires);
    const isOurs =
      instance === null
        ? parseSipUri(uri)?.user === this.#ua.contact.uri.user
        : instance.toLowerCase() === this.#options.instanceId.toLowerCase();
    return {
      contact: uri,
      instance,
      expires,
      expiresAt: expires === null ? null : new Date(Date.now() + expires * 1000).toISOString(),
      pubGruu,
      applications: announcedApplications(parameters),
      ours: isOurs,
    };
  }

  #ended(end: SubscriptionEnd): void {
    this.#subscription = null;
    this.#catchUp.stop();
    this.#bindings = null;
    const seconds = this.#retryIn(end);
    const retryAt = seconds === null ? null : new Date(Date.now() + seconds * 1000).toISOString();
    this.#setState({ kind: 'ended', reason: explainEnd(end), retryAt });
    if (seconds !== null) this.#retry = setTimeout(() => this.start(), seconds * 1000);
  }

  /** Seconds until the next try, or null for none before the next registration (RFC 6665 §4.1.3). */
  #retryIn(end: SubscriptionEnd): number | null {
    if (end.kind === 'unsubscribed') return null;
    if (end.kind === 'refused' && end.code !== null && FINAL_CODES.has(end.code)) return null;
    if (end.kind === 'terminated' && FINAL_REASONS.has(end.reason ?? '')) return null;
    const asked = end.kind === 'terminated' ? end.retryAfter : null;
    const backOff = Math.min(RETRY_MAX_S, RETRY_BASE_S * 2 ** this.#failures);
    this.#failures += 1;
    return Math.max(Math.min(asked ?? 0, ASKED_MAX_S), backOff * (0.5 + Math.random() / 2));
  }

  #clearRetry(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }

  #setState(state: RegEventState): void {
    this.#state = state;
    this.#options.changed(state, this.#bindings);
  }
}

function explainEnd(end: SubscriptionEnd): string {
  switch (end.kind) {
    case 'refused':
      return end.code === null
        ? 'The core did not answer the SUBSCRIBE.'
        : `The core does not offer it (${end.code} ${end.reason}).`;
    case 'terminated':
      return `The core ended it${end.reason === null ? '' : ` (${end.reason})`}.`;
    case 'lapsed':
      return 'No NOTIFY came.';
    case 'unsubscribed':
      return 'Unsubscribed.';
  }
}

function sameUser(a: string, b: string): boolean {
  const [left, right] = [parseSipUri(a), parseSipUri(b)];
  return (
    left !== null &&
    right !== null &&
    left.user === right.user &&
    left.host.toLowerCase() === right.host.toLowerCase()
  );
}
