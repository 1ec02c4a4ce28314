import { randomBytes } from 'node:crypto';
import type { IncomingResponse, SipUserAgent } from '../sip/user-agent.ts';
import type { RegistrationState } from './events.ts';
import { readRegisterAnswer } from './register-answer.ts';

export type RegistrationOptions = {
  /** Address of record. */
  readonly aor: string;
  /** Seconds asked of the registrar. */
  readonly expires: number;
  /** `urn:uuid:…`, the same over restarts (PRA-MTR-02). */
  readonly instanceId: string;
  /** Value of the push feature tag parameter, e.g. `+g.oma.pusheventapp="mms.ua,wml.ua"` (PRA-REG-03). */
  readonly pushTag: string;
  /** What always weakens this registration, in words for the user. */
  readonly warnings?: readonly string[];
  readonly onState: (state: RegistrationState) => void;
};

/** GRUUs must be refreshed this long before they run out (RFC 5627 §4.2). */
const REFRESH_MARGIN_S = 32;
/** First wait after a failed REGISTER; it doubles up to the maximum. */
const RETRY_BASE_S = 5;
const RETRY_MAX_S = 300;
/** Longest Retry-After we follow. */
const RETRY_AFTER_MAX_S = 3600;
/** How long leaving may wait for the core's answer. */
const UNREGISTER_TIMEOUT_MS = 2_000;
/** Codes after which another try with the same profile makes no sense. */
const PERMANENT_CODES: readonly number[] = [401, 403, 404, 407];

/**
 * Keeps one terminal registered with its core (PRA-REG-01 to -13): REGISTER with +sip.instance, the push
 * feature tag and `Require: pref`, GRUUs learned, refresh in time, back-off after failures, and de-registration.
 */
export class Registration {
  readonly #ua: SipUserAgent;
  readonly #options: RegistrationOptions;
  // One Call-ID for the life of the registration: a new one would void all temporary GRUUs (RFC 5627 §4.1).
  readonly #callId = randomBytes(12).toString('hex');
  readonly #fromTag = randomBytes(8).toString('hex');
  #cseq = 0;
  #expires: number;
  #wanted = false;
  #requirePref = true;
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;
  #inFlight = false;
  #state: RegistrationState = { kind: 'unregistered' };

