import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import { sameApplication } from '../../sip/feature-tags.ts';
import { assertedIdentities } from '../../sip/name-addr.ts';
import { type Reply, sendReply } from '../../sip/reply.ts';
import { parseEvent } from '../../sip/subscription-state.ts';
import { OMA_APP, readUaProfile, UA_PROFILE, UA_PROFILE_EXPIRES_S } from '../../sip/ua-profile.ts';
import { aorOf, parseSipUri, uriParameter } from '../../sip/uri.ts';
import type { SipUserAgent } from '../../sip/user-agent.ts';
import { PushSubscription } from './push-subscription.ts';

/** Subscriptions at a time; one more gets 503. */
const MAX_SUBSCRIPTIONS = 1_000;
const RETRY_AFTER_S = 60;
/** Shortest time granted, in seconds; longer wishes than the longest are cut. */
const MIN_EXPIRES_S = 60;
const MAX_EXPIRES_S = 86_400;
/** When terminals may come back after the notifier has closed. */
const CLOSED_RETRY_S = 30;

/** The notifier of the Push Sender Agent (PSA-SUB-02 to -13): takes SUBSCRIBEs to `ua-profile` of type oma-app. */
export class Notifier {
  readonly #ua: SipUserAgent;
  readonly #as: string;
  readonly #subscriptions = new Set<PushSubscription>();
  #waiters: (() => void)[] = [];

  constructor(ua: SipUserAgent, as: string) {
    this.#ua = ua;
    this.#as = as;
  }

  /** Those that live, oldest first. */
  get subscriptions(): readonly PushSubscription[] {
    return [...this.#subscriptions];
  }

  /** A SUBSCRIBE outside any dialog. */
  subscribe(request: IncomingRequest): void {
    const wish = this.#read(request);
    if (wish.kind === 'refuse') {
      sendReply(request, wish.reply);
      return;
    }
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) {
      sendReply(request, { code: 503, headers: [`Retry-After: ${RETRY_AFTER_S}`] });
      return;
    }
    const subscription = new PushSubscription(this.#ua, request, wish.id, {
      subscriber: wish.subscriber,
      profile: wish.profile,
      headers: [`P-Preferred-Identity: <${this.#as}>`],
      resubscribe: (again, known) => this.#resubscribe(again, known),
      ended: (ended) => this.#subscriptions.delete(ended),
    });
    if (wish.seconds > 0) this.#subscriptions.add(subscription);
    subscription.grant(request, wish.seconds);
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** Subscriptions of a user by the AOR, or of one terminal by its GRUU, that are for this application. */
  find(to: string, application: string): readonly PushSubscription[] {
    return this.subscriptions.filter(
      ({ subscriber, contact, profile }) =>
        isFrom(to, subscriber, contact) &&
        (profile.application === null || sameApplication(profile.application, application)),
    );
  }

  /** The same, waiting until there is one; empty when none comes in time. */
  async waitFor(to: string, application: string, milliseconds: number): Promise<readonly PushSubscription[]> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const found = this.find(to, application);
      const left = deadline - performance.now();
      if (found.length > 0 || left <= 0) return found;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve);
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }

  /** Ends every subscription; terminals come back later. Never rejects. */
  async close(): Promise<void> {
    await Promise.all(this.subscriptions.map((one) => one.end('probation', CLOSED_RETRY_S)));
  }

  #resubscribe(request: IncomingRequest, subscription: PushSubscription): void {
    const wish = this.#read(request, subscription.subscriber);
    if (wish.kind === 'refuse') sendReply(request, wish.reply);
    else subscription.grant(request, wish.seconds);
  }

  /** Reads what a SUBSCRIBE asks for (PSA-SUB-04, -05, RFC 6665 §4.2.1, RFC 6080 §6.6). `known`: whose dialog it is. */
  #read(request: IncomingRequest, known?: string): SubscribeWish {
    const event = request.getHeader('event') ?? '';
    const profile = readUaProfile(event);
    if (profile === null) return refuse({ code: 489, headers: [`Allow-Events: ${UA_PROFILE}`] });
    const [asserted] = assertedIdentities(request.getHeaders('p-asserted-identity'));
    const subscriber = known ?? asserted;
    if (subscriber === undefined) return refuse({ code: 403 });
    if (profile.profileType !== OMA_APP) return refuse({ code: 404 });
    if (!request.hasHeader('contact')) return refuse({ code: 400, reason: 'SUBSCRIBE without a Contact' });
    const seconds = secondsOf(request);
    if (seconds > 0 && seconds < MIN_EXPIRES_S) {
      return refuse({ code: 423, headers: [`Min-Expires: ${MIN_EXPIRES_S}`] });
    }
    return { kind: 'wish', subscriber, profile, id: parseEvent(event)?.id ?? null, seconds };
  }
}

type SubscribeWish =
  | { readonly kind: 'refuse'; readonly reply: Reply }
  | {
      readonly kind: 'wish';
      readonly subscriber: string;
      readonly profile: NonNullable<ReturnType<typeof readUaProfile>>;
      readonly id: string | null;
      readonly seconds: number;
    };

function refuse(reply: Reply): SubscribeWish {
  return { kind: 'refuse', reply };
}

/** A malformed time counts as absent (RFC 3261 §20.19). */
function secondsOf(request: IncomingRequest): number {
  const text = request.getHeader('expires')?.trim() ?? '';
  return /^\d{1,10}$/.test(text) ? Math.min(MAX_EXPIRES_S, Number(text)) : UA_PROFILE_EXPIRES_S;
}

/** An address with `gr` names one terminal by its Contact, any other a user by the asserted identity. */
function isFrom(to: string, subscriber: string, contact: string): boolean {
  const wanted = parseSipUri(to);
  if (wanted === null) return false;
  const isOne = uriParameter(wanted, 'gr') !== undefined;
  const theirs = parseSipUri(isOne ? contact : subscriber);
  if (theirs === null || aorOf(theirs) !== aorOf(wanted)) return false;
  return !isOne || uriParameter(theirs, 'gr')?.toLowerCase() === uriParameter(wanted, 'gr')?.toLowerCase();
}
