import type { History } from '../history/history.ts';
import type { MediaChoice } from '../sdp/answer.ts';
import type { SessionOffer } from '../sdp/offer.ts';
import type { Reoffer } from '../sip/incoming-invite.ts';
import type { Reply } from '../sip/reply.ts';
import { type AddedFile, addedFiles } from './added-files.ts';
import { compareOffers, describeChanges, type LineChange } from './compare-offers.ts';
import type { Emit } from './events.ts';
import type { DecideFile } from './file-rules.ts';
import type { Leftovers } from './leftovers.ts';
import { type LivePush, messageOf } from './live-push.ts';
import type { MediaEndpoint } from './media-endpoint.ts';
import { changeSession, type NegotiatedSession, REJECT } from './negotiated-session.ts';
import type { OfferFiles } from './offer-files.ts';
import type { Profile } from './profile.ts';
import { offeredFile, readSdp } from './read-invite.ts';
import { warning } from './refusals.ts';
import { surveyFiles } from './survey-files.ts';
import { STOPPED_BY_SENDER } from './transfer.ts';

export type ReoffersContext = {
  readonly profile: Profile;
  readonly emit: Emit;
  readonly contactLine: () => string;
  readonly media: Pick<MediaEndpoint, 'secure'>;
  readonly history: History;
  readonly leftovers: Leftovers;
  /** What the rules say of further files. */
  readonly decide: DecideFile;
  /** Files began, ended or wait: the state of the whole may be another. */
  readonly settled: () => void;
};

/** A re-offer under way. */
type Open = {
  readonly offer: SessionOffer;
  readonly changes: readonly LineChange[];
  readonly added: readonly AddedFile[];
  readonly answer: (reply: Reply) => void;
};

/** The sender has this long to open the MSRP session of a file it added. */
const MEDIA_START_TIMEOUT_MS = 30_000;
/**
 * The re-INVITEs and UPDATEs of a running session (RFC 5547 §8, RFC 3264 §8): a refresh changes nothing, a closed
 * m-line ends its file, a new file waits for the user while the others go on.
 */
export class Reoffers {
  readonly #context: ReoffersContext;
  readonly #push: LivePush;
  readonly #files: OfferFiles;
  /** The number of the file that each m-line is about. */
  readonly #numbers = new Map<number, number>();
  #session: NegotiatedSession;
  #open: Open | null = null;
  #deadline: string | null = null;
  #countdown: NodeJS.Timeout | null = null;
  readonly #mediaTimers = new Set<NodeJS.Timeout>();

  constructor(context: ReoffersContext, push: LivePush, files: OfferFiles, session: NegotiatedSession) {
    this.#context = context;
    this.#push = push;
    this.#files = files;
    this.#session = session;
    for (const { index } of files.all) this.#numbers.set(index, index);
  }

  /** When the new files decline themselves, ISO 8601; null while none wait. */
  get deadline(): string | null {
    return this.#deadline;
  }

  get session(): NegotiatedSession {
    return this.#session;
  }

