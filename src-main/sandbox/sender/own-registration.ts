import type { SipUserAgent } from '../../sip/user-agent.ts';

/** Seconds asked of the registrar. */
const EXPIRES_S = 3_600;
/** REGISTER is sent again when this share of the time is over. */
const REFRESH_SHARE = 0.8;
/** Wait after a REGISTER that failed. */
const RETRY_MS = 5_000;
/** How long leaving may take. */
const LEAVE_MS = 1_000;

/** Keeps the Push Sender Agent registered, so that the core leads SUBSCRIBEs to it. It registers no push tag. */
export class OwnRegistration {
  readonly #ua: SipUserAgent;
  readonly #aor: string;
  readonly #domain: string;
  #cseq = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(ua: SipUserAgent, aor: string) {
    this.#ua = ua;
    this.#aor = aor;
    this.#domain = aor.replace(/^(sips?:)[^@]*@/i, '$1').replace(/[;?].*$/, '');
  }

  /** Registers, and keeps at it until closed. Rejects with a sentence when the first REGISTER is refused. */
  async start(): Promise<void> {
    const problem = await this.#register(EXPIRES_S);
    if (problem !== null) throw new Error(`${this.#aor} cannot register: ${problem}`);
  }

  /** Leaves the core, bounded in time. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LEAVE_MS);
    });
    if (this.#ua.isConnected()) await Promise.race([this.#register(0), late]);
    clearTimeout(timer);
  }

  /** Registers again at once: the flow is a new one. */
  renew(): void {
    if (!this.#closed && this.#cseq > 0) void this.#register(EXPIRES_S);
  }

  async #register(seconds: number): Promise<string | null> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#cseq += 1;
    const outcome = await this.#ua.request({
      method: 'REGISTER',
      to: this.#domain,
      toUri: this.#aor,
      callId: `${this.#ua.contact.uri.user}@registration`,
      cseq: this.#cseq,
      headers: [`Contact: <${this.#ua.contactUri()}>`, `Expires: ${seconds}`],
      authenticated: (cseq) => {
        this.#cseq = cseq;
      },
    });
    const isDone = outcome.kind === 'response' && outcome.response.status_code < 300;
    if (!this.#closed) {
      const wait = isDone ? EXPIRES_S * REFRESH_SHARE * 1000 : RETRY_MS;
      this.#timer = setTimeout(() => void this.#register(EXPIRES_S), wait);
      this.#timer.unref();
    }
    if (isDone) return null;
    return outcome.kind === 'response'
      ? `${outcome.response.status_code} ${outcome.response.reason_phrase}`
      : 'no answer came';
  }
}
