import type { MsrpListener } from '../../msrp/listener.ts';
import { formatUri, newSessionUri } from '../../msrp/uri.ts';
import { answerSetup, buildAnswer } from '../../sdp/answer.ts';
import { type FileLine, parseOffer, type SessionOffer } from '../../sdp/offer.ts';
import { ALLOWED_METHODS } from '../../sip/capabilities.ts';
import { IncomingInvite } from '../../sip/incoming-invite.ts';
import { sendReply } from '../../sip/reply.ts';
import type { IncomingRequest, SipUserAgent } from '../../sip/user-agent.ts';
import { type DeliveryParts, FileDelivery } from './file-delivery.ts';
import type { LocalFile } from './offered-files.ts';
import type { LiveResult, ResultBoard } from './result-board.ts';
import { offeredEntry } from './results.ts';

type Parts = Pick<DeliveryParts, 'ca' | 'sender'> & {
  readonly listener: MsrpListener;
  readonly ua: SipUserAgent;
  readonly board: ResultBoard;
  /** Content parameters of the file as it was offered. */
  readonly contactLine: () => string;
};

/** A pull that can be served: which file, and from which byte on. */
type Wanted = { readonly offer: SessionOffer; readonly line: FileLine; readonly file: LocalFile };

/** Files that may be asked for again. */
const MAX_FILES = 200;
const CHUNK_BYTES = 64 * 1024;

/**
 * Files that were offered once, for terminals that ask for the rest of one (RFC 5547 §8.3.2): an INVITE that wants to
 * receive a file whose hash is known here is answered with sendonly, and the range it names is sent.
 */
export class PulledFiles {
  readonly #parts: Parts;
  readonly #files = new Map<string, LocalFile>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Files that are offered, from now on served to who asks. */
  remember(files: readonly LocalFile[]): void {
    for (const file of files) this.#files.set(file.sha1, file);
    for (const sha1 of this.#files.keys()) {
      if (this.#files.size <= MAX_FILES) break;
      this.#files.delete(sha1);
    }
  }

  /** An INVITE outside any dialog. */
  receive(request: IncomingRequest): void {
    const wanted = this.#find(request);
    if (wanted === null) {
      sendReply(request, { code: 488 });
      return;
    }
    const { listener, ua, sender, contactLine, board } = this.#parts;
    let delivery: FileDelivery | null = null;
    const invite = IncomingInvite.open(ua, request, {
      contactLine,
      confirmed: () => {},
      withdrawn: () => delivery?.abort('The terminal withdrew.'),
      ended: () => delivery?.abort('The terminal ended the session.'),
      // A refresh changes nothing; m-lines that are closed end with the session.
      reoffer: ({ answer }) => answer({ code: 200, headers: [contactLine()], body: sdp() }),
      reofferWithdrawn: () => {},
      timerAgreed: () => {},
      message: (message) => sendReply(message, { code: 405 }),
      options: () => ({ code: 200, headers: [contactLine(), `Allow: ${ALLOWED_METHODS.join(', ')}`] }),
    });
    if (invite === null) {
      sendReply(request, { code: 400 });
      return;
    }
    const { line, file, offer } = wanted;
    const to = request.from.uri.toString();
    const live = this.#openResult(board, to, file);
    const { host, port } = listener;
    const uri = newSessionUri(host, port, 'msrp');
    const place = { uri, path: formatUri(uri), host, port, route: null };
    const weConnect = answerSetup(line.setup === 'active' ? 'active' : 'passive') === 'active';
    const choice = {
      kind: 'accept',
      path: place.path,
      port,
      setup: weConnect ? 'active' : 'passive',
      fingerprint: null,
      maxSize: file.size,
      acceptTypes: [file.type],
      acceptWrappedTypes: [],
      sends: true,
    } as const;
    const answer = buildAnswer(offer, new Map([[line.index, choice]]), { host });
    const sdp = () => ({ type: 'application/sdp', content: Buffer.from(answer).toString('latin1') });
    const push = { to, report: true, cpim: false, chunkBytes: CHUNK_BYTES };
    delivery = new FileDelivery(
      { media: { listener, identity: null, relay: null }, ca: this.#parts.ca, live, sender, push },
      { index: 0, file, place },
    );
    invite.accept({ code: 200, headers: [contactLine()], body: sdp() });
    live.change({
      state: 'transferring',
      code: 200,
      reason: `the terminal asked for the rest, from byte ${file.from}`,
    });
    const { path, fingerprints, maxSize, acceptTypes, acceptWrappedTypes } = line;
    const target = {
      kind: 'accepted',
      path,
      fingerprints,
      maxSize,
      acceptTypes,
      acceptWrappedTypes,
    } as const;
    void delivery.run({ ...target, setup: weConnect ? 'passive' : 'active' }).then((end) => {
      invite.bye('The file is sent');
      delivery.close();
      const state = end === 'failed' ? 'failed' : 'delivered';
      const reason =
        live.result.files[0]?.reason ??
        (end === 'reported' ? 'the rest delivered, report received' : 'the rest delivered');
      live.end({ state, reason });
    });
  }

  #openResult(board: ResultBoard, to: string, file: LocalFile): LiveResult {
    const files = [offeredEntry(0, file.name, file.size - file.from + 1)];
    return board.open({ method: 'INVITE', to, application: '', label: `${file.name}, the rest`, files });
  }

  /** RFC 5547 §8.3.2: by hash, with the size it has, and a range that ends where the file does. */
  #find(request: IncomingRequest): Wanted | null {
    const parsed = parseOffer(Buffer.from(request.body, 'latin1').toString());
    if (parsed.kind === 'bad' || request.getHeader('content-type')?.startsWith('application/sdp') !== true)
      return null;
    const [line, ...others] = parsed.offer.media;
    if (line?.kind !== 'file' || others.length > 0 || line.port === 0 || line.secure) return null;
    if (line.direction !== 'recvonly' && line.direction !== 'sendrecv') return null;
    const { hashes, size, range } = line.file;
    const sha1 = hashes.find(({ algorithm }) => algorithm === 'sha-1')?.value ?? '';
    const file = this.#files.get(sha1);
    if (file === undefined || (size !== null && size !== file.size)) return null;
    if (range.start > file.size || (range.end !== null && range.end !== file.size)) return null;
    return { offer: parsed.offer, line, file: { ...file, from: range.start, icon: null } };
  }
}
