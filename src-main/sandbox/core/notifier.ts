import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { headerParameter, parseNameAddr } from '../../sip/name-addr.ts';
import { aorOf, parseSipUri, uriParameter } from '../../sip/uri.ts';
import type { CoreAuth } from './auth.ts';
import type { EventPackage } from './event-package.ts';
import { coreUriAt, type Flow } from './flow.ts';
import type { OwnAnswers } from './own-answers.ts';
import { isOwnTag, respond } from './responses.ts';
import {
  type EventHeader,
  formatEvent,
  parseEvent,
  readSubscribe,
  type SubscribeRefusal,
} from './subscribe-request.ts';
import { type NotifierParts, type SubscribeTerms, Subscription } from './subscription.ts';

/** Subscriptions at a time, to one AOR and to all; more are answered 503. */
const MAX_SUBSCRIPTIONS_PER_AOR = 100;
const MAX_SUBSCRIPTIONS = 1000;
/** Seconds after which one more subscription may find room. */
const RETRY_AFTER = 60;

type Wanted = { readonly eventPackage: EventPackage; readonly aor: string };

export type NotifierOptions = NotifierParts & {
  readonly packages: readonly EventPackage[];
  readonly answers: OwnAnswers;
  readonly auth: CoreAuth;
  readonly domain: string;
  readonly isOwnAddress: (host: string, port: number | null) => boolean;
  /** A SUBSCRIBE was answered. */
  readonly onAnswered: (request: SipRequest, code: number) => void;
};

/**
 * The notifier of the core (RFC 6665 §4.2): answers SUBSCRIBE for one of its event packages to an AOR of this core
 * and tells every change. Each subscriber must be a user of the core, even where strangers may push.
 */
export class Notifier {
  readonly #parts: NotifierOptions;
  /** By Call-ID and the subscriber's tag, of which there is one dialog only (RFC 3680 §4.9). */
  readonly #byDialog = new Map<string, Subscription>();
  readonly #byAor = new Map<string, Set<Subscription>>();
  readonly #changed = new Set<Subscription>();
  #telling: NodeJS.Immediate | null = null;

  constructor(parts: NotifierOptions) {
    this.#parts = parts;
  }

  /** Takes a request if it is a subscription to an event package of this core; false when it is for the proxy. */
  request(request: SipRequest, flow: Flow): boolean {
    if (request.method !== 'SUBSCRIBE') return false;
    const isWithin = isOwnTag(request.toTag);
    if (!isWithin && request.toTag !== undefined) return false;
    const wanted = isWithin ? null : this.#wantedBy(request);
    if (!isWithin && wanted === null) return false;
    const known = this.#byDialog.get(dialogKey(request.callId, request.fromTag));
    if (known !== undefined && isRepeated(request, known.terms, flow)) {
      flow.send(known.terms.answer.toBytes());
      return true;
    }
    const refusal =
      wanted === null ? this.#refresh(request, flow, known) : this.#create(request, flow, wanted, known);
    if (refusal !== null) {
      const { code, headers, reason } = refusal;
      this.#parts.answers.give(request, flow, respond(request, code, headers, reason));
    }
    this.#parts.onAnswered(request, refusal?.code ?? 200);
    return true;
  }

  /** Takes a response if it is to a NOTIFY of this core; false when it is for the proxy. */
  response(response: SipResponse, flow: Flow): boolean {
    if (response.cseq.method !== 'NOTIFY' || !isOwnTag(response.fromTag)) return false;
    this.#parts.repetitions.answered(response);
    this.#byDialog.get(dialogKey(response.callId, response.toTag))?.receive(response, flow);
    return true;
  }

