import { FingerprintMismatch } from '../msrp/fingerprint.ts';
import { parsePath } from '../msrp/uri.ts';
import type { FileLine } from '../sdp/offer.ts';
import { type LivePush, messageOf } from './live-push.ts';
import type { MediaEndpoint } from './media-endpoint.ts';
import type { Transfer } from './transfer.ts';

/** What of an m-line says how to connect to its writer. */
export type DialledLine = Pick<FileLine, 'path' | 'setup' | 'secure' | 'protocol'>;

/** Connects to the senders of one offer where it falls to us, and knows who could not be reached. */
export class MsrpDialer {
  readonly #media: MediaEndpoint;
  readonly #push: LivePush;
  readonly #unreached = new Map<number, string>();

  constructor(media: MediaEndpoint, push: LivePush) {
    this.#media = media;
    this.#push = push;
  }

  /** Why the sender of a file could not be connected to, as a sentence; null where it was, or was not tried. */
  unreached(number: number): string | null {
    return this.#unreached.get(number) ?? null;
  }

  /** Connects for the file with this number; the listener stays open all the same. Never throws. */
  dial(line: DialledLine, number: number, transfer: Transfer): void {
    this.#connect(line, transfer).catch((error: unknown) => this.#failed(number, transfer, error));
  }

  /** To the first URI of the path, by the transport that the m-line names. */
  async #connect(line: DialledLine, transfer: Transfer): Promise<void> {
    if (transfer.bindThroughRelay()) return;
    const [first] = parsePath(line.path.join(' ')) ?? [];
    if (first !== undefined && (first.scheme === 'msrps') !== line.secure) {
      throw new Error(`its path is ${first.scheme}:, its transport ${line.protocol}`);
    }
    await transfer.receiver.dial(this.#media.dialOptions());
  }

  /** The sender may still connect to us, but for one that is not who its offer says (RFC 4975 §14.4). */
  #failed(number: number, transfer: Transfer, error: unknown): void {
    if (!transfer.stoppable || transfer.receiver.connection !== null) return;
    const reason = `The sender's MSRP address cannot be reached: ${messageOf(error)}`;
    this.#push.log({ side: 'out', ok: false, title: 'MSRP not connected', detail: reason, file: number });
    this.#unreached.set(number, reason);
    if (error instanceof Error && error.cause instanceof FingerprintMismatch) transfer.close(reason);
  }
}
