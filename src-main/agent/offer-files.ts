import { MIN_RESUMABLE_BYTES, type PartManifest } from '../content/part-manifest.ts';
import type { FileRecord, PushRecord, PushState } from '../history/records.ts';
import { formatPath, parsePath } from '../msrp/uri.ts';
import { answerSetup, type MediaChoice } from '../sdp/answer.ts';
import type { FileLine, MessageLine, SessionOffer } from '../sdp/offer.ts';
import type { Applications } from './applications/applications.ts';
import type { Emit } from './events.ts';
import { LateWrites } from './late-writes.ts';
import { type Leftovers, quarantineFolder } from './leftovers.ts';
import type { LivePush } from './live-push.ts';
import type { MediaEndpoint } from './media-endpoint.ts';
import { type DialledLine, MsrpDialer } from './msrp-dialer.ts';
import type { Profile } from './profile.ts';
import { fileRecord } from './read-invite.ts';
import { STOPPED_BY_SENDER, Transfer, type TransferEvent, WRAPPER_ROOM_BYTES } from './transfer.ts';

export type OfferFilesContext = {
  readonly profile: Profile;
  readonly filesFolder: string;
  readonly media: MediaEndpoint;
  readonly emit: Emit;
  readonly applications: Applications;
  readonly leftovers: Leftovers;
  /** Every wanted file has ended; the state of the whole. May come again when a report follows. */
  readonly settled: () => void;
};

const STOPPED = 'Stopped by the user.';

/** The files of one offer: their records as they change, and a transfer for each that is wanted. */
export class OfferFiles {
  readonly #context: OfferFilesContext;
  readonly #push: LivePush;
  readonly #sdp: SessionOffer;
  /** By the number of the file, as its record has it. */
  readonly #transfers = new Map<number, Transfer>();
  readonly #reported = new Set<number>();
  /** Delivery report states that changed since they were written. */
  readonly #late = new LateWrites((changed) => {
    this.update(({ index }) => (changed.has(index) ? this.#reportOf(index) : {}));
  });
  readonly #dialer: MsrpDialer;

  constructor(context: OfferFilesContext, push: LivePush, sdp: SessionOffer) {
    this.#context = context;
    this.#push = push;
    this.#sdp = sdp;
    this.#dialer = new MsrpDialer(context.media, push);
  }

  get all(): readonly FileRecord[] {
    const { body } = this.#push.record;
    return body.kind === 'files' ? body.files : [];
  }

  /** Where the sessions are, as the answer says; ours until there are any. */
  get address(): { readonly host: string; readonly port: number } {
    const [first] = this.#transfers.values();
    return first?.place ?? this.#context.media;
  }

  /** Changes files and, in the same write, the push itself. */
  update(
    changeOf: (file: FileRecord) => Partial<FileRecord>,
    rest: Partial<Pick<PushRecord, 'state' | 'code' | 'reason'>> = {},
  ): void {
    const { body } = this.#push.record;
    if (body.kind !== 'files') return;
    const files = body.files.map((file) => ({ ...file, ...changeOf(file) }));
    this.#push.update({ ...rest, body: { ...body, files } });
  }

  /** Makes part files and sessions for the wanted files; rejects with a sentence when folder or disk refuse. */
  async prepare(wanted: ReadonlySet<number>): Promise<ReadonlyMap<number, MediaChoice>> {
    const choices = new Map<number, MediaChoice>();
    for (const line of this.#sdp.media) {
      const accepted = line.kind === 'file' && wanted.has(line.index);
      choices.set(line.index, accepted ? await this.prepareOne(line, line.index) : { kind: 'reject' });
    }
    return choices;
  }

  /** Makes the sessions reachable; call before the answer leaves (PRA-SES-17). */
  open(numbers: Iterable<number> = this.#transfers.keys()): void {
    for (const number of numbers) {
      const receiver = this.#transfers.get(number)?.receiver;
      if (receiver !== undefined) this.#context.media.register(receiver);
    }
  }

  /** an offer with setup:passive makes us the one who connects. The listener stays open all the same. */
  dialActive(): void {
    for (const line of this.#sdp.media) {
      if (line.kind === 'file') this.dialOne(line, line.index);
    }
  }