  /**
   * The state of an AOR changed: the subscribers of the package hear of it in the next turn of the event loop, of all
   * changes of this one at once.
   */
  changed(eventName: string, aor: string): void {
    for (const subscription of this.#byAor.get(aor) ?? []) {
      if (subscription.dialog.eventName === eventName) this.#changed.add(subscription);
    }
    if (this.#changed.size > 0) this.#telling ??= setImmediate(() => this.#tell());
  }

  /** Subscriptions do not outlive the flow their NOTIFYs go over. */
  flowClosed(flow: Flow): void {
    for (const subscription of [...this.#byDialog.values()]) {
      if (subscription.terms.flow === flow) subscription.end();
    }
  }

  /** Forgets everything and stops all timers. */
  close(): void {
    for (const subscription of [...this.#byDialog.values()]) subscription.end();
    if (this.#telling !== null) clearImmediate(this.#telling);
    this.#telling = null;
    this.#parts.repetitions.close();
  }

  /** The packages, as in Allow-Events (RFC 6665 §8.2.2). */
  get allowEvents(): string {
    return this.#parts.packages.map(({ name }) => name).join(', ');
  }

  #packageOf(event: EventHeader | null): EventPackage | undefined {
    return this.#parts.packages.find(({ name }) => name === event?.name);
  }

  #tell(): void {
    this.#telling = null;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const subscription of changed) subscription.notify();
  }

  /** The package and the AOR of this core that an initial SUBSCRIBE is for, or null. */
  #wantedBy(request: SipRequest): Wanted | null {
    const { auth, domain, isOwnAddress } = this.#parts;
    const eventPackage = this.#packageOf(parseEvent(request.header('Event')));
    if (eventPackage === undefined) return null;
    const uri = parseSipUri(request.uri);
    const isOwn = (text: string | undefined): boolean => {
      const own = parseSipUri(text ?? '');
      return own !== null && isOwnAddress(own.host, own.port);
    };
    if (uri === null || !isOwn(request.uri) || uri.user === null || !auth.hasUser(uri.user)) return null;
    if (uriParameter(uri, 'gr') !== undefined) return null;
    // A preloaded route of others leads elsewhere.
    if (!request.headers('Route').every((route) => isOwn(parseNameAddr(route)?.uri))) return null;
    return { eventPackage, aor: aorOf({ ...uri, host: domain }) };
  }

  #create(
    request: SipRequest,
    flow: Flow,
    { eventPackage, aor }: Wanted,
    known: Subscription | undefined,
  ): SubscribeRefusal | null {
    const auth = this.#parts.auth.check(request, 'proxy');
    if (auth.kind === 'challenge') return { kind: 'refused', code: auth.code, headers: auth.headers };
    const { fromTag: remoteTag } = request;
    if (remoteTag === undefined) return { kind: 'refused', code: 400, reason: 'From Tag Missing' };
    if (known !== undefined && known.dialog.user !== auth.username) return { kind: 'refused', code: 403 };
    const wish = readSubscribe(request, eventPackage);
    if (wish.kind === 'refused') return wish;
    if (wish.target === null) return { kind: 'refused', code: 400, reason: 'Contact Missing' };
    // A subscriber that begins anew has lost its dialog.
    known?.end();
    const watchers = this.#byAor.get(aor)?.size ?? 0;
    if (watchers >= MAX_SUBSCRIPTIONS_PER_AOR || this.#byDialog.size >= MAX_SUBSCRIPTIONS) {
      return { kind: 'refused', code: 503, headers: [['Retry-After', String(RETRY_AFTER)]] };
    }
    const terms = this.#accept(request, flow, wish.seconds, wish.target);
    const { answer } = terms;
    const subscription = new Subscription({
      dialog: {
        aor,
        user: auth.username,
        callId: request.callId,
        from: answer.header('To') ?? '',
        to: request.header('From') ?? '',
        localTag: answer.toTag ?? '',
        remoteTag,
        routes: request.headers('Record-Route'),
        eventName: eventPackage.name,
        event: formatEvent(parseEvent(request.header('Event')) ?? { name: eventPackage.name, id: null }),
      },
      terms,
      watch: eventPackage.watch(aor, userOf(aor) === auth.username),
      parts: this.#parts,
      onEnded: (ended) => this.#forget(ended),
    });
    if (wish.seconds > 0) this.#add(subscription);
    subscription.subscribe(terms);
    return null;
  }

  #refresh(request: SipRequest, flow: Flow, known: Subscription | undefined): SubscribeRefusal | null {
    const event = parseEvent(request.header('Event'));
    const eventPackage = this.#packageOf(event);
    if (event === null || eventPackage === undefined) {
      return { kind: 'refused', code: 489, headers: [['Allow-Events', this.allowEvents]] };
    }
    if (known?.dialog.localTag !== request.toTag || known?.dialog.event !== formatEvent(event)) {
      return { kind: 'refused', code: 481 };
    }
    const auth = this.#parts.auth.check(request, 'proxy');
    if (auth.kind === 'challenge') return { kind: 'refused', code: auth.code, headers: auth.headers };
    if (known.dialog.user !== auth.username) return { kind: 'refused', code: 403 };
    if (request.cseq.number <= known.terms.cseq) {
      return { kind: 'refused', code: 500, reason: 'CSeq Out Of Order' };
    }
    const wish = readSubscribe(request, eventPackage);
    if (wish.kind === 'refused') return wish;
    known.subscribe(this.#accept(request, flow, wish.seconds, wish.target ?? known.terms.target));
    return null;
  }

  /** Answers 200, which must come before the NOTIFY where it can. */
  #accept(request: SipRequest, flow: Flow, seconds: number, target: string): SubscribeTerms {
    const answer = respond(request, 200, [
      ...request.headers('Record-Route').map((route) => ['Record-Route', route] as const),
      ['Contact', `<${coreUriAt(flow)}>`],
      ['Expires', String(seconds)],
    ]);
    this.#parts.answers.give(request, flow, answer);
    return { flow, target, seconds, cseq: request.cseq.number, branch: branchOf(request), answer };
  }

  #add(subscription: Subscription): void {
    const { aor, callId, remoteTag } = subscription.dialog;
    this.#byDialog.set(dialogKey(callId, remoteTag), subscription);
    const watchers = this.#byAor.get(aor) ?? new Set();
    this.#byAor.set(aor, watchers.add(subscription));
  }

  #forget(subscription: Subscription): void {
    const { aor, callId, remoteTag } = subscription.dialog;
    this.#changed.delete(subscription);
    const watchers = this.#byAor.get(aor);
    // A fetch was never added.
    if (watchers?.delete(subscription) !== true) return;
    if (watchers.size === 0) this.#byAor.delete(aor);
    this.#byDialog.delete(dialogKey(callId, remoteTag));
  }
}

function dialogKey(callId: string, subscriberTag: string | undefined): string {
  return `${callId}\n${subscriberTag ?? ''}`;
}

/** The same SUBSCRIBE once more (RFC 3261 §17.2.3). */
function isRepeated(request: SipRequest, terms: SubscribeTerms, flow: Flow): boolean {
  return request.cseq.number === terms.cseq && branchOf(request) === terms.branch && flow === terms.flow;
}

function branchOf(request: SipRequest): string {
  const via = request.topVia;
  return via === null ? '' : (headerParameter(via, 'branch') ?? '');
}

/** The digest name that belongs to an AOR. */
function userOf(aor: string): string {
  return Buffer.from(aor.slice('sip:'.length, aor.lastIndexOf('@')), 'latin1').toString('utf8');
}
