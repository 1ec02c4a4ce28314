import { isDeepStrictEqual } from 'node:util';
import type { Notification } from '../sip/subscription.ts';
import { parseEvent } from '../sip/subscription-state.ts';
import { completeUaProfile, readUaProfile, UA_PROFILE, UA_PROFILE_EXPIRES_S } from '../sip/ua-profile.ts';
import { parseSipUri } from '../sip/uri.ts';
import type { SipUserAgent } from '../sip/user-agent.ts';
import type { Emit } from './events.ts';
import { type FirstAnswer, LiveSubscription, type SubscriptionTerms } from './live-subscription.ts';
import { Paced } from './paced.ts';
import type { Profile, ProfileSubscription } from './profile.ts';
import type { NotifyAnswer, NotifyFrame } from './receive-notify.ts';
import type { NotifyText, SubscriptionOrigin, SubscriptionView } from './subscription-view.ts';

/** What a subscription is asked for with; what is left out is as usual for the package and the profile. */
export type SubscriptionRequest = {
  /** SIP URI; the terminal's own AOR when absent (PRA-SUB-04, -05, X-50). */
  readonly target?: string | null;
  /** Event value; the parameters of `ua-profile` are filled in. */
  readonly event: string;
  /** Seconds; 0 fetches the state once. */
  readonly expires?: number | null;
  /** Media types; those that the profile takes when absent. */
  readonly accept?: readonly string[] | null;
  /** Whose pushes its NOTIFYs are; the event-app-id of the Event when absent, else none. */
  readonly application?: string | null;
  /** Further header lines of the SUBSCRIBE, e.g. an Accept-Contact, without CRLF. */
  readonly headers?: readonly string[];
};

/** A subscription that was begun. */
export type StartedSubscription = {
  readonly id: string;
  /** What the first SUBSCRIBE leads to: its first NOTIFY, or why there is none. Never rejects. */
  readonly first: Promise<FirstAnswer>;
};

export type SubscriptionsOptions = {
  readonly ua: SipUserAgent;
  /** The profile of the moment. */
  readonly profile: () => Profile;
  readonly contactLine: () => string;
  /** Header lines that say who asks and from where (PRA-SUB-07). */
  readonly identityHeaders: readonly string[];
  /** Link to the UAProf document of the terminal, or null (PRA-SUB-10). */
  readonly deviceCapabilities: () => string | null;
  /** Takes a NOTIFY and answers it. */
  readonly receive: (notification: Notification, frame: NotifyFrame) => Promise<NotifyAnswer>;
  readonly emit: Emit;
};

