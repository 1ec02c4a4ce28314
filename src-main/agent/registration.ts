import { randomBytes } from 'node:crypto';
import type { CoreAddress } from '../sip/core-address.ts';
import type { IncomingResponse, Outcome, SipUserAgent } from '../sip/user-agent.ts';
import { registeredState } from './core-features.ts';
import type { RegistrationState } from './events.ts';
import type { Gruus } from './gruus.ts';
import type { Profile } from './profile.ts';
import { readRegisterAnswer } from './register-answer.ts';
import { RegisterExchanges } from './register-exchange.ts';
import { judgeFailure } from './register-failure.ts';
import { contactTags, registerHeaders } from './register-request.ts';
import { RegisterSchedule, refreshAfter } from './register-schedule.ts';

/** What registration asks of the flow to the core. */
export type CoreFlow = {
  readonly via_transport: string;
  /** Whether it leads where a redirection said. */
  readonly detoured: boolean;
  keepAliveEvery(seconds: number, stun: boolean): void;
  /** Moves on to another place for so many seconds; false when there is none. */
  avoid(seconds: number): Promise<boolean>;
  redirect(targets: readonly CoreAddress[]): void;
  drop(reason: string): void;
};

export type RegistrationOptions = {
  /** Address of record. */
  readonly aor: string;
  /** Seconds asked of the registrar. */
  readonly expires: number;
  /** `urn:uuid:…`, the same over restarts (PRA-MTR-02). */
  readonly instanceId: string;
  /** Whether to ask the core to keep our flow (RFC 5626). */
  readonly outbound: boolean;
  /** Longest time between two keep-alives, in seconds. */
  readonly keepAlive: number;
  /** Applications of the push tag; none while push is withdrawn (PRA-REG-03, X-05). */
  readonly applications: (withdrawn: boolean) => readonly string[];
  /** Services and applications of the IMS beside it. */
  readonly ims: Pick<Profile['ims'], 'icsi' | 'iari'>;
  readonly gruus: Gruus;
  readonly flow: CoreFlow;
  /** Further header lines, e.g. P-Access-Network-Info. */
  readonly headers: readonly string[];
  /** What always weakens this registration, in words for the user. */
  readonly warnings: readonly string[];
  readonly onState: (state: RegistrationState) => void;
};

/** How a REGISTER was asked. */
type Terms = {
  readonly withdrawn: boolean;
  readonly requirePref: boolean;
  readonly outbound: boolean;
};

/** A core that failed is left alone for this long where there is another. */
const AVOID_S = 60;
/** However soon a core says it may be asked again, others are tried for this long. */
const MIN_AVOID_S = 5;
/** Redirections followed one after the other. */
const MAX_REDIRECTIONS = 5;
/** Changes of one request that the core may ask for in a row. */
const MAX_CHANGES = 4;
/** How long leaving may wait for the core's answer. */
const UNREGISTER_TIMEOUT_MS = 2_000;

/**
 * Keeps one terminal registered with its core (PRA-REG-01 to -13): REGISTER with +sip.instance, the push
 * feature tag and `Require: pref`, GRUUs learned, refresh in time, redirections followed, back-off after failures, and
 * de-registration.
 */
export class Registration {
  readonly #ua: SipUserAgent;
  readonly #options: RegistrationOptions;
  // One Call-ID for the life of the registration: a new one would void all temporary GRUUs (RFC 5627 §4.1).
  readonly callId = randomBytes(12).toString('hex');
  readonly #fromTag = randomBytes(8).toString('hex');
  readonly #registrar: string;
  /** What went over the wire last. */
  readonly exchanges = new RegisterExchanges();
  #requestUri: string;
  #cseq = 0;
  #expires: number;
  #wanted = false;
  #withdrawn = false;
  #requirePref = true;
  #outbound: boolean;
  #redirections = 0;
  #changes = 0;
  readonly #schedule = new RegisterSchedule(() => this.#lapsed());
  /** Counts the REGISTERs; the answer to an older one finds itself overtaken. */
  #attempt = 0;
  #inFlight = false;
  #underWay: Promise<void> = Promise.resolve();
  /** What is registered changed while a REGISTER was under way. */
  #again = false;
  #state: RegistrationState = { kind: 'unregistered' };