  constructor(ua: SipUserAgent, options: RegistrationOptions) {
    this.#ua = ua;
    this.#options = options;
    this.#expires = options.expires;
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** Registers now, and keeps at it, as soon as the flow is up. */
  register(): void {
    this.#wanted = true;
    this.#failures = 0;
    if (this.#ua.isConnected()) void this.#send();
    else this.#setState({ kind: 'connecting' });
  }

  /** The flow to the core is up. */
  flowUp(): void {
    if (this.#wanted) void this.#send();
  }

  /** The flow is lost; the next try to connect runs at `retryAt` (ms since the epoch). */
  flowDown(reason: string, retryAt: number): void {
    this.#clearTimer();
    if (!this.#wanted) return;
    this.#setState({ kind: 'failed', code: null, reason, retryAt: new Date(retryAt).toISOString() });
  }

  /** Leaves the core with `Expires: 0` for our own Contact (PRA-REG-10, X-61). Bounded in time; never rejects. */
  async unregister(): Promise<void> {
    const wasRegistered = this.#state.kind === 'registered';
    this.#wanted = false;
    this.#clearTimer();
    if (wasRegistered && this.#ua.isConnected()) {
      const done = this.#request(0);
      await Promise.race([
        done,
        new Promise((resolve) => setTimeout(resolve, UNREGISTER_TIMEOUT_MS).unref()),
      ]);
    }
    this.#dropGruus();
    this.#setState({ kind: 'unregistered' });
  }

  async #send(): Promise<void> {
    if (this.#inFlight) return;
    this.#inFlight = true;
    this.#clearTimer();
    if (this.#state.kind !== 'registered') this.#setState({ kind: 'registering' });
    const outcome = await this.#request(this.#expires);
    this.#inFlight = false;
    if (!this.#wanted) return;
    switch (outcome.kind) {
      case 'response':
        this.#receive(outcome.response, outcome.problem ?? null);
        return;
      case 'timeout':
        this.#fail(408, 'The core did not answer the REGISTER.', null);
        return;
      case 'unreachable':
        // The lost flow reports itself with the time of the next try.
        if (this.#ua.isConnected()) this.#fail(null, 'The REGISTER could not be sent.', null);
        return;
    }
  }

  #request(expires: number) {
    const { aor, instanceId, pushTag } = this.#options;
    const headers = [
      `Contact: <${this.#ua.contactUri()}>;+sip.instance="<${instanceId}>";${pushTag};expires=${expires}`,
      `Expires: ${expires}`,
      'Supported: gruu, path',
      ...(this.#requirePref ? ['Require: pref'] : []),
    ];
    this.#cseq += 1;
    return this.#ua.request({
      method: 'REGISTER',
      to: registrarUri(aor),
      toUri: aor,
      callId: this.#callId,
      fromTag: this.#fromTag,
      cseq: this.#cseq,
      headers,
      authenticated: (cseq) => {
        this.#cseq = cseq;
      },
    });
  }

  #receive(response: IncomingResponse, problem: string | null): void {
    const code = response.status_code;
    if (code < 300) {
      this.#accept(response);
    } else if (code === 423) {
      this.#raiseExpires(response);
    } else if (
      code === 420 &&
      this.#requirePref &&
      /\bpref\b/i.test(response.getHeader('unsupported') ?? '')
    ) {
      // a core without RFC 3840 refuses `Require: pref`; go on without it, once.
      this.#requirePref = false;
      void this.#send();
    } else {
      this.#fail(code, problem ?? explain(code, response.reason_phrase), response);
    }
  }

  #accept(response: IncomingResponse): void {
    const answer = readRegisterAnswer(response, {
      instanceId: this.#options.instanceId,
      contactUser: this.#ua.contact.uri.user ?? '',
      pushTag: this.#options.pushTag,
      asked: this.#expires,
    });
    if (answer === null) {
      this.#fail(
        response.status_code,
        'The core answered 200 but lists no binding of this terminal.',
        response,
      );
      return;
    }
    this.#failures = 0;
    this.#ua.contact.pub_gruu = answer.pubGruu;
    this.#ua.contact.temp_gruu = answer.tempGruu;
    const warnings = this.#requirePref
      ? answer.warnings
      : ['The core refuses Require: pref (420), so it may ignore the push tags.', ...answer.warnings];
    this.#setState({
      kind: 'registered',
      expiresAt: new Date(Date.now() + answer.expires * 1000).toISOString(),
      pubGruu: answer.pubGruu,
      tempGruu: answer.tempGruu,
      bindings: answer.bindings,
      warnings: [...(this.#options.warnings ?? []), ...warnings],
    });
    this.#after(refreshAfter(answer.expires), () => void this.#send());
  }

  #raiseExpires(response: IncomingResponse): void {
    const minimum = Number(response.getHeader('min-expires'));
    if (Number.isInteger(minimum) && minimum > this.#expires) {
      this.#expires = minimum;
      void this.#send();
    } else {
      this.#fail(423, 'The core asks for a longer expiry but does not say which.', response);
    }
  }

  #fail(code: number | null, reason: string, response: IncomingResponse | null): void {
    if (code !== null && PERMANENT_CODES.includes(code)) {
      this.#dropGruus();
      this.#setState({ kind: 'failed', code, reason, retryAt: null });
      return;
    }
    const asked = Number.parseInt(response?.getHeader('retry-after') ?? '', 10);
    const delay = Number.isInteger(asked)
      ? Math.min(Math.max(asked, 1), RETRY_AFTER_MAX_S)
      : Math.min(RETRY_MAX_S, RETRY_BASE_S * 2 ** this.#failures) * (0.5 + Math.random() / 2);
    this.#failures += 1;
    const retryAt = new Date(Date.now() + delay * 1000).toISOString();
    this.#setState({ kind: 'failed', code, reason, retryAt });
    this.#after(delay, () => void this.#send());
  }

  #dropGruus(): void {
    this.#ua.contact.pub_gruu = null;
    this.#ua.contact.temp_gruu = null;
  }

  #after(seconds: number, action: () => void): void {
    this.#clearTimer();
    this.#timer = setTimeout(action, seconds * 1000);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #setState(state: RegistrationState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

/** Seconds to wait before a refresh: at least 32 s before the end, or half of a short life (RFC 5627 §4.2). */
export function refreshAfter(expires: number): number {
  return expires < 2 * REFRESH_MARGIN_S ? expires / 2 : Math.min(expires - REFRESH_MARGIN_S, expires * 0.9);
}

/** The registrar of an AOR: its domain without user (RFC 3261 §10.2). */
function registrarUri(aor: string): string {
  return aor.replace(/^(sips?:)[^@]*@/i, '$1');
}

function explain(code: number, reason: string): string {
  switch (code) {
    case 401:
    case 407:
      return 'The core does not accept the user name or password. Check them in the profile.';
    case 403:
      return `The core refuses this user (403 ${reason}). Check the address and the credentials.`;
    case 404:
      return 'The core does not know this address. Check the AOR in the profile.';
    default:
      return reason;
  }
}