  /** The m-line that a file is on. */
  lineOf(number: number): number | null {
    return [...this.#numbers].find(([, one]) => one === number)?.[0] ?? null;
  }

  /** What we offered ourselves was accepted. */
  set session(session: NegotiatedSession) {
    this.#session = session;
  }

  /** Our SDP as it stands, as a 200. */
  answer(): Reply {
    const content = Buffer.from(this.#session.sdp, 'utf8').toString('latin1');
    return { code: 200, headers: [this.#context.contactLine()], body: { type: 'application/sdp', content } };
  }

  receive({ request, urgent, answer }: Reoffer): void {
    if (request.body === '') {
      answer(this.answer());
      return;
    }
    const read = readSdp(request);
    if (read.kind === 'refuse') {
      const { code, reason, headers = [] } = read.refusal;
      answer({ code, headers: [...headers, warning(reason)] });
      return;
    }
    const changes = compareOffers(this.#session.offer, read.offer, this.#session.usedIds);
    if (changes === null) {
      answer({ code: 488, headers: [warning('The session cannot be changed in this way.')] });
      return;
    }
    const { profile, media } = this.#context;
    const added = addedFiles(changes, this.#files.all, profile.files, media.secure);
    this.#open = { offer: read.offer, changes, added, answer };
    if (changes.some(({ kind }) => kind !== 'unchanged')) this.#tellReceived(request.method, changes);
    if (added.length === 0) void this.#apply([]);
    else void this.#consider(this.#open, urgent);
  }

  /** What rules and disk say of new files, before the user is asked or not. */
  async #consider(open: Open, urgent: boolean): Promise<void> {
    const records = open.added.map(({ record }) => record);
    const sender = this.#push.record.from;
    const survey = await surveyFiles(records, { ...this.#context, sender }).catch((error: unknown) =>
      messageOf(error),
    );
    if (this.#open !== open) return;
    if (typeof survey === 'string') {
      this.#failToAnswer(open, survey);
      return;
    }
    const added = open.added.map((one, at) => ({ ...one, record: survey.files[at] ?? one.record }));
    const ruled = added.flatMap(({ record }) => (record.ruled ? [record.index] : []));
    const asks = [...survey.decisions.values()].includes('ask');
    if (asks && urgent) {
      // RFC 3311 §5.2: an UPDATE is answered at once, and a user is not.
      this.#open = null;
      open.answer({ code: 504, headers: [warning('New files need the user: offer them in a re-INVITE.')] });
      return;
    }
    this.#open = { ...open, added };
    if (asks)
      this.#ask(
        added.filter(({ record }) => record.state === 'offered'),
        ruled,
      );
    else void this.#apply(ruled);
  }

  /**
   * Takes the named new files and declines the others.
   * @throws Error with a sentence for the user when none wait or an index is not on offer.
   */
  accept(indexes: readonly number[]): void {
    if (this.#deadline === null) throw new Error('This offer no longer waits for an answer.');
    const open = this.#files.all.filter(({ state }) => state === 'offered').map(({ index }) => index);
    const unknown = indexes.find((index) => !open.includes(index));
    if (unknown !== undefined) throw new Error(`The offer has no file ${unknown} that can be accepted.`);
    if (indexes.length === 0) throw new Error('No file is selected.');
    void this.#apply(indexes);
  }

  /** Declines the new files; the session goes on. Without effect when none wait. */
  decline(): void {
    if (this.#deadline !== null) void this.#apply([]);
  }

  /** The sender cancelled its re-INVITE: all is as before. */
  withdrawn(): void {
    if (this.#open === null) return;
    this.#push.log({
      side: 'in',
      ok: false,
      title: 'CANCEL received',
      detail: 'for the re-INVITE; 487 sent',
    });
    this.#drop();
    this.#context.settled();
  }

  /** The session is over. */
  stop(): void {
    for (const timer of this.#mediaTimers) clearTimeout(timer);
    this.#drop();
  }

  #tellReceived(method: string, changes: readonly LineChange[]): void {
    const title = method === 'INVITE' ? 're-INVITE received' : `${method} received`;
    const ok = changes.every(({ kind }) => kind !== 'refused');
    this.#push.log({ side: 'in', ok, title, detail: describeChanges(changes) });
  }

  #ask(choosable: readonly AddedFile[], ruled: readonly number[]): void {
    const { profile, emit } = this.#context;
    const wait = profile.files.answerWithin * 1000;
    this.#deadline = new Date(Date.now() + wait).toISOString();
    this.#countdown = setTimeout(() => void this.#apply(ruled), wait);
    this.#keepRecords('waiting');
    const { id, record } = this.#push;
    const sessionIdentity = record.body.kind === 'files' ? record.body.sessionIdentity : '';
    const files = choosable.map((one) => offeredFile(one.record));
    emit({
      event: 'offer',
      offer: id,
      from: record.from,
      application: record.application,
      sessionIdentity,
      files,
      callId: record.callId,
    });
    this.#context.settled();
  }

  /** Puts the records of the new files into the push. */
  #keepRecords(state: 'waiting' | 'receiving'): void {
    const { body } = this.#push.record;
    const added = this.#open?.added ?? [];
    if (body.kind !== 'files') return;
    const known = new Set(body.files.map(({ index }) => index));
    const files = [
      ...body.files,
      ...added.map(({ record }) => record).filter(({ index }) => !known.has(index)),
    ];
    this.#push.update({ state, body: { ...body, files } });
  }

  async #apply(accepted: readonly number[]): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    this.#endCountdown();
    if (open.added.length > 0) this.#keepRecords('receiving');
    const choices = new Map<number, MediaChoice>();
    try {
      for (const { line, record } of open.added) {
        if (!accepted.includes(record.index)) continue;
        this.#files.update((file) => (file.index === record.index ? { state: 'accepted' } : {}));
        choices.set(line.index, await this.#files.prepareOne(line, record.index));
      }
    } catch (error) {
      if (this.#open === open) this.#failToAnswer(open, messageOf(error));
      return;
    }
    if (this.#open !== open) {
      this.#files.discard(accepted, 'The sender withdrew the offer.');
      return;
    }
    this.#open = null;
    this.#commit(open, new Set(accepted), choices);
    this.#context.settled();
  }

  /** What the 200 says becomes true just before it leaves. */
  #commit(open: Open, accepted: ReadonlySet<number>, taken: ReadonlyMap<number, MediaChoice>): void {
    const choices = new Map<number, MediaChoice>();
    for (const [at, change] of open.changes.entries()) {
      const choice = this.#carryOut(at, change);
      choices.set(at, taken.get(at) ?? choice);
    }
    for (const { line, record } of open.added) this.#numbers.set(line.index, record.index);
    this.#session = changeSession(this.#session, open.offer, choices);
    this.#files.open(accepted);
    open.answer(this.answer());
    for (const [at, change] of open.changes.entries()) {
      const number = this.#numbers.get(at);
      const line = open.offer.media[at];
      const isNew = number !== undefined && (accepted.has(number) || change.kind === 'moved');
      if (isNew && line?.kind === 'file') this.#files.dialOne(line, number);
    }
    if (open.added.length === 0) return;
    this.#files.update(({ state }) => (state === 'offered' ? { state: 'declined' } : {}));
    const detail = `${accepted.size} of ${open.added.length} new files wanted`;
    this.#push.log({ side: 'out', ok: true, title: '200 OK', detail });
    const files = [...accepted].sort((a, b) => a - b);
    this.#context.emit({ event: 'answered', offer: this.#push.id, code: 200, files });
    this.#watchStart(accepted);
  }

  /** The choice for an m-line, that of a file just taken aside; what the change ends, ends here. */
  #carryOut(at: number, change: LineChange): MediaChoice {
    const number = this.#numbers.get(at);
    const end = (reason: string): MediaChoice => {
      if (number !== undefined) this.#files.end(number, reason);
      return REJECT;
    };
    switch (change.kind) {
      case 'unchanged':
        return this.#session.choices.get(at) ?? REJECT;
      case 'moved':
        if (number !== undefined) this.#files.move(number, change.path);
        return this.#session.choices.get(at) ?? REJECT;
      case 'closed':
        return end(STOPPED_BY_SENDER);
      case 'added':
        return end('The sender offered another file in its place.');
      case 'refused':
        return end(change.reason);
    }
  }

  #watchStart(accepted: ReadonlySet<number>): void {
    if (accepted.size === 0) return;
    const timer = setTimeout(() => {
      this.#mediaTimers.delete(timer);
      this.#files.closeUnopened('The sender never opened the MSRP session.', accepted);
    }, MEDIA_START_TIMEOUT_MS);
    this.#mediaTimers.add(timer);
  }

  #failToAnswer({ answer }: Open, reason: string): void {
    this.#push.log({ side: 'out', ok: false, title: '500 sent', detail: reason });
    answer({ code: 500, headers: ['Retry-After: 10', warning(reason)] });
    this.#drop();
    this.#context.settled();
  }

  /** Forgets the re-offer; its files are declined. */
  #drop(): void {
    const open = this.#open;
    this.#open = null;
    this.#endCountdown();
    if (open === null || open.added.length === 0) return;
    const numbers = open.added.map(({ record }) => record.index);
    this.#files.discard(numbers, 'The sender withdrew the offer.');
    this.#files.update((file) => (numbers.includes(file.index) ? { state: 'declined' } : {}), {
      state: 'receiving',
    });
  }

  #endCountdown(): void {
    if (this.#countdown !== null) clearTimeout(this.#countdown);
    this.#countdown = null;
    this.#deadline = null;
  }
}
