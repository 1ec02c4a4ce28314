import { announcedApplications, sameApplication } from '../../sip/feature-tags.ts';
import { parseRegInfo, REGINFO_TYPE, type RegContact, type RegInfo } from '../../sip/reginfo.ts';
import { mergeRegInfo } from '../../sip/reginfo-merge.ts';
import { sendReply } from '../../sip/reply.ts';
import { answerNotify, Subscription } from '../../sip/subscription.ts';
import { aorOf, parseSipUri } from '../../sip/uri.ts';
import type { IncomingRequest, SipUserAgent } from '../../sip/user-agent.ts';

/** A terminal that can be pushed to. */
export type KnownTerminal = {
  readonly aor: string;
  /** Null where the registrar tells none: then nothing reaches this terminal alone (PSA-MTR-03, X-58). */
  readonly gruu: string | null;
  readonly contact: string;
  readonly instance: string | null;
  /** Application Resource Identifiers that it registered; null where the registrar tells no feature tags. */
  readonly applications: readonly string[] | null;
};

/** Users watched at a time; further ones are answered and not watched. */
const MAX_WATCHED = 500;
const EXPIRES_S = 3_600;
/** How long the registrar may take to tell of a user. */
const FIRST_WORD_MS = 10_000;
/** Changes that do not fit are followed by asking for full state, but not more often than this. */
const CATCH_UP_MS = 10_000;

type Watched = {
  readonly subscription: Subscription;
  info: RegInfo | null;
  caughtUpAt: number;
  /** The registrar will say no more. */
  isOver: boolean;
  waiters: (() => void)[];
};

/**
 * What the Push Sender Agent knows of terminals: third-party REGISTERs tell it of users (PSA-REG-01, -02), the reg event
 * package of their terminals with GRUUs (PSA-REG-03, PSA-MTR-04).
 */
export class Registrations {
  readonly #ua: SipUserAgent;
  readonly #as: string;
  readonly #changed: () => void;
  /** By AOR. */
  readonly #watched = new Map<string, Watched>();
  #received = 0;

  constructor(ua: SipUserAgent, as: string, changed: () => void) {
    this.#ua = ua;
    this.#as = as;
    this.#changed = changed;
  }

  /** Third-party REGISTERs that came. */
  get received(): number {
    return this.#received;
  }

  /** A REGISTER of the core about a user: answered 200 with its Expires (PSA-REG-01). */
  receive(request: IncomingRequest): void {
    const expires = request.getHeader('expires')?.trim() ?? '';
    const aor = parseSipUri(request.to.uri.toString());
    if (!/^\d{1,10}$/.test(expires) || aor === null) {
      sendReply(request, { code: 400, reason: 'No third-party REGISTER' });
      return;
    }
    this.#received += 1;
    const contact = request.getHeader('contact');
    const headers = [`Expires: ${expires}`, ...(contact === undefined ? [] : [`Contact: ${contact}`])];
    sendReply(request, { code: 200, headers });
    if (Number(expires) > 0) this.#watch(aorOf(aor));
    this.#changed();
  }

  /** Terminals of a user that serve an application, or of which the registrar does not tell, once the registrar has told; none when it tells nothing. */
  async terminalsOf(to: string, application: string): Promise<readonly KnownTerminal[]> {
    const uri = parseSipUri(to);
    if (uri === null) return [];
    const aor = aorOf(uri);
    const watched = this.#watch(aor);
    if (watched === null) return [];
    await firstWord(watched);
    return terminalsIn(aor, watched.info).filter(
      ({ applications }) =>
        applications === null || applications.some((one) => sameApplication(one, application)),
    );
  }

  /** Ends every subscription. Never rejects. */
  async close(): Promise<void> {
    const all = [...this.#watched.values()];
    this.#watched.clear();
    await Promise.all(all.map(({ subscription }) => subscription.unsubscribe()));
  }

  /** The flow is another one: what stood on the old one is gone, and asked for again when it is needed. */
  renew(): void {
    for (const [aor, { subscription }] of [...this.#watched]) {
      subscription.abandon();
      this.#forget(aor);
    }
  }

  #watch(aor: string): Watched | null {
    const known = this.#watched.get(aor);
    if (known !== undefined) return known;
    if (this.#watched.size >= MAX_WATCHED) return null;
    const subscription = new Subscription(this.#ua, {
      target: aor,
      event: 'reg',
      accept: REGINFO_TYPE,
      expires: EXPIRES_S,
      contactLine: () => `Contact: <${this.#ua.contactUri()}>`,
      headers: [`P-Preferred-Identity: <${this.#as}>`],
      handlers: {
        active: () => {},
        notified: (notification) => {
          const answered = answerNotify(notification);
          this.#notified(aor, notification.request.body);
          return answered;
        },
        ended: () => this.#forget(aor),
      },
    });
    const watched: Watched = { subscription, info: null, caughtUpAt: 0, isOver: false, waiters: [] };
    this.#watched.set(aor, watched);
    return watched;
  }

  #notified(aor: string, body: string): void {
    const watched = this.#watched.get(aor);
    const parsed = parseRegInfo(Buffer.from(body, 'latin1'));
    if (watched === undefined || parsed.kind === 'bad') return;
    const merged = mergeRegInfo(watched.info, parsed.info);
    if (merged.kind === 'gap' && Date.now() - watched.caughtUpAt > CATCH_UP_MS) {
      watched.caughtUpAt = Date.now();
      watched.subscription.refresh();
    }
    if (merged.kind !== 'merged') return;
    watched.info = merged.info;
    wake(watched);
    this.#changed();
  }

  #forget(aor: string): void {
    const watched = this.#watched.get(aor);
    this.#watched.delete(aor);
    if (watched === undefined) return;
    watched.isOver = true;
    wake(watched);
  }
}

function wake(watched: Watched): void {
  for (const go of watched.waiters.splice(0)) go();
}

async function firstWord(watched: Watched): Promise<void> {
  if (watched.info !== null || watched.isOver) return;
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    watched.waiters.push(resolve);
    timer = setTimeout(resolve, FIRST_WORD_MS);
  });
  clearTimeout(timer);
}

function terminalsIn(aor: string, info: RegInfo | null): readonly KnownTerminal[] {
  return (info?.registrations ?? [])
    .filter((registration) => isUser(registration.aor, aor))
    .flatMap(({ contacts }) => contacts.map((contact) => toTerminal(aor, contact)));
}

function toTerminal(aor: string, { pubGruu, uri, instance, parameters }: RegContact): KnownTerminal {
  const applications = parameters.length === 0 ? null : announcedApplications(parameters);
  return { aor, gruu: pubGruu, contact: uri, instance, applications };
}

function isUser(one: string, aor: string): boolean {
  const uri = parseSipUri(one);
  return uri !== null && aorOf(uri) === aor;
}
