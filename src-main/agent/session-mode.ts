import { IncomingInvite, type Withdrawal } from '../sip/incoming-invite.ts';
import type { Reply } from '../sip/reply.ts';
import { answerInterval } from '../sip/session-interval.ts';
import type { IncomingRequest, SipUserAgent } from '../sip/user-agent.ts';
import type { Applications } from './applications/applications.ts';
import { BUSY_REASON, busyAnswer } from './busy.ts';
import { checkPush, senderOf } from './checks.ts';
import { readIcons } from './file-icon.ts';
import { DECLINED_BY_RULE, type DecideFile, decideOfferedFile } from './file-rules.ts';
import { Leftovers } from './leftovers.ts';
import { LivePush, messageOf } from './live-push.ts';
import type { MediaEndpoint } from './media-endpoint.ts';
import { Offer } from './offer.ts';
import { unknownFile } from './own-offer.ts';
import { type ProcedureContext, shortage } from './pager-mode.ts';
import { recordOf } from './push-record.ts';
import { fileRecord, type InviteReading, offeredFile, readInvite } from './read-invite.ts';
import { ResumedFile } from './resumed-file.ts';
import { type Survey, surveyFiles } from './survey-files.ts';

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

  /** Files that are asked for again, by push. */
  readonly #resumed = new Map<string, ResumedFile>();
  readonly leftovers: Leftovers;

  constructor(context: SessionModeContext) {
    this.#context = context;
    const { history, emit, filesFolder } = context;
    this.leftovers = new Leftovers({
      history,
      emit,
      filesFolder,
      terminal: context.profile.name,
      live: (push) => this.#offers.get(push)?.push ?? this.#resumed.get(push)?.push ?? null,
    });
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
    const { maxBytes } = profile.files;
    const types = read.files.flatMap(({ file }) => file.type ?? []);
    const verdict = checkPush(request, profile, types);
    if (verdict.kind === 'refuse') {
      refusals.refuse(request, { code: 403, ...verdict });
      return;
    }
    const { application, sender, identities, trust } = verdict;
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
    const decide: DecideFile = ({ type, bytes }) =>
      decideOfferedFile({ identities, application, type, bytes }, this.#context.profile, trust);
    const icons = readIcons(request, read.files);
    const offered = read.files.map((line) =>
      fileRecord(line, { maxBytes, icon: icons.get(line.index) ?? null }),
    );
    const { leftovers } = this;
    let survey: Survey;
    let push: LivePush;
    try {
      survey = await surveyFiles(offered, { history, leftovers, decide, sender: sender.uri });
      const { files } = survey;
      push = new LivePush(history, emit, {
        ...recordOf(request, { terminal: profile.name, application, sender }),
        bytes: files.reduce((sum, file) => sum + (file.bytes ?? 0), 0),
        state: 'waiting',
        code: null,
        reason: null,
        body: { kind: 'files', sessionIdentity: invite.remoteTarget, sdp: read.sdp, files, timer: null },
      });
      await push.keep();
    } catch (error) {
      this.#pending.delete(request);
      invite.reject(shortage(error));
      emit({ event: 'error', message: `An offer could not be kept: ${messageOf(error)}` });
      return;
    }
    offer = new Offer(
      {
        ...this.#context,
        leftovers,
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
      files: survey.files.map(offeredFile),
      callId: push.record.callId,
    });
    if (gone !== null) offer.withdrawn(gone);
    else decideAtOnce(offer, survey);
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

  /** Stops one file in mid-flight. @throws Error with a sentence when it is not arriving. */
  abort(push: string, index: number): void {
    (this.#resumed.get(push) ?? this.get(push)).abort(index);
  }

  /** Offers that wait for the user, with the time at which they decline themselves. */
  deadlines(): readonly { readonly offer: string; readonly deadline: string }[] {
    return [...this.#offers.values()].flatMap(({ id, deadline }) =>
      deadline === null ? [] : [{ offer: id, deadline }],
    );
  }

  /** Asks the sender for the rest of a file of which a part is here. Rejects with a sentence for the user. */
  async resume(push: string, index: number): Promise<void> {
    const { record, part } = await this.leftovers.part(push, index);
    const { media, history, emit } = this.#context;
    if (this.#resumed.has(push))
      throw new Error('Another file of this push is being resumed; wait for its end.');
    if (media.secure) {
      throw new Error('Over TLS a part cannot be asked for: the sender has to offer the rest by itself.');
    }
    if (!/^sips?:/i.test(record.from))
      throw new Error(`${record.from} cannot be called; the sender has to offer the rest.`);
    const { leftovers } = this;
    // The session it came in may still wait for its BYE.
    const session = this.#offers.get(push);
    if (session?.idle === false) throw new Error('The session of this file still goes on.');
    session?.close('All files have ended');
    const live = new LivePush(history, emit, (await history.get(push)) ?? record);
    const resumed: ResumedFile = new ResumedFile(
      { ...this.#context, leftovers, over: () => this.#resumed.delete(push) },
      live,
      part,
    );
    this.#resumed.set(push, resumed);
    await resumed.start(record.from);
  }

  /** The flow to the core is gone: offers that wait cannot be answered any more. */
  flowLost(): void {
    for (const offer of [...this.#offers.values()]) offer.flowLost();
  }

  /** Declines what waits, ends what runs, and lets files that are whole be kept; bounded in time. */
  async close(): Promise<void> {
    const open = [...this.#offers.values()];
    const resumed = [...this.#resumed.values()];
    for (const session of [...open, ...resumed]) session.close();
    const files = [...[...open, ...resumed].map((session) => session.settled()), ...this.#settling];
    const patience = new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref());
    await Promise.race([Promise.all(files), patience]);
  }

  #forget(request: IncomingRequest, offer: Offer): void {
    this.#pending.delete(request);
    this.#offers.delete(offer.id);
    const settled = offer.settled().finally(() => this.#settling.delete(settled));
    this.#settling.add(settled);
  }
}

/** Rings, and answers at once what needs no user. */
function decideAtOnce(offer: Offer, { files, decisions }: Survey): void {
  offer.ring();
  const wanted = [...decisions.keys()];
  if (wanted.length === 0) {
    const isRuled = files.some(({ reason }) => reason === DECLINED_BY_RULE);
    offer.decline(isRuled ? 'rule' : 'nothing-left');
  } else if (![...decisions.values()].includes('ask')) {
    offer.accept(wanted);
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
