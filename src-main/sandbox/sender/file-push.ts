import { type AnsweredFile, parseAnswer } from '../../sdp/answer.ts';
import { buildOffer } from '../../sdp/build-offer.ts';
import { ALLOWED_METHODS } from '../../sip/capabilities.ts';
import { OutgoingInvite } from '../../sip/outgoing-invite.ts';
import type { Agreement } from '../../sip/session-interval.ts';
import type { SipUserAgent } from '../../sip/user-agent.ts';
import { badSdp, hugeSdp, otherHash } from './faults.ts';
import { type AcceptedFile, type DeliverySettings, FileDelivery } from './file-delivery.ts';
import { type Addressing, contactTags, meaningOf, pushHeaders } from './headers.ts';
import { placeOn, type SendingMedia, type SendingPlace } from './media.ts';
import type { LocalFile } from './offered-files.ts';
import { closedBy, withClosed, withMedia } from './push-offer.ts';
import { relatedBody } from './related-body.ts';
import type { LiveResult } from './result-board.ts';
import { offeredEntry, type SentFileState } from './results.ts';
import { statusOfMsrp, statusOfSip } from './status.ts';

/** A file and the place of its session. */
export type PlacedFile = { readonly file: LocalFile; readonly place: SendingPlace };

/** Gives each file a place. Rejects with a sentence when a relay gives none. */
export function placed(files: readonly LocalFile[], media: SendingMedia): Promise<readonly PlacedFile[]> {
  return Promise.all(files.map(async (file) => ({ file, place: await placeOn(media) })));
}

export type FilePush = Addressing &
  DeliverySettings & {
    readonly files: readonly PlacedFile[];
    /** Close the m-line of each file that has ended while others go on (PSA-REL-04, X-33). */
    readonly closeEach: boolean;
    /** The session timer to ask for (PSA-SES-06, -07). */
    readonly timer: Agreement;
  };

/**
 * Pushes files: INVITE with one m-line a file, an MSRP session for each that is taken, reports, BYE
 * (PSA-SES-01 to -18, PSA-MSRP-01 to -06, PSA-REL-01, -02). Its result tells how it ended.
 */
export class FilePushSession {
  readonly #media: SendingMedia;
  readonly #ca: string | null;
  readonly #push: FilePush;
  readonly #live: LiveResult;
  readonly #sender: string;
  readonly #files: PlacedFile[];
  readonly #deliveries = new Map<number, FileDelivery>();
  readonly #invite: OutgoingInvite;
  /** The end of every file, those added later too. */
  readonly #ends: Promise<SentFileState>[] = [];
  /** Our SDP as it stands. */
  #sdp: string;
  #accepted = false;
  #cancelled = false;

