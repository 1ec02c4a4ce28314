import type { UnfinishedPart } from '../content/part-manifest.ts';
import { buildPull, type PulledFile, readPullAnswer } from '../sdp/build-pull.ts';
import type { FileLine, SessionOffer } from '../sdp/offer.ts';
import { ALLOWED_METHODS } from '../sip/capabilities.ts';
import { OutgoingInvite } from '../sip/outgoing-invite.ts';
import { DEFAULT_SECONDS } from '../sip/session-interval.ts';
import type { IncomingResponse, SipUserAgent } from '../sip/user-agent.ts';
import type { LivePush } from './live-push.ts';
import { OfferFiles, type OfferFilesContext } from './offer-files.ts';
import { STOPPED_BY_SENDER } from './transfer.ts';

export type ResumedFileContext = Omit<OfferFilesContext, 'settled'> & {
  readonly ua: SipUserAgent;
  readonly contactLine: () => string;
  /** It is over and may be forgotten. */
  readonly over: () => void;
};

/** The sender has this long to open its MSRP session, as after an offer of its own. */
const MEDIA_START_TIMEOUT_MS = 30_000;
/** Once the file has ended the sender has this long to send its BYE. */
const BYE_WAIT_MS = 30_000;
/** Nothing is offered here: the files are asked for. */
const NO_OFFER: SessionOffer = {
  origin: { username: '-', sessionId: '0', version: '0', host: '127.0.0.1' },
  timing: '0 0',
  media: [],
};

/**
 * The rest of a file, asked of its sender: an INVITE of our own with recvonly and a file-range that begins where the
 * part ends (RFC 5547 §6, §8.2.2). It goes on in the record of the push that the part came with.
 */
export class ResumedFile {
  readonly push: LivePush;
  readonly #context: ResumedFileContext;
  readonly #part: UnfinishedPart;
  readonly #index: number;
  readonly #files: OfferFiles;
  #invite: OutgoingInvite | null = null;
  #sdp = '';
  #timer: NodeJS.Timeout | null = null;
  #isOver = false;

  constructor(context: ResumedFileContext, push: LivePush, part: UnfinishedPart) {
    this.#context = context;
    this.push = push;
    this.#part = part;
    this.#index = part.manifest.index;
    this.#files = new OfferFiles({ ...context, settled: () => this.#settle() }, push, NO_OFFER);
  }

