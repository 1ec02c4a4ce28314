import type { FileRecord } from '../history/records.ts';
import { IncomingInvite, type Withdrawal } from '../sip/incoming-invite.ts';
import type { Reply } from '../sip/reply.ts';
import { answerInterval } from '../sip/session-interval.ts';
import type { IncomingRequest, SipUserAgent } from '../sip/user-agent.ts';
import type { Applications } from './applications/applications.ts';
import { BUSY_REASON, busyAnswer } from './busy.ts';
import { checkPush, senderOf } from './checks.ts';
import { LivePush, messageOf } from './live-push.ts';
import type { MediaEndpoint } from './media-endpoint.ts';
import { Offer } from './offer.ts';
import { unknownFile } from './own-offer.ts';
import { type ProcedureContext, shortage } from './pager-mode.ts';
import { recordOf } from './push-record.ts';
import { fileRecord, type InviteReading, offeredFile, readInvite } from './read-invite.ts';
import type { TrustDecision } from './trust.ts';

/** How long closing waits for files that are being verified. */
const CLOSE_TIMEOUT_MS = 3_000;

export type SessionModeContext = ProcedureContext & {
  readonly ua: SipUserAgent;
  readonly applications: Applications;
  readonly media: MediaEndpoint;
  readonly filesFolder: string;
  readonly contactLine: () => string;
  /** A MESSAGE that came inside a session: a push like any other. */
  readonly message: (request: IncomingRequest) => void;
  /** What OPTIONS inside a session is answered. */
  readonly options: (request: IncomingRequest) => Reply;
};

/**
 * Session mode (PRA-SES-01 to -17): an INVITE with file selectors, checked in the spec's order, becomes an offer
 * that waits for the user or a rule. One of these serves all offers of a terminal.
 */
export class SessionMode {
  readonly #context: SessionModeContext;
  readonly #offers = new Map<string, Offer>();
  /** Offers that are over while their files are still being kept or removed. */
  readonly #settling = new Set<Promise<void>>();
  /** Every open offer by its INVITE, from before it is kept until it is over. */
  readonly #pending = new Map<IncomingRequest, IncomingInvite>();

  constructor(context: SessionModeContext) {
    this.#context = context;
  }

  /** As many offers are open as may be: one more gets 486. */
  get busy(): boolean {
    return this.#pending.size >= this.#context.profile.files.maxOffers;
  }

  /** A new INVITE outside any dialog. */
  async receiveInvite(request: IncomingRequest): Promise<void> {
    const { profile, history, refusals, emit, ua, media } = this.#context;
    const interval = answerInterval(request, null);
    if (interval.kind === 'refuse') {
      const { code, headers = [] } = interval.reply;
      const reason = 'The session interval is too short.';
      refusals.refuse(request, { code, reason, headers, sender: senderOf(request), application: null });
      return;
    }
    const isOurs = request.body === '';
    const read = isOurs
      ? readNothing(media.secure)
      : readInvite(request, { accept: profile.files.accept, secure: media.secure });
    if (read.kind === 'refuse') {
      refusals.refuse(request, { ...read.refusal, sender: senderOf(request), application: null });
      return;
    }
    const files = read.files.map((line) => fileRecord(line, profile.files.maxBytes));
    const types = files.flatMap(({ type }) => type ?? []);
    const verdict = checkPush(request, profile, types);
    if (verdict.kind === 'refuse') {
      refusals.refuse(request, { code: 403, ...verdict });
      return;
    }
    const { application, sender, trust } = verdict;
    if (this.busy) {
      refusals.refuse(request, { ...busyAnswer(profile), reason: BUSY_REASON, application, sender });
      return;
    }
    let offer: Offer | null = null;
    let gone: Withdrawal | null = null;
    const invite = IncomingInvite.open(ua, request, {
      contactLine: this.#context.contactLine,
      confirmed: (ack) => offer?.confirmed(ack),
      withdrawn: (why) => {
        gone = why;
        offer?.withdrawn(why);
      },
      ended: (end) => offer?.ended(end),
      reoffer: (again) => offer?.reoffer(again),
      reofferWithdrawn: () => offer?.reofferWithdrawn(),
      timerAgreed: () => offer?.timerAgreed(),
      message: this.#context.message,
      options: this.#context.options,
    });
    if (invite === null) {
      refusals.refuse(request, { code: 400, reason: 'The INVITE has no Contact.', application, sender });
      return;
    }
    this.#pending.set(request, invite);
    const push = new LivePush(history, emit, {
      ...recordOf(request, { terminal: profile.name, application, sender }),
      bytes: files.reduce((sum, file) => sum + (file.bytes ?? 0), 0),
      state: 'waiting',
      code: null,
      reason: null,
      body: { kind: 'files', sessionIdentity: invite.remoteTarget, sdp: read.sdp, files, timer: null },
    });
    try {
      await push.keep();
    } catch (error) {
      this.#pending.delete(request);
      invite.reject(shortage(error));
      emit({ event: 'error', message: `An offer could not be kept: ${messageOf(error)}` });
      return;
    }
    // A rule of trust comes before the profile's way with files.
    const decide = ruledOn(trust) ?? profile.files.decide;
    offer = new Offer(
      {
        ...this.#context,
        decide,
        isOurs,
        expires: expiresIn(request),
        over: (ended) => this.#forget(request, ended),
      },
      push,
      read.offer,
      invite,
    );
    this.#offers.set(offer.id, offer);
    const { sessionIdentity } =
      push.record.body.kind === 'files' ? push.record.body : { sessionIdentity: '' };
    emit({
      event: 'offer',
      offer: offer.id,
      from: sender.uri,
      application,
      sessionIdentity,
      files: files.map(offeredFile),
      callId: push.record.callId,
    });
    if (gone !== null) offer.withdrawn(gone);
    else this.#decide(offer, files, decide);
  }