  /**
   * The answer to an offer of ours names the file of which nothing was known. Answers why it cannot be taken, as a
   * sentence, or null.
   */
  describe(number: number, line: FileLine | MessageLine): string | null {
    const transfer = this.#transfers.get(number);
    const path = parsePath(line.path.join(' '));
    if (transfer === undefined || path === null) return 'The MSRP path in the ACK is malformed.';
    const record =
      line.kind === 'file'
        ? fileRecord(line, { maxBytes: this.#context.profile.files.maxBytes, number })
        : null;
    if (record !== null && record.state !== 'offered') return record.reason ?? 'The file is not wanted.';
    // It is here already, before the ACK that describes it: there is nothing left to hold it against.
    if (!transfer.stoppable) return null;
    const known = record ?? { name: 'file', bytes: null, hash: null, type: null };
    const fingerprints = transfer.place.route === null ? line.fingerprints : [];
    const { name, bytes, hash: sha1, type } = known;
    transfer.describe({ name, bytes, sha1, type }, path, fingerprints);
    const setup = answerSetup(line.setup);
    this.update((file) => {
      if (file.index !== number || file.session === null) return {};
      const peerFingerprints = line.fingerprints.map(({ algorithm, value }) => `${algorithm} ${value}`);
      const session = { ...file.session, remotePath: line.path.join(' '), setup, peerFingerprints };
      return { ...(record === null ? {} : { ...record, state: file.state }), report: file.report, session };
    });
    if (setup === 'active') this.#dialer.dial(line, number, transfer);
    return null;
  }

  /** The same for the file of one m-line. */
  dialOne(line: DialledLine, number: number): void {
    const transfer = this.#transfers.get(number);
    if (transfer === undefined || this.#setupFor(line) !== 'active') return;
    this.#dialer.dial(line, number, transfer);
  }

  /** The sender closed the m-line of a file: what is not whole now never will be, and its session is forgotten. */
  end(number: number, reason: string): void {
    const transfer = this.#transfers.get(number);
    transfer?.close(reason);
    if (transfer !== undefined) this.#context.media.unregister(transfer.receiver);
  }

  /** Gives up files that were made ready for an answer that never left. */
  discard(numbers: Iterable<number>, reason: string): void {
    for (const number of numbers) {
      this.#transfers.get(number)?.close(reason);
      this.#transfers.delete(number);
    }
  }

  /** The sender has another path for a file: what we open or write from now on goes there (RFC 4975 §8.4). */
  move(number: number, path: readonly string[]): void {
    const uris = parsePath(path.join(' '));
    if (uris === null) return;
    this.#transfers.get(number)?.receiver.moveTo(uris);
    const session = this.all.find(({ index }) => index === number)?.session ?? null;
    if (session !== null) this.#updateOne(number, { session: { ...session, remotePath: path.join(' ') } });
  }

  /** Who connects, as far as the sender leaves it to us. */
  #setupFor({ setup, path }: Pick<FileLine, 'setup' | 'path'>): 'active' | 'passive' {
    return answerSetup(setup, this.#context.media.reachableFrom(path));
  }

  /** Stops one file in mid-flight. @throws Error with a sentence when it is not arriving. */
  stop(index: number): void {
    const transfer = this.#transfers.get(index);
    if (transfer?.stoppable !== true) throw new Error('This file is not being received.');
    transfer.abort(STOPPED);
  }

  /** Ends what is not whole yet. */
  close(reason: string): void {
    for (const transfer of this.#transfers.values()) transfer.close(reason);
  }

  /** Ends the files whose session the sender never opened. */
  closeUnopened(reason: string, numbers: ReadonlySet<number> = new Set(this.#transfers.keys())): void {
    for (const file of this.all) {
      if (file.state !== 'accepted' || !numbers.has(file.index)) continue;
      this.#transfers.get(file.index)?.close(this.#dialer.unreached(file.index) ?? reason);
    }
  }

  /** Resolves once nothing of these files touches the disk any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#transfers.values()].map((transfer) => transfer.settled()));
  }

  /** Forgets the sessions: requests for them get 481 from now on. */
  release(): void {
    this.#late.flush();
    for (const { receiver } of this.#transfers.values()) {
      this.#context.media.unregister(receiver);
    }
  }

  /** The state of the whole and its reason once every wanted file has ended, else null. */
  outcome(): { readonly state: PushState; readonly reason: string | null } | null {
    const wanted = this.all.filter((file) => this.#transfers.has(file.index));
    // New files of a re-INVITE wait for the user.
    if (this.all.some((file) => file.state === 'offered')) return null;
    if (wanted.some((file) => file.state === 'accepted' || file.state === 'receiving')) return null;
    const problem = wanted.find((file) => file.state !== 'verified');
    if (problem !== undefined) return { state: 'failed', reason: problem.reason };
    const reported = wanted.every((file) => this.#reported.has(file.index));
    return { state: reported ? 'reported' : 'completed', reason: null };
  }

  /** Makes part file and session for one m-line; `number` is that of the file's record. Rejects with a sentence. */
  async prepareOne(
    line: Pick<FileLine, 'path' | 'fingerprints' | 'setup'>,
    number: number,
  ): Promise<MediaChoice> {
    const { media, profile, filesFolder, leftovers } = this.#context;
    const place = await media.place();
    const record = this.all.find((file) => file.index === number);
    const { name = 'file', bytes = null, hash = null, type = null, from = 1 } = record ?? {};
    const resumes = from === 1 ? null : await this.#partFor(from, bytes, hash);
    const transfer = await Transfer.prepare({
      folder: filesFolder,
      quarantine: quarantineFolder(filesFolder),
      manifest: record === undefined ? null : this.#manifestOf(record),
      resumes,
      expected: { name, bytes, sha1: hash, type },
      maxBytes: profile.files.maxBytes,
      accept: profile.files.accept,
      place,
      remotePath: parsePath(line.path.join(' ')) ?? [],
      // Behind a relay it is the relay that connects to us (RFC 6135 §4.3).
      peerFingerprints: place.route === null ? line.fingerprints : [],
      on: (event) => this.#follow(number, event),
    }).catch((error: unknown) => {
      // Another offer may go on with it.
      if (resumes !== null) leftovers.release(resumes.part.path);
      throw error;
    });
    this.#transfers.set(number, transfer);
    leftovers.claim(transfer.part);
    if (resumes !== null) await leftovers.take(resumes.part);
    const setup = this.#setupFor(line);
    this.#updateOne(number, {
      session: {
        localPath: formatPath(place.path),
        remotePath: line.path.join(' '),
        setup,
        peer: null,
        fingerprint: place.fingerprint,
        peerFingerprints: line.fingerprints.map(({ algorithm, value }) => `${algorithm} ${value}`),
      },
    });
    return {
      kind: 'accept',
      path: formatPath(place.path),
      port: place.port,
      setup,
      fingerprint: place.fingerprint,
      maxSize: profile.files.maxBytes + WRAPPER_ROOM_BYTES,
      acceptTypes: ['message/cpim', ...profile.files.accept.map((type) => (type === '*/*' ? '*' : type))],
      acceptWrappedTypes: ['*'],
    };
  }

  /** The part that a file-range goes on with. Rejects with a sentence when it is no longer there. */
  async #partFor(from: number, bytes: number | null, hash: string | null) {
    const { leftovers } = this.#context;
    const part = await leftovers.find({ size: bytes, sha1: hash, sender: this.#push.record.from }, from - 1);
    if (part === null) throw new Error('The part of the file that came before is no longer here.');
    leftovers.claim(part.path);
    return { part, from };
  }

  /** Only a file that is known by size and hash can be gone on with, and only a large one is worth it. */
  #manifestOf({ index, name, type, bytes, hash }: FileRecord): PartManifest | null {
    if (bytes === null || hash === null || bytes < MIN_RESUMABLE_BYTES) return null;
    const { id, terminal, from, callId } = this.#push.record;
    const file = { index, name, type, size: bytes, sha1: hash, inOrder: null };
    return { version: 1, terminal, push: id, sender: from, callId, ...file };
  }

  /** The transfer is over: once it leaves the disk alone, its part may be gone on with. */
  #release(index: number): void {
    const transfer = this.#transfers.get(index);
    if (transfer === undefined) return;
    void transfer.settled().then(() => this.#context.leftovers.release(transfer.part));
  }

  #follow(index: number, event: TransferEvent): void {
    const offer = this.#push.id;
    switch (event.kind) {
      case 'counted':
        this.#late.mark(index);
        return;
      case 'bound': {
        const detail = `from ${event.remote}`;
        this.#push.log({ side: 'in', ok: true, title: 'MSRP session opened', detail, file: index });
        this.#bound(index, event.remote);
        return;
      }
      case 'progress': {
        const { received, total } = event;
        const { chunks = 0, answered = 0 } = this.#transfers.get(index)?.report ?? {};
        this.#context.emit({ event: 'progress', offer, index, received, total, chunks, answered });
        return;
      }
      case 'verified':
        this.#verified(index, event);
        return;
      case 'reported':
        this.#told(index, event);
        return;
      case 'failed': {
        const { reason, quarantined } = event;
        const title = quarantined === null ? 'File not kept' : 'File quarantined';
        this.#push.log({ side: 'local', ok: false, title, detail: reason, file: index });
        const leftover = quarantined === null ? null : ({ kind: 'quarantined', path: quarantined } as const);
        this.#updateOne(index, { state: isStop(reason) ? 'aborted' : 'failed', reason, leftover });
        this.#context.emit({ event: 'file-failed', offer, index, reason, quarantined });
        this.#release(index);
        this.#context.settled();
        return;
      }
      case 'left': {
        const { path, bytes } = event.leftover;
        const detail = `${bytes} bytes are here`;
        this.#push.log({ side: 'local', ok: true, title: 'Part kept', detail, file: index });
        this.#updateOne(index, { leftover: event.leftover, received: bytes });
        void this.#context.leftovers.limit();
        this.#context.emit({ event: 'part', offer, index, path, bytes });
        return;
      }
    }
  }

  /** A file that has ended may be reported over a connection that came later: its state stays. */
  #bound(index: number, remote: string): void {
    const file = this.all.find((one) => one.index === index);
    const session = file?.session ?? null;
    const state = file?.state === 'accepted' ? 'receiving' : file?.state;
    if (state === undefined) return;
    this.#updateOne(index, { state, session: session === null ? null : { ...session, peer: remote } });
  }

  /** A REPORT left, or is owed. */
  #told(index: number, event: Extract<TransferEvent, { kind: 'reported' }>): void {
    const { messageId, range, status, state, ok } = event;
    const offer = this.#push.id;
    const isSent = state === 'sent';
    this.#push.log({
      side: isSent ? 'out' : 'local',
      ok: ok && isSent,
      title: isSent ? `REPORT ${status}` : `REPORT ${status} owed, not sent`,
      detail: `Byte-Range ${range}${isSent ? '' : '; the connection was lost'}`,
      file: index,
    });
    this.#updateOne(index, {});
    this.#context.emit({ event: isSent ? 'report' : 'report-owed', offer, index, messageId, range, status });
    if (ok && isSent) this.#reported.add(index);
    this.#context.settled();
  }

