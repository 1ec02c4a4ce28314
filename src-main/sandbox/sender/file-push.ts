import { createReadStream } from 'node:fs';
import { cpimPrefix } from '../../content/cpim.ts';
import type { MsrpIdentity } from '../../msrp/identity.ts';
import type { MsrpListener } from '../../msrp/listener.ts';
import type { SenderEvent, SendOutcome } from '../../msrp/outgoing.ts';
import { MsrpSender } from '../../msrp/sender.ts';
import { formatUri, type MsrpUri, newSessionUri, parsePath } from '../../msrp/uri.ts';
import { type AnsweredFile, parseAnswer } from '../../sdp/answer.ts';
import { buildOffer } from '../../sdp/build-offer.ts';
import { ALLOWED_METHODS } from '../../sip/capabilities.ts';
import { formatPushTag } from '../../sip/feature-tags.ts';
import { OutgoingInvite } from '../../sip/outgoing-invite.ts';
import type { SipUserAgent } from '../../sip/user-agent.ts';
import { meaningOf, pushHeaders } from './headers.ts';
import type { LocalFile } from './offered-files.ts';
import type { LiveResult } from './result-board.ts';
import type { SentFileState } from './results.ts';

export type FilePush = {
  /** AOR or GRUU. */
  readonly to: string;
  readonly application: string;
  readonly files: readonly LocalFile[];
  /** Ask for a success REPORT for each file (PSA-MSRP-02). */
  readonly report: boolean;
  /** Wrap each file in message/cpim. */
  readonly cpim: boolean;
  /** Body bytes of one SEND. */
  readonly chunkBytes: number;
};

/** Kamailio's relay drops chunks of 12,000 bytes and more. */
const RELAYED_CHUNK_BYTES = 4096;
/** How long the terminal may take to open a session where it is the one who connects. */
const PASSIVE_WAIT_MS = 30_000;

/**
 * Pushes files: INVITE with one m-line a file, an MSRP session for each that is taken, reports, BYE
 * (PSA-SES-01 to -18, PSA-MSRP-01 to -06, PSA-REL-01, -02). Its result tells how it ended.
 */
export class FilePushSession {
  readonly #listener: MsrpListener;
  /** Present for MSRP over TLS. */
  readonly #identity: MsrpIdentity | null;
  readonly #ca: string | null;
  readonly #push: FilePush;
  readonly #live: LiveResult;
  readonly #sender: string;
  readonly #paths: readonly MsrpUri[];
  readonly #senders = new Map<number, MsrpSender>();
  readonly #invite: OutgoingInvite;
  #cancelled = false;