  /** The sender's CANCEL for a pending INVITE, or for a re-INVITE that waits. */
  cancelled(request: IncomingRequest): void {
    for (const invite of this.#pending.values()) invite.cancel(request);
  }

  /** The offer with this id. @throws Error with a sentence for the user when there is none. */
  get(offer: string): Offer {
    const found = this.#offers.get(offer);
    if (found === undefined) throw new Error('This offer is over.');
    return found;
  }

  /** Offers that wait for the user, with the time at which they decline themselves. */
  deadlines(): readonly { readonly offer: string; readonly deadline: string }[] {
    return [...this.#offers.values()].flatMap(({ id, deadline }) =>
      deadline === null ? [] : [{ offer: id, deadline }],
    );
  }

  /** The flow to the core is gone: offers that wait cannot be answered any more. */
  flowLost(): void {
    for (const offer of [...this.#offers.values()]) offer.flowLost();
  }

  /** Declines what waits, ends what runs, and lets files that are whole be kept; bounded in time. */
  async close(): Promise<void> {
    const open = [...this.#offers.values()];
    for (const offer of open) offer.close();
    const files = [...open.map((offer) => offer.settled()), ...this.#settling];
    const patience = new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref());
    await Promise.race([Promise.all(files), patience]);
  }

  #decide(offer: Offer, files: readonly FileRecord[], decide: Decision): void {
    offer.ring();
    if (decide === 'decline') offer.decline('rule');
    if (decide === 'accept') {
      offer.accept(files.filter((file) => file.state === 'offered').map((file) => file.index));
    }
  }

  #forget(request: IncomingRequest, offer: Offer): void {
    this.#pending.delete(request);
    this.#offers.delete(offer.id);
    const settled = offer.settled().finally(() => this.#settling.delete(settled));
    this.#settling.add(settled);
  }
}

/** An INVITE without offer: the 200 will carry ours (RFC 3261 §13.2.1). */
function readNothing(secure: boolean): Extract<InviteReading, { kind: 'ok' }> {
  const { offer, line } = unknownFile(secure);
  return { kind: 'ok', offer, files: [line], sdp: '' };
}

/** Seconds that the sender gives for an answer (RFC 3261 §13.3.1), or null where it sets no limit. */
function expiresIn(request: IncomingRequest): number | null {
  const text = (request.getHeader('expires') ?? '').trim();
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

type Decision = 'accept' | 'decline' | 'ask';

function ruledOn(trust: TrustDecision): 'accept' | 'ask' | null {
  if (trust.kind === 'ask') return 'ask';
  return trust.kind === 'allow' && trust.rule ? 'accept' : null;
}