  constructor(
    parts: {
      readonly ua: SipUserAgent;
      /** Authority to trust for a terminal or relay without a fingerprint, as PEM; the system's when null. */
      readonly ca: string | null;
      readonly media: SendingMedia;
      readonly sender: string;
    },
    push: FilePush,
    live: LiveResult,
  ) {
    this.#media = parts.media;
    this.#ca = parts.ca;
    this.#sender = parts.sender;
    this.#push = push;
    this.#live = live;
    this.#files = [...push.files];
    this.#sdp = this.#offer(0);
    const icons = this.#files.flatMap(({ file }) => file.icon ?? []);
    const sdp = latin1(this.#asOffered());
    this.#invite = new OutgoingInvite(parts.ua, {
      to: push.to,
      contactLine: `Contact: <${parts.ua.contactUri()}>;${contactTags(push)}`,
      headers: [...pushHeaders(push, parts.sender), `Allow: ${ALLOWED_METHODS.join(', ')}`],
      sdp,
      ...(icons.length === 0 ? {} : { body: relatedBody(sdp, icons) }),
      timer: push.timer,
      handlers: {
        ringing: () => live.change({ state: 'ringing', reason: 'the user is asked' }),
        accepted: (_response, sdp) => void this.#transfer(Buffer.from(sdp, 'latin1').toString()),
        refused: (code, reason, response) =>
          this.#refused(code, reason, response?.hasHeader('retry-after') ?? false),
        ended: () => this.#closeSessions(),
        reoffer: (sdp) => this.#reoffered(Buffer.from(sdp, 'latin1').toString()),
      },
    });
  }

  /** Gives up: CANCEL while it rings, `#` and BYE while files go. */
  cancel(): void {
    this.#cancelled = true;
    this.#invite.cancel();
    for (const delivery of this.#deliveries.values()) delivery.abort('Cancelled.');
  }

  /**
   * Offers further files in the session that runs. Their entries in the result come after the others.
   * @throws Error with a sentence when there is no session.
   */
  add(files: readonly PlacedFile[]): void {
    if (!this.#accepted || this.#live.over) throw new Error('The session is not open.');
    const first = this.#files.length;
    this.#files.push(...files);
    const offered = files.map(({ file }, index) => offeredEntry(first + index, file.name, file.size));
    this.#live.change({ files: [...this.#live.result.files, ...offered] });
    const media = this.#offer(first);
    const answers = this.#reinvite(() => withMedia(this.#sdp, media));
    for (const [index] of files.entries()) this.#ends.push(this.#sendAdded(first + index, answers));
  }

  /** An offer of the files from one on. */
  #offer(first: number): string {
    const isWrong = this.#push.fault === 'wrong-hash';
    const { listener, identity } = this.#media;
    return buildOffer(
      this.#files.slice(first).map(({ file: { icon, ...file }, place: { path, port } }) => ({
        ...file,
        // Only the INVITE carries icons; further offers go without.
        ...(icon === null || first > 0 ? {} : { icon: icon.id }),
        sha1: isWrong ? otherHash(file.sha1) : file.sha1,
        disposition: 'attachment',
        path,
        port,
      })),
      {
        host: this.#files[first]?.place.host ?? listener.host,
        wrapped: this.#push.cpim,
        ...(identity === null ? {} : { fingerprint: identity.fingerprint }),
      },
    );
  }

  /** The first offer, with what is to be wrong with it. */
  #asOffered(): string {
    const { fault } = this.#push;
    if (fault === 'bad-sdp') return badSdp(this.#sdp);
    return fault === 'huge-body' ? hugeSdp(this.#sdp) : this.#sdp;
  }

  /** Offers our SDP as `change` makes it; the answer to every m-line of it, or null when it was refused. */
  async #reinvite(change: () => string): Promise<readonly AnsweredFile[] | null> {
    let offered = this.#sdp;
    const outcome = await this.#invite.reinvite(() => {
      if (this.#cancelled) return null;
      offered = change();
      return latin1(offered);
    });
    if (outcome.kind !== 'accepted') return null;
    this.#sdp = offered;
    const { body } = outcome.response;
    const lines = offered.match(/^m=/gm)?.length ?? 0;
    return parseAnswer(Buffer.from(body, 'latin1').toString(), lines, this.#media.identity !== null);
  }

  async #sendAdded(index: number, answered: Promise<readonly AnsweredFile[] | null>): Promise<SentFileState> {
    const answer = (await answered)?.[index];
    if (answer === undefined) {
      this.#live.changeFile(index, {
        state: 'failed',
        reason: 'The terminal did not let the session change.',
      });
      return 'failed';
    }
    return answer.kind === 'accepted' ? this.#sendAndClose(index, answer) : this.#declined(index);
  }

  /** The terminal changes the session: the files whose m-lines it closes are given up (RFC 5547 §8.4). */
  #reoffered(reoffer: string): string | null {
    const closed = closedBy(reoffer, this.#sdp);
    if (closed === null) return null;
    for (const index of closed) this.#deliveries.get(index)?.abort('The terminal stopped it.');
    this.#sdp = withClosed(this.#sdp, closed);
    return latin1(this.#sdp);
  }

  #refused(code: number | null, reason: string, retryAfter: boolean): void {
    const state = code === null ? 'failed' : 'rejected';
    for (const { index } of this.#live.result.files) this.#live.changeFile(index, { state: 'declined' });
    if (code === null) this.#live.end({ state, code, reason });
    else
      this.#live.end({ state, code, reason: meaningOf(code, reason), status: statusOfSip(code, retryAfter) });
  }

  async #transfer(sdp: string): Promise<void> {
    const answers = parseAnswer(sdp, this.#files.length, this.#media.identity !== null);
    if (answers === null) {
      await this.#invite.bye();
      this.#live.end({ state: 'failed', code: 200, reason: 'The SDP answer is malformed.' });
      return;
    }
    this.#live.change({ state: 'transferring', code: 200, reason: 'files are on their way' });
    this.#accepted = true;
    this.#ends.push(
      ...answers.map((answer, index) =>
        answer.kind === 'accepted' ? this.#sendAndClose(index, answer) : this.#declined(index),
      ),
    );
    const ends = await this.#allEnds();
    this.#accepted = false;
    this.#closeSessions();
    await this.#invite.bye();
    this.#tellEnd(ends);
  }

  /** Waits for every file, also for those that are added meanwhile. */
  async #allEnds(): Promise<readonly SentFileState[]> {
    for (;;) {
      const count = this.#ends.length;
      const ends = await Promise.all(this.#ends);
      if (this.#ends.length === count) return ends;
    }
  }

  async #sendAndClose(index: number, answer: AcceptedFile): Promise<SentFileState> {
    const placed = this.#files[index];
    if (placed === undefined) return 'failed';
    const delivery = new FileDelivery(
      {
        media: this.#media,
        ca: this.#ca,
        live: this.#live,
        sender: this.#sender,
        push: this.#push,
      },
      { index, ...placed },
    );
    this.#deliveries.set(index, delivery);
    const end = await delivery.run(answer);
    const others = [...this.#deliveries.values()].some(({ running }) => running);
    // The last one ends with the session, by BYE.
    if (this.#push.closeEach && others) {
      await this.#reinvite(() => withClosed(this.#sdp, new Set([index])));
      delivery.close();
    }
    return end;
  }

  async #declined(index: number): Promise<SentFileState> {
    this.#live.changeFile(index, { state: 'declined', reason: 'not wanted' });
    return 'declined';
  }

  #tellEnd(ends: readonly SentFileState[]): void {
    const wanted = ends.filter((end) => end !== 'declined');
    const failed = ends.indexOf('failed');
    if (failed >= 0) {
      const file = this.#live.result.files[failed];
      const reason = this.#cancelled ? 'Cancelled.' : (file?.reason ?? 'A file was not delivered.');
      const status = file?.code === undefined ? {} : { status: statusOfMsrp(file.code) };
      this.#live.end({ state: 'failed', reason, ...status });
    } else {
      const reported = wanted.length > 0 && wanted.every((end) => end === 'reported');
      const count = `${wanted.length} of ${ends.length} files`;
      this.#live.end({
        state: 'delivered',
        reason: `${count} delivered${reported ? ', reports received' : ''}`,
      });
    }
  }

  #closeSessions(): void {
    for (const delivery of this.#deliveries.values()) delivery.close();
  }
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