  constructor(
    parts: {
      readonly ua: SipUserAgent;
      readonly listener: MsrpListener;
      /** Authority to trust for a terminal or relay without a fingerprint, as PEM; the system's when null. */
      readonly ca: string | null;
      /** That of a listener over TLS, null for one without. */
      readonly identity: MsrpIdentity | null;
      readonly sender: string;
    },
    push: FilePush,
    live: LiveResult,
  ) {
    this.#listener = parts.listener;
    this.#identity = parts.identity;
    this.#ca = parts.ca;
    this.#sender = parts.sender;
    this.#push = push;
    this.#live = live;
    this.#paths = push.files.map(() => this.#newPath());
    this.#invite = new OutgoingInvite(parts.ua, {
      to: push.to,
      headers: [
        ...pushHeaders(push.application, parts.sender),
        `Contact: <${parts.ua.contactUri()}>;${formatPushTag([push.application])}`,
        `Allow: ${ALLOWED_METHODS.join(', ')}`,
      ],
      sdp: Buffer.from(this.#offer()).toString('latin1'),
      handlers: {
        ringing: () => live.change({ state: 'ringing', reason: 'the user is asked' }),
        accepted: (_response, sdp) => void this.#transfer(Buffer.from(sdp, 'latin1').toString()),
        refused: (code, reason) => this.#refused(code, reason),
        ended: () => this.#closeSessions(),
      },
    });
  }

  /** Gives up: CANCEL while it rings, `#` and BYE while files go. */
  cancel(): void {
    this.#cancelled = true;
    this.#invite.cancel();
    for (const sender of this.#senders.values()) sender.abort();
  }

  #offer(): string {
    return buildOffer(
      this.#push.files.map((file, index) => ({
        ...file,
        disposition: 'attachment',
        path: formatUri(this.#pathOf(index)),
        port: this.#listener.port,
      })),
      {
        host: this.#listener.host,
        wrapped: this.#push.cpim,
        ...(this.#identity === null ? {} : { fingerprint: this.#identity.fingerprint }),
      },
    );
  }

  #pathOf(index: number): MsrpUri {
    return this.#paths[index] ?? this.#newPath();
  }

  #newPath(): MsrpUri {
    const { host, port } = this.#listener;
    return newSessionUri(host, port, this.#identity === null ? 'msrp' : 'msrps');
  }

  #refused(code: number | null, reason: string): void {
    const state = code === null ? 'failed' : 'rejected';
    for (const { index } of this.#live.result.files) this.#live.changeFile(index, { state: 'declined' });
    this.#live.end({ state, code, reason: code === null ? reason : meaningOf(code, reason) });
  }

  async #transfer(sdp: string): Promise<void> {
    const answers = parseAnswer(sdp, this.#push.files.length, this.#identity !== null);
    if (answers === null) {
      await this.#invite.bye();
      this.#live.end({ state: 'failed', code: 200, reason: 'The SDP answer is malformed.' });
      return;
    }
    this.#live.change({ state: 'transferring', code: 200, reason: 'files are on their way' });
    const ends = await Promise.all(
      answers.map((answer, index) =>
        answer.kind === 'accepted' ? this.#sendFile(index, answer) : this.#declined(index),
      ),
    );
    this.#closeSessions();
    await this.#invite.bye();
    this.#tellEnd(ends);
  }

  #declined(index: number): SentFileState {
    this.#live.changeFile(index, { state: 'declined', reason: 'not wanted' });
    return 'declined';
  }

  /** Sends one file over its own session; answers how it ended. Never rejects. */
  async #sendFile(
    index: number,
    answer: Extract<AnsweredFile, { kind: 'accepted' }>,
  ): Promise<SentFileState> {
    const file = this.#push.files[index];
    const remotePath = parsePath(answer.path.join(' '));
    if (file === undefined || remotePath === null) return this.#failed(index, 'The MSRP path is malformed.');
    const sender = new MsrpSender({
      localPath: this.#pathOf(index),
      remotePath,
      peerFingerprints: answer.fingerprints,
      chunkSize:
        remotePath.length > 1 ? Math.min(this.#push.chunkBytes, RELAYED_CHUNK_BYTES) : this.#push.chunkBytes,
      successReport: this.#push.report,
      on: (event) => this.#follow(index, event),
    });
    this.#senders.set(index, sender);
    this.#live.changeFile(index, { state: 'sending' });
    try {
      await this.#bind(sender, answer.setup === 'active');
      const prefix = this.#push.cpim ? this.#wrapper(file) : Buffer.alloc(0);
      const outcome = await sender.send({
        contentType: this.#push.cpim ? 'message/cpim' : file.type,
        mimeHeaders: [['Content-Disposition', 'attachment']],
        total: prefix.length + file.size,
        source: wrapped(prefix, file.path),
      });
      return this.#sent(index, file, outcome);
    } catch (error) {
      return this.#failed(index, error instanceof Error ? error.message : String(error));
    }
  }

  async #bind(sender: MsrpSender, peerConnects: boolean): Promise<void> {
    if (!peerConnects)
      return sender.connect({ tls: { ...this.#identity, ...(this.#ca === null ? {} : { ca: this.#ca }) } });
    this.#listener.register(sender.localUri.sessionId ?? '', sender);
    return sender.bound(PASSIVE_WAIT_MS);
  }

  #wrapper(file: LocalFile): Buffer {
    const dateTime = new Date().toISOString();
    return cpimPrefix({ from: this.#sender, to: this.#push.to, dateTime, contentType: file.type });
  }

  #follow(index: number, event: SenderEvent): void {
    if (event.kind === 'chunkSent') this.#live.progress(index, event.bytes);
    if (event.kind !== 'report') return;
    const { range, status, comment } = event.report;
    const text = range === null ? '' : `${range.start}-${range.end ?? '*'}/${range.total ?? '*'}`;
    const shown = `000 ${status}${comment === '' ? '' : ` ${comment}`}`;
    this.#live.changeFile(index, { report: { range: text, status: shown } });
  }

  #sent(index: number, file: LocalFile, outcome: SendOutcome): SentFileState {
    switch (outcome.kind) {
      case 'delivered':
        this.#live.changeFile(index, { state: 'reported', sent: file.size });
        return 'reported';
      case 'sent':
        this.#live.changeFile(index, { state: 'sent', sent: file.size });
        return 'sent';
      case 'unreported':
        return this.#failed(index, 'The success report did not come.');
      case 'refused':
        return this.#failed(index, `The terminal refused it: ${outcome.code} ${outcome.comment}`);
      case 'reportedFailure':
        return this.#failed(index, `The terminal reported a failure: ${outcome.code} ${outcome.comment}`);
      case 'timeout':
        return this.#failed(index, 'The terminal no longer answers.');
      case 'aborted':
        return this.#failed(index, 'Cancelled.');
      case 'closed':
        return this.#failed(index, 'The connection was lost.');
      case 'sourceFailed':
        return this.#failed(index, `The file could not be read: ${outcome.message}`);
    }
  }

  #failed(index: number, reason: string): SentFileState {
    this.#live.changeFile(index, { state: 'failed', reason });
    return 'failed';
  }

  #tellEnd(ends: readonly SentFileState[]): void {
    const wanted = ends.filter((end) => end !== 'declined');
    const failed = ends.indexOf('failed');
    if (failed >= 0) {
      const reason = this.#live.result.files[failed]?.reason ?? 'A file was not delivered.';
      this.#live.end({ state: 'failed', reason: this.#cancelled ? 'Cancelled.' : reason });
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
    for (const sender of this.#senders.values()) {
      this.#listener.unregister(sender.localUri.sessionId ?? '');
      sender.close();
    }
  }
}

async function* wrapped(prefix: Buffer, path: string): AsyncIterable<Buffer> {
  if (prefix.length > 0) yield prefix;
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) yield chunk as Buffer;
}
