import type { IncomingInvite } from '../sip/incoming-invite.ts';
import type { LivePush } from './live-push.ts';
import { closeLines, type NegotiatedSession } from './negotiated-session.ts';
import type { Reoffers } from './reoffers.ts';

/** The sender, told by 413, may close the m-line or the session by itself in this time; then we do. */
const SENDER_CLOSES_MS = 1_000;

/**
 * Files that the user stopped: their m-lines are closed by a re-INVITE with port 0, the same file-transfer-id and a
 * raised o= version (RFC 5547 §8.4), unless the sender does it first.
 */
export class StoppedFiles {
  readonly #push: LivePush;
  readonly #invite: IncomingInvite;
  readonly #reoffers: Reoffers;
  readonly #lines = new Set<number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(push: LivePush, invite: IncomingInvite, reoffers: Reoffers) {
    this.#push = push;
    this.#invite = invite;
    this.#reoffers = reoffers;
  }

  /** The file with this number was stopped. */
  add(number: number): void {
    const line = this.#reoffers.lineOf(number);
    if (line === null) return;
    this.#lines.add(line);
    this.#timer ??= setTimeout(() => void this.#close(), SENDER_CLOSES_MS);
  }

  /** The session is over. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#lines.clear();
  }

  async #close(): Promise<void> {
    this.#timer = null;
    const lines = new Set(this.#lines);
    let offered: NegotiatedSession | null = null;
    const outcome = await this.#invite.reinvite(() => {
      const { session } = this.#reoffers;
      const open = new Set([...lines].filter((line) => session.offer.media[line]?.port !== 0));
      offered = open.size === 0 ? null : closeLines(session, open);
      return offered === null ? null : Buffer.from(offered.sdp, 'utf8').toString('latin1');
    });
    for (const line of lines) this.#lines.delete(line);
    if (offered === null || outcome.kind === 'gone') return;
    const isAccepted = outcome.kind === 'accepted';
    if (isAccepted) this.#reoffers.session = offered;
    const detail = outcome.kind === 'refused' ? `answered ${outcome.response.status_code}` : 'port 0';
    this.#push.log({ side: 'out', ok: isAccepted, title: 're-INVITE sent', detail });
  }
}
