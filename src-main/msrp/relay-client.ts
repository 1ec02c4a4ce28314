import type { MsrpConnection } from './connection.ts';
import { type RelayGrant, RelayLink, type RelayLinkOptions } from './relay-link.ts';
import type { MsrpUri } from './uri.ts';

/** First wait before a relay that failed is tried again; it doubles up to the longest. */
export const FIRST_RETRY_MS = 1_000;
export const LONGEST_RETRY_MS = 300_000;
/** Part of its time after which a grant that waits for a session is replaced. */
const RENEW_AFTER = 0.5;
/** A timer of Node cannot run longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export type RelayClientOptions = RelayLinkOptions & {
  /** The relay cannot be used, with why as a sentence, or can be used again (null). Told once a change. */
  readonly on: (problem: string | null) => void;
  readonly firstRetryMs?: number;
};

/** The way of one session through the relay: the URIs it was granted, and the connection they lead to. */
export type RelayRoute = { readonly usePath: readonly MsrpUri[]; readonly connection: MsrpConnection };

type Granted = RelayRoute & Pick<RelayGrant, 'expires'>;

/**
 * Keeps a connection to our relay and one unused grant at hand, so that an answer need not wait for it: each session
 * takes its own (RFC 4976 §5.1). A grant that lies about is renewed before it expires; a relay that goes is tried again,
 * ever more seldom. Sessions that were bound to a lost connection are told by it.
 */
export class RelayClient {
  readonly #options: RelayClientOptions;
  #link: Promise<RelayLink> | null = null;
  #next: Promise<Granted> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #retryMs: number;
  #problem: string | null = null;
  #closed = false;

  constructor(options: RelayClientOptions) {
    this.#options = options;
    this.#retryMs = options.firstRetryMs ?? FIRST_RETRY_MS;
  }

  /** Connects and asks for the first grant; what goes wrong is told and tried again. */
  start(): void {
    this.#prepare();
  }

  /** A way of its own for one session. Rejects with a sentence when the relay gives none. */
  async take(): Promise<RelayRoute> {
    const wanted = this.#stock();
    // Whoever comes next gets another.
    this.#next = null;
    try {
      const { usePath, connection } = await wanted;
      this.#prepare();
      return { usePath, connection };
    } catch (error) {
      throw new Error(this.#sentence(error), { cause: error });
    }
  }

  close(): void {
    this.#closed = true;
    this.#clearTimer();
    this.#link?.then(
      (link) => link.close(),
      () => {},
    );
  }

  #prepare(): void {
    if (this.#closed || this.#next !== null) return;
    const wanted = this.#stock();
    wanted.then(
      ({ expires }) => {
        this.#retryMs = this.#options.firstRetryMs ?? FIRST_RETRY_MS;
        this.#tell(null);
        this.#later(expires * 1000 * RENEW_AFTER, () => {
          if (this.#next === wanted) this.#next = null;
          this.#prepare();
        });
      },
      (error: unknown) => {
        this.#tell(this.#sentence(error));
        this.#retry();
      },
    );
  }

  #stock(): Promise<Granted> {
    if (this.#next !== null) return this.#next;
    const wanted = this.#connected().then(async (link) => ({
      ...(await link.grant()),
      connection: link.connection,
    }));
    this.#next = wanted;
    wanted.catch(() => {
      if (this.#next === wanted) this.#next = null;
    });
    return wanted;
  }

  #connected(): Promise<RelayLink> {
    if (this.#closed) return Promise.reject(new Error('the terminal was closed'));
    if (this.#link !== null) return this.#link;
    const opening = RelayLink.open(this.#options);
    this.#link = opening;
    opening.then(
      (link) => {
        link.connection.onClose(() => this.#lost(opening));
        if (this.#closed) link.close();
      },
      () => this.#forget(opening),
    );
    return opening;
  }

  #lost(link: Promise<RelayLink>): void {
    this.#forget(link);
    this.#next = null;
    if (this.#closed) return;
    this.#tell(this.#sentence(new Error('the connection to it was lost')));
    this.#retry();
  }

  #forget(link: Promise<RelayLink>): void {
    if (this.#link === link) this.#link = null;
  }

  #retry(): void {
    this.#later(this.#retryMs, () => this.#prepare());
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  #later(ms: number, action: () => void): void {
    this.#clearTimer();
    if (!this.#closed) this.#timer = setTimeout(action, Math.min(ms, LONGEST_TIMER_MS));
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #tell(problem: string | null): void {
    if (this.#closed || this.#problem === problem) return;
    this.#problem = problem;
    this.#options.on(problem);
  }

  #sentence(error: unknown): string {
    const { host, port } = this.#options.relay;
    const reason = error instanceof Error ? error.message : String(error);
    return `The MSRP relay ${host}${port === null ? '' : `:${port}`} cannot be used: ${reason}.`;
  }
}
