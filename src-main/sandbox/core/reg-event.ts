import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { headerParameter, parseNameAddr } from '../../sip/name-addr.ts';
import { aorOf, parseSipUri, uriParameter } from '../../sip/uri.ts';
import type { CoreAuth } from './auth.ts';
import type { Bindings, CoreBinding, RegistrationEvent } from './bindings.ts';
import { coreUriAt, type Flow } from './flow.ts';
import type { Gruus } from './gruu.ts';
import type { OwnAnswers } from './own-answers.ts';
import { RegState } from './reg-state.ts';
import { type NotifierParts, REG_EVENT, RegSubscription, type SubscribeTerms } from './reg-subscription.ts';
import { isOwnTag, respond } from './responses.ts';
import { formatEvent, parseEvent, readSubscribe, type SubscribeRefusal } from './subscribe-request.ts';

/** Subscriptions at a time, to one AOR and to all; more are answered 503. */
const MAX_SUBSCRIPTIONS_PER_AOR = 100;
const MAX_SUBSCRIPTIONS = 1000;
/** Seconds after which one more subscription may find room. */
const RETRY_AFTER = 60;

export type RegEventParts = Omit<NotifierParts, 'describe'> & {
  readonly answers: OwnAnswers;
  readonly auth: CoreAuth;
  readonly bindings: Bindings;
  readonly gruus: Gruus;
  readonly domain: string;
  readonly isOwnAddress: (host: string, port: number | null) => boolean;
  /** A SUBSCRIBE was answered. */
  readonly onAnswered: (request: SipRequest, code: number) => void;
};

/**
 * The notifier of registration state (RFC 3680 §4, RFC 6665 §4.2): answers SUBSCRIBE for `reg` to an AOR of this
 * core and tells every change of its bindings. Each subscriber must be a user of the core, even where strangers
 * may push; any user may watch any AOR, which is the policy a push sender needs (RFC 3680 §4.6). The owner of the
 * AOR alone is told temporary GRUUs.
 */
export class RegEvents {
  readonly #parts: RegEventParts;
  readonly #notifier: NotifierParts;
  readonly #state: RegState;
  /** By Call-ID and the subscriber's tag, of which there is one dialog only (RFC 3680 §4.9). */
  readonly #byDialog = new Map<string, RegSubscription>();
  readonly #byAor = new Map<string, Set<RegSubscription>>();
  readonly #changed = new Set<string>();
  #telling: NodeJS.Immediate | null = null;

  constructor(parts: RegEventParts) {
    this.#parts = parts;
    this.#state = new RegState(parts.bindings, parts.gruus);
    this.#notifier = { ...parts, describe: (...what) => this.#state.describe(...what) };
  }

  /** Takes a request if it is a subscription to registration state of this core; false when it is for the proxy. */
  request(request: SipRequest, flow: Flow): boolean {
    if (request.method !== 'SUBSCRIBE') return false;
    const isWithin = isOwnTag(request.toTag);
    if (!isWithin && request.toTag !== undefined) return false;
    const aor = isWithin ? null : this.#aorFor(request);
    if (!isWithin && aor === null) return false;
    const known = this.#byDialog.get(dialogKey(request.callId, request.fromTag));
    if (known !== undefined && isRepeated(request, known.terms, flow)) {
      flow.send(known.terms.answer.toBytes());
      return true;
    }
    const refusal =
      aor === null ? this.#refresh(request, flow, known) : this.#create(request, flow, aor, known);
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

  /** A binding changed: its watchers hear of it in the next turn of the event loop, of all changes of this one at once. */
  changed(event: RegistrationEvent, binding: CoreBinding): void {
    const ended = this.#state.note(event, binding);
    const watchers = this.#byAor.get(binding.aor);
    if (watchers === undefined) return;
    if (ended !== null) for (const watcher of watchers) watcher.contactEnded(ended);
    this.#changed.add(binding.aor);
    this.#telling ??= setImmediate(() => this.#tell());
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

  #tell(): void {
    this.#telling = null;
    const aors = [...this.#changed];
    this.#changed.clear();
    for (const watcher of aors.flatMap((aor) => [...(this.#byAor.get(aor) ?? [])])) watcher.notify();
  }

  /** The AOR of this core that an initial SUBSCRIBE for `reg` is addressed to, or null. */
  #aorFor(request: SipRequest): string | null {
    const { auth, domain, isOwnAddress } = this.#parts;
    if (parseEvent(request.header('Event'))?.name !== REG_EVENT) return null;
    const uri = parseSipUri(request.uri);
    const isOwn = (text: string | undefined): boolean => {
      const own = parseSipUri(text ?? '');
      return own !== null && isOwnAddress(own.host, own.port);
    };
    if (uri === null || !isOwn(request.uri) || uri.user === null || !auth.hasUser(uri.user)) return null;
    if (uriParameter(uri, 'gr') !== undefined) return null;
    // A preloaded route of others leads elsewhere.
    if (!request.headers('Route').every((route) => isOwn(parseNameAddr(route)?.uri))) return null;
    return aorOf({ ...uri, host: domain });
  }

  #create(
    request: SipRequest,
    flow: Flow,
    aor: string,
    known: RegSubscription | undefined,
  ): SubscribeRefusal | null {
    const auth = this.#parts.auth.check(request, 'proxy');
    if (auth.kind === 'challenge') return { kind: 'refused', code: auth.code, headers: auth.headers };
    const { fromTag: remoteTag } = request;
    if (remoteTag === undefined) return { kind: 'refused', code: 400, reason: 'From Tag Missing' };
    if (known !== undefined && known.dialog.user !== auth.username) return { kind: 'refused', code: 403 };
    const wish = readSubscribe(request);
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
    const subscription = new RegSubscription({
      dialog: {
        aor,
        user: auth.username,
        callId: request.callId,
        from: answer.header('To') ?? '',
        to: request.header('From') ?? '',
        localTag: answer.toTag ?? '',
        remoteTag,
        routes: request.headers('Record-Route'),
        event: formatEvent(parseEvent(request.header('Event')) ?? { name: REG_EVENT, id: null }),
      },
      terms,
      isOwner: userOf(aor) === auth.username,
      parts: this.#notifier,
      onEnded: (ended) => this.#forget(ended),
    });
    if (wish.seconds > 0) this.#add(subscription);
    subscription.subscribe(terms);
    return null;
  }

  #refresh(request: SipRequest, flow: Flow, known: RegSubscription | undefined): SubscribeRefusal | null {
    const event = parseEvent(request.header('Event'));
    if (event?.name !== REG_EVENT) {
      return { kind: 'refused', code: 489, headers: [['Allow-Events', REG_EVENT]] };
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
    const wish = readSubscribe(request);
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

  #add(subscription: RegSubscription): void {
    const { aor, callId, remoteTag } = subscription.dialog;
    this.#byDialog.set(dialogKey(callId, remoteTag), subscription);
    const watchers = this.#byAor.get(aor) ?? new Set();
    this.#byAor.set(aor, watchers.add(subscription));
  }

  #forget(subscription: RegSubscription): void {
    const { aor, callId, remoteTag } = subscription.dialog;
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