  #verified(index: number, event: Extract<TransferEvent, { kind: 'verified' }>): void {
    const { path, bytes, sha1, answered } = event;
    const record = this.all.find((file) => file.index === index);
    const verified = record !== undefined && record.hash !== null;
    const detail = `${bytes} bytes received`;
    this.#push.log({ side: 'out', ok: true, title: `${answered} × MSRP 200 OK`, detail, file: index });
    this.#push.log({
      side: 'local',
      ok: true,
      title: verified ? 'SHA-1 verified' : 'SHA-1 computed',
      detail: verified ? sha1 : `${sha1}; the offer names no hash to compare with`,
      file: index,
    });
    this.#updateOne(index, { state: 'verified', received: bytes, path, sha1 });
    this.#release(index);
    void this.#context.leftovers.superseded(bytes, sha1);
    const name = record?.name ?? '';
    this.#context.emit({ event: 'file', offer: this.#push.id, index, name, path, bytes, sha1, verified });
    if (record !== undefined) this.#context.applications.deliverFile(this.#push, record, path);
    this.#context.settled();
  }

  /** Changes one file, and writes its delivery report state with it. */
  #updateOne(index: number, change: Partial<FileRecord>): void {
    this.#late.written(index);
    this.update((file) => (file.index === index ? { ...this.#reportOf(index), ...change } : {}));
  }

  #reportOf(index: number): Pick<FileRecord, 'report'> | Record<string, never> {
    const transfer = this.#transfers.get(index);
    return transfer === undefined ? {} : { report: transfer.report };
  }
}

function isStop(reason: string): boolean {
  return reason === STOPPED || reason === STOPPED_BY_SENDER;
}