/** Subscriptions of one terminal at a time; of those that are over so many stay listed. */
const MAX_SUBSCRIPTIONS = 50;
const MAX_OVER = 20;
/** Of those so many that others asked for by REFER: the user and the profile find room whoever refers how often. */
export const MAX_REFERRED = 16;
/** Seconds asked for where neither the package nor anybody says more. */
const DEFAULT_EXPIRES_S = 3_600;
/** Notifiers of a forked SUBSCRIBE that are followed. `ua-profile` has one only (RFC 6080 §6.9). */
const MAX_NOTIFIERS = 8;
/** Windows are told this often at most. */
const TELL_MS = 250;
/** What no text has; such bodies are not repeated in events. */
const BINARY = /[\0\ufffd]/;
const HEADER_LINE = /^[A-Za-z0-9\-.!%*_+`'~]+\s*:[^\r\n\0]*$/;

/**
 * The subscriptions of one terminal (PRA-SUB-01 to -15): those of its profile, kept up while it is registered, and those
 * that a user, a command or a REFER starts. They wait for a registration, are made anew after the next one, and are
 * unsubscribed when the terminal leaves.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  /** In the order they were begun. */
  readonly #all = new Map<string, LiveSubscription>();
  /** Those of the profile, each with what the profile says. */
  readonly #ofProfile = new Map<LiveSubscription, ProfileSubscription>();
  readonly #tell: Paced;
  #isUp = false;
  #isClosed = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#tell = new Paced(() => options.emit({ event: 'subscriptions' }), TELL_MS);
    this.profileChanged();
  }

  get views(): readonly SubscriptionView[] {
    return [...this.#all.values()].map(({ view }) => view);
  }

  has(id: string): boolean {
    return this.#all.has(id);
  }

  /** Subscribes, as soon as the terminal is registered. @throws Error with a sentence when what is asked makes no sense. */
  start(request: SubscriptionRequest, origin: SubscriptionOrigin = 'user'): StartedSubscription {
    const referred = [...this.#all.values()].filter((one) => one.terms.origin === 'refer' && !one.isOver);
    if (origin === 'refer' && referred.length >= MAX_REFERRED)
      throw new Error(`There are ${MAX_REFERRED} subscriptions already that REFERs asked for.`);
    const { id, first } = this.#begin(this.#termsOf(request, origin));
    return { id, first };
  }

  /** Unsubscribes, bounded in time; it stays listed. @throws Error with a sentence when there is none. */
  stop(id: string): Promise<void> {
    return this.#get(id).stop();
  }

  /** Subscribes again to what has ended, without waiting. @throws Error with a sentence when there is none. */
  restart(id: string): void {
    const subscription = this.#get(id);
    subscription.revive();
    if (this.#isUp) subscription.start();
  }

  /** Takes what is over from the list. @throws Error with a sentence when there is none, or it is not over. */
  forget(id: string): void {
    const subscription = this.#get(id);
    if (!subscription.isOver) throw new Error('This subscription is not over; stop it first.');
    if (this.#ofProfile.has(subscription)) throw new Error('This subscription is one of the profile.');
    this.#all.delete(id);
    this.#tell.ask();
  }

  /** Asks the notifiers for full state now. @throws Error with a sentence when there is no such subscription. */
  refresh(id: string): void {
    this.#get(id).refresh();
  }

  /** The last NOTIFYs as they came, oldest first. @throws Error with a sentence when there is no such subscription. */
  notifies(id: string): readonly NotifyText[] {
    return this.#get(id).texts;
  }

  /** The terminal is registered: what waits is subscribed. */
  resume(): void {
    if (this.#isClosed) return;
    this.#isUp = true;
    for (const one of this.#all.values()) if (one.state.kind === 'waiting') one.start();
  }

  /** The flow is gone, and every dialog with it. */
  suspend(): void {
    this.#isUp = false;
    for (const one of this.#all.values()) one.suspend();
  }

  /** Unsubscribes everything, bounded in time, until the next registration. Never rejects. */
  async leave(): Promise<void> {
    this.#isUp = false;
    await Promise.all([...this.#all.values()].map((one) => one.leave()));
  }

  /** Leaves, for good. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.leave();
    this.#tell.stop();
  }

  /** Begins what the profile has anew, and stops what it no longer has. */
  profileChanged(): void {
    const wanted = [...this.#options.profile().subscriptions];
    for (const [subscription, known] of this.#ofProfile) {
      const at = wanted.findIndex((one) => isDeepStrictEqual(one, known));
      if (at >= 0) {
        wanted.splice(at, 1);
        continue;
      }
      this.#ofProfile.delete(subscription);
      this.#all.delete(subscription.id);
      void subscription.stop();
    }
    for (const one of wanted) this.#ofProfile.set(this.#begin(this.#termsOf(one, 'profile')), one);
    this.#tell.ask();
  }

  #get(id: string): LiveSubscription {
    const found = this.#all.get(id);
    if (found === undefined) throw new Error('There is no such subscription.');
    return found;
  }

  #begin(terms: SubscriptionTerms): LiveSubscription {
    const over = [...this.#all.values()].filter((one) => one.isOver && !this.#ofProfile.has(one));
    for (const old of over.slice(0, Math.max(0, over.length - MAX_OVER))) this.#all.delete(old.id);
    if (this.#all.size - Math.min(over.length, MAX_OVER) >= MAX_SUBSCRIPTIONS) {
      throw new Error(`There are ${MAX_SUBSCRIPTIONS} subscriptions already; stop one first.`);
    }
    const { ua, contactLine, receive } = this.#options;
    const subscription = new LiveSubscription(terms, {
      ua,
      contactLine,
      receive,
      stateChanged: (one) => this.#tellState(one),
      notified: (one, notify) => this.#tellNotify(one, notify),
      viewChanged: () => this.#tell.ask(),
    });
    this.#all.set(subscription.id, subscription);
    if (this.#isUp) subscription.start();
    else this.#tellState(subscription);
    this.#tell.ask();
    return subscription;
  }

  #termsOf(request: SubscriptionRequest, origin: SubscriptionOrigin): SubscriptionTerms {
    const { aor, content, device } = this.#options.profile();
    const target = request.target ?? aor;
    if (parseSipUri(target) === null) throw new Error(`${target} is no SIP address.`);
    const parsed = parseEvent(request.event);
    if (parsed === null || /[^\x20-\x7e]/.test(request.event)) {
      throw new Error(`${request.event} is no event package such as ua-profile.`);
    }
    const headers = request.headers ?? [];
    const bad = headers.find((line) => !HEADER_LINE.test(line));
    if (bad !== undefined) throw new Error(`${bad} is no header line.`);
    const event = completeUaProfile(request.event, {
      device,
      application: request.application ?? null,
      deviceCapabilities: this.#options.deviceCapabilities(),
    });
    const isProfile = parsed.type === UA_PROFILE;
    return {
      origin,
      target,
      event,
      application: request.application ?? readUaProfile(event)?.application ?? null,
      accept: (request.accept ?? acceptOf(content)).join(', '),
      expires: request.expires ?? (isProfile ? UA_PROFILE_EXPIRES_S : DEFAULT_EXPIRES_S),
      headers: [...this.#options.identityHeaders, ...headers],
      notifiers: isProfile ? 1 : MAX_NOTIFIERS,
    };
  }

  #tellState({ view }: LiveSubscription): void {
    const { emit } = this.#options;
    const { id, origin, target, event, application, state } = view;
    const expiresAt = state.kind === 'active' || state.kind === 'pending' ? state.expiresAt : null;
    if (state.kind === 'active') {
      emit({
        event: 'subscribed',
        subscription: id,
        target,
        package: packageOf(event),
        application,
        expiresAt,
      });
    }
    const ended = state.kind === 'ended' ? state : { reason: null, code: null, retryAt: null };
    emit({
      event: 'subscription',
      subscription: id,
      origin,
      target,
      package: packageOf(event),
      application,
      state: state.kind,
      expiresAt,
      reason: ended.reason,
      code: ended.code,
      retryAt: ended.retryAt,
    });
  }

  #tellNotify({ id }: LiveSubscription, { raw, isCut, ...notify }: NotifyText): void {
    const { from, state, contentType, bytes, code, push } = notify;
    const text = isCut ? null : raw.slice(raw.indexOf('\r\n\r\n') + 4);
    const body = text === null || BINARY.test(text) ? null : text;
    this.#options.emit({
      event: 'notified',
      subscription: id,
      from,
      state,
      contentType,
      bytes,
      code,
      push,
      body,
    });
    this.#tell.ask();
  }
}

/** What is taken, and references to it (RFC 4483 §5.1, RFC 6080 §6.5). */
function acceptOf({ accept, indirection }: Profile['content']): readonly string[] {
  const external = 'message/external-body';
  return indirection === 'deny' || accept.includes(external) ? accept : [...accept, external];
}

function packageOf(event: string): string {
  return parseEvent(event)?.type ?? event;
}