  constructor(ua: SipUserAgent, options: RegistrationOptions) {
    this.#ua = ua;
    this.#options = options;
    this.#expires = options.expires;
    this.#outbound = options.outbound;
    this.#registrar = registrarUri(options.aor);
    this.#requestUri = this.#registrar;
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** True while the push tags are taken back. */
  get withdrawn(): boolean {
    return this.#withdrawn;
  }

  /** Registers now with the push tags, and keeps at it, as soon as the flow is up. */
  register(): void {
    this.#withdrawn = false;
    this.#begin();
  }

  /** Takes the push tags back and stays on the core (PRA-REG-09 as read by X-05). */
  withdraw(): void {
    this.#withdrawn = true;
    this.#begin();
  }

  /** Registers again when something it says has changed, or when it is in doubt. Without effect when not wanted. */
  refresh(): void {
    if (this.#wanted && this.#ua.isConnected()) this.#send();
  }

  /** The flow to the core is up. */
  flowUp(): void {
    // A REGISTER of the flow before may still wait for its answer, which can no longer come.
    this.#inFlight = false;
    // Another core may take what the last one refused.
    this.#requirePref = true;
    this.#outbound = this.#options.outbound;
    // Nobody is there where a redirection led: at home our own registrar is asked again.
    if (!this.#options.flow.detoured) this.#requestUri = this.#registrar;
    if (this.#wanted) this.#send();
  }

  /** The flow is lost; the next try to connect runs at `retryAt` (ms since the epoch). */
  flowDown(reason: string, retryAt: number): void {
    this.#schedule.clear();
    this.#inFlight = false;
    this.#requestUri = this.#registrar;
    if (!this.#wanted) return;
    this.#setState({ kind: 'failed', code: null, reason, retryAt: new Date(retryAt).toISOString() });
  }

  /** Leaves the core with `Expires: 0` for our own Contact (PRA-REG-10, X-61). Bounded in time; never rejects. */
  async unregister(): Promise<void> {
    // A REGISTER under way may yet be granted, and a refresh that failed leaves the binding where it was.
    const mayBeBound = this.#inFlight || this.#schedule.isGranted;
    this.#wanted = false;
    this.#again = false;
    this.#schedule.clear();
    if (mayBeBound) {
      const late = new Promise((resolve) => setTimeout(resolve, UNREGISTER_TIMEOUT_MS).unref());
      // One REGISTER at a time (RFC 3261 §10.2), as long as there is time for it.
      if (this.#inFlight) await Promise.race([this.#underWay, late]);
      if (!this.#wanted && this.#ua.isConnected()) await Promise.race([this.#request(0), late]);
    }
    // Wanted again in the meantime.
    if (this.#wanted) return;
    this.#drop();
    this.#setState({ kind: 'unregistered' });
  }

  #begin(): void {
    this.#wanted = true;
    this.#schedule.forgive();
    if (this.#ua.isConnected()) this.#send();
    else if (this.#state.kind !== 'failed') this.#setState({ kind: 'connecting' });
  }

  #send(): void {
    if (this.#inFlight) {
      this.#again = true;
      return;
    }
    this.#inFlight = true;
    this.#again = false;
    this.#schedule.clear();
    if (this.#state.kind !== 'registered') this.#setState({ kind: 'registering' });
    this.#attempt += 1;
    const attempt = this.#attempt;
    const terms = this.#terms;
    this.#underWay = this.#request(this.#expires).then((outcome) => {
      // Overtaken: the flow went, and took this request with it.
      if (attempt !== this.#attempt || !this.#inFlight) return;
      this.#inFlight = false;
      if (this.#wanted) this.#receive(outcome, terms);
    });
  }

  get #terms(): Terms {
    return {
      withdrawn: this.#withdrawn,
      requirePref: this.#requirePref && !this.#withdrawn,
      outbound: this.#outbound,
    };
  }

  #request(expires: number): Promise<Outcome> {
    const { aor, instanceId, applications, ims, headers } = this.#options;
    const { withdrawn, requirePref, outbound } = this.#terms;
    const contactUri = this.#ua.contactUri();
    const tags = contactTags(applications(withdrawn), ims);
    const own = { contactUri, instanceId, tags, expires, requirePref, outbound };
    this.#cseq += 1;
    return this.#ua.request({
      method: 'REGISTER',
      to: this.#requestUri,
      toUri: aor,
      callId: this.callId,
      fromTag: this.#fromTag,
      cseq: this.#cseq,
      headers: [...registerHeaders(own), ...headers],
      authenticated: (cseq) => {
        // An overtaken REGISTER may still be challenged.
        this.#cseq = Math.max(this.#cseq, cseq);
      },
    });
  }

  #receive(outcome: Outcome, terms: Terms): void {
    switch (outcome.kind) {
      case 'response':
        if (outcome.response.status_code < 300) this.#accept(outcome.response, terms);
        else this.#judge(outcome.response, outcome.problem ?? null);
        return;
      case 'timeout':
        this.#unanswered();
        return;
      case 'unreachable':
        // The lost flow reports itself with the time of the next try; else it may be a redirection's odd URI.
        this.#requestUri = this.#registrar;
        if (this.#ua.isConnected()) this.#retry(null, 'The REGISTER could not be sent.', null);
        return;
    }
  }

  #accept(response: IncomingResponse, terms: Terms): void {
    const { instanceId, applications, gruus } = this.#options;
    const answer = readRegisterAnswer(response, {
      instanceId,
      contactUser: this.#ua.contact.uri.user ?? '',
      applications: applications(terms.withdrawn),
      asked: this.#expires,
    });
    if (answer === null) {
      const reason = 'The core answered 200 but lists no binding of this terminal.';
      this.#retry(response.status_code, reason, null);
      return;
    }
    this.#changes = 0;
    this.#redirections = 0;
    gruus.learn(answer.pubGruu, answer.tempGruu, response.cseq);
    this.#ua.contact.pub_gruu = gruus.public;
    this.#ua.contact.temp_gruu = gruus.temporary;
    this.#ua.serviceRoute = answer.serviceRoute;
    const { keepAlive, flow } = this.#options;
    flow.keepAliveEvery(Math.min(keepAlive, answer.flowTimer ?? keepAlive), answer.outbound);
    this.#schedule.granted(answer.expires);
    const asked = { ...terms, algorithm: this.exchanges.algorithm };
    this.#setState(registeredState(answer, asked, this.#options.warnings));
    const isBlind = flow.via_transport === 'UDP' && !answer.outbound;
    this.#schedule.after(refreshAfter(answer.expires, isBlind), () => this.#send());
    if (this.#again) this.#send();
  }

  #judge(response: IncomingResponse, problem: string | null): void {
    const code = response.status_code;
    const verdict = judgeFailure(response, {
      requirePref: this.#requirePref && !this.#withdrawn,
      outbound: this.#outbound,
      expires: this.#expires,
      secure: ['TLS', 'WSS'].includes(this.#options.flow.via_transport),
      problem,
    });
    switch (verdict.kind) {
      case 'again':
        if (verdict.change === 'without-pref') this.#requirePref = false;
        else this.#outbound = false;
        this.#askAgain(code, response.reason_phrase);
        return;
      case 'longer':
        this.#expires = verdict.expires;
        this.#askAgain(code, response.reason_phrase);
        return;
      case 'redirect':
        this.#follow(code, verdict.requestUri, verdict.targets);
        return;
      case 'refused':
        this.#wait(code, verdict.reason, verdict.asked ?? this.#schedule.wait(true));
        return;
      case 'retry':
        if (verdict.elsewhere) void this.#elsewhere(code, verdict.reason, verdict.asked);
        else this.#retry(code, verdict.reason, verdict.asked);
        return;
    }
  }

  #askAgain(code: number, reason: string): void {
    this.#changes += 1;
    if (this.#changes <= MAX_CHANGES) this.#send();
    else this.#retry(code, reason, null);
  }

  #follow(code: number, requestUri: string | null, targets: readonly CoreAddress[]): void {
    this.#redirections += 1;
    if (this.#redirections > MAX_REDIRECTIONS) {
      this.#redirections = 0;
      this.#requestUri = this.#registrar;
      this.#retry(code, 'The core redirects in circles.', null);
      return;
    }
    if (requestUri !== null) this.#requestUri = requestUri;
    this.#setState({
      kind: 'failed',
      code,
      reason: `The core redirects to ${targets.map(({ text }) => text).join(', ')}.`,
      retryAt: new Date().toISOString(),
    });
    this.#options.flow.redirect(targets);
  }

  /** No answer: over a stream that is a dead connection, over UDP a core to be asked again. */
  #unanswered(): void {
    const reason = 'The core did not answer the REGISTER.';
    void this.#options.flow.avoid(AVOID_S).then((moved) => {
      if (!this.#wanted) return;
      if (moved) this.#movesOn(408, reason);
      else if (this.#options.flow.via_transport === 'UDP') this.#retry(408, reason, null);
      else this.#options.flow.drop(reason);
    });
  }

  /** RFC 3263 §4.3: a server that cannot serve is as good as one that is not there. */
  async #elsewhere(code: number, reason: string, asked: number | null): Promise<void> {
    const moved = await this.#options.flow.avoid(Math.max(asked ?? AVOID_S, MIN_AVOID_S));
    if (!this.#wanted) return;
    if (moved) this.#movesOn(code, reason);
    else this.#retry(code, reason, asked);
  }

  #movesOn(code: number, reason: string): void {
    // The next flow may be up already.
    if (this.#inFlight || this.#state.kind === 'registered') return;
    const retryAt = new Date().toISOString();
    this.#setState({ kind: 'failed', code, reason: `${reason} Trying the next core.`, retryAt });
  }

  #retry(code: number | null, reason: string, asked: number | null): void {
    this.#wait(code, reason, asked ?? this.#schedule.wait(false));
  }

  #wait(code: number | null, reason: string, seconds: number): void {
    const retryAt = new Date(Date.now() + seconds * 1000).toISOString();
    this.#setState({ kind: 'failed', code, reason, retryAt });
    this.#schedule.after(seconds, () => this.#send());
  }

  #lapsed(): void {
    this.#drop();
    // The refresh is still unanswered.
    if (this.#state.kind === 'registered') this.#setState({ kind: 'registering' });
  }

  /** Forgets what only a living registration gives (RFC 5627 §4.2, RFC 3608 §6.1). */
  #drop(): void {
    this.#schedule.ended();
    this.#options.gruus.drop();
    this.#ua.contact.pub_gruu = null;
    this.#ua.contact.temp_gruu = null;
    this.#ua.serviceRoute = [];
  }

  #setState(state: RegistrationState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

/** The registrar of an AOR: its domain without user (RFC 3261 §10.2). */
function registrarUri(aor: string): string {
  return aor.replace(/^(sips?:)[^@]*@/i, '$1');
}