  /** Asks the sender. Rejects with a sentence when that cannot even be tried; what comes later is told in the record. */
  async start(target: string): Promise<void> {
    const file = this.#wanted();
    this.#files.update((one) =>
      one.index === this.#index
        ? { state: 'accepted', from: file.from, received: file.from - 1, reason: null, leftover: null }
        : {},
    );
    try {
      const choice = await this.#files.prepareOne(
        { path: [], fingerprints: [], setup: 'actpass' },
        this.#index,
      );
      if (choice.kind !== 'accept') throw new Error('The file cannot be received.');
      this.#sdp = buildPull(file, choice, this.#files.address.host);
    } catch (error) {
      const leftover = { kind: 'part', path: this.#part.path, bytes: this.#part.bytes } as const;
      this.#files.update((one) => (one.index === this.#index ? { state: 'failed', leftover } : {}));
      this.#finish();
      throw error;
    }
    this.push.update({ state: 'receiving', reason: null });
    this.#files.open([this.#index]);
    this.#call(target);
    const detail = `asks for bytes ${file.from} to ${file.size}`;
    this.#log('out', true, 'INVITE sent', detail);
    this.#context.emit({ event: 'resuming', offer: this.push.id, index: this.#index, from: file.from });
  }

  /** Stops it; nothing of the file is kept. @throws Error with a sentence when it is not arriving. */
  abort(index: number): void {
    this.#files.stop(index);
  }

  /** The terminal closes. */
  close(): void {
    this.#fail('The terminal was closed.');
  }

  /** Resolves once nothing of it touches the disk any more. */
  settled(): Promise<void> {
    return this.#files.settled();
  }

  #wanted(): PulledFile {
    const { name, type, size, sha1 } = this.#part.manifest;
    return { name, type, size, sha1, from: this.#part.bytes + 1 };
  }

  #call(target: string): void {
    const { ua, contactLine } = this.#context;
    const routes = ua.serviceRoute.length === 0 ? [] : [`Route: ${ua.serviceRoute.join(', ')}`];
    this.#invite = new OutgoingInvite(ua, {
      to: target,
      contactLine: contactLine(),
      headers: [...routes, `Allow: ${ALLOWED_METHODS.join(', ')}`],
      sdp: latin1(this.#sdp),
      timer: { seconds: DEFAULT_SECONDS, refresher: 'us' },
      handlers: {
        ringing: () => {},
        accepted: (_response: IncomingResponse, sdp) => this.#accepted(Buffer.from(sdp, 'latin1').toString()),
        refused: (code, reason) => this.#refused(code, reason),
        ended: () => this.#ended(),
        reoffer: (sdp) => this.#reoffered(sdp),
      },
    });
  }

  #accepted(sdp: string): void {
    const answer = readPullAnswer(sdp, this.#wanted());
    if (answer.kind === 'declined') {
      this.#fail(`${answer.reason} The sender has to offer the file again.`);
      return;
    }
    this.#log('in', true, '200 OK', 'the sender sends the rest');
    this.#files.move(this.#index, answer.path);
    this.#timer = setTimeout(() => {
      this.#files.closeUnopened('The sender never opened the MSRP session.');
    }, MEDIA_START_TIMEOUT_MS);
    if (answer.weConnect) this.#dial(answer.path);
  }

  #dial(path: readonly string[]): void {
    const line: Pick<FileLine, 'path' | 'setup' | 'secure' | 'protocol'> = {
      path,
      setup: 'passive',
      secure: false,
      protocol: 'TCP/MSRP',
    };
    this.#files.dialOne(line, this.#index);
  }

  #refused(code: number | null, reason: string): void {
    const why = code === null ? reason : `it was answered ${code} ${reason}`;
    this.#log('in', false, code === null ? 'No answer' : `${code} received`, reason);
    this.#fail(`The sender cannot be asked for the rest: ${why}. It has to offer the file again.`);
  }

  #ended(): void {
    this.#log('in', true, 'BYE received', '');
    this.#invite = null;
    this.#files.close('The session ended before the file was whole.');
    this.#settle();
  }

  /** The sender may close the m-line of its file; else the session stays as it is (RFC 5547 §8.4). */
  #reoffered(sdp: string): string {
    if (/^m=message 0 /m.test(sdp)) {
      this.#files.end(this.#index, STOPPED_BY_SENDER);
      return latin1(this.#sdp.replace(/^m=message \d+/m, 'm=message 0'));
    }
    return latin1(this.#sdp);
  }

  #fail(reason: string): void {
    this.#files.close(reason);
    this.#settle();
  }

  /** A file that is whole leaves it to its sender to end the session, for a while. */
  #settle(): void {
    const outcome = this.#files.outcome();
    if (outcome === null) return;
    const rest = this.#files.all.find(({ index, state }) => index !== this.#index && state === 'failed');
    const change = rest === undefined ? outcome : ({ state: 'failed', reason: rest.reason } as const);
    if (this.push.record.state !== change.state) this.push.update(change);
    if (this.#isOver) return;
    this.#clearTimer();
    if (this.#invite === null) this.#end('BYE received');
    else if (outcome.state === 'failed') this.#hangUp(outcome.reason ?? 'Failed');
    else this.#timer = setTimeout(() => this.#hangUp('All files have ended'), BYE_WAIT_MS);
  }

  #hangUp(reason: string): void {
    this.#invite?.cancel();
    void this.#invite?.bye();
    this.#end(reason);
  }

  #end(reason: string): void {
    this.#finish();
    this.#context.emit({ event: 'ended', offer: this.push.id, reason });
  }

  #finish(): void {
    this.#isOver = true;
    this.#clearTimer();
    void this.#files.settled().then(() => {
      this.#files.release();
      this.#context.over();
    });
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #log(side: 'in' | 'out', ok: boolean, title: string, detail: string): void {
    this.push.log({ side, ok, title, detail, file: this.#index });
  }
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
