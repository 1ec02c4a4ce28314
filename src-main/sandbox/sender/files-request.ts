import type { FailureReport } from '../../msrp/message.ts';
import { type Agreement, DEFAULT_SECONDS } from '../../sip/session-interval.ts';
import type { Addressing } from './headers.ts';
import type { FileToPush } from './offered-files.ts';

/** What is asked of a push of files. */
export type FilesRequest = Addressing & {
  readonly to: string;
  readonly files: readonly FileToPush[];
  readonly report: boolean;
  readonly cpim?: boolean;
  readonly chunkBytes?: number;
  /** SENDs on their way without an answer; 1 is no pipelining. */
  readonly window?: number;
  /** When a failure is to be told (RFC 4975 §7.1.1); `yes` when absent. */
  readonly failureReport?: FailureReport;
  /** MSRP relay to go through, e.g. `msrp://127.0.0.1:2855;tcp`, with the credentials of the sender (PSA-RLY-01). */
  readonly relay?: string;
  /** Offer MSRP over TLS, with a certificate made for it and vouched for by its fingerprint. */
  readonly tls?: boolean;
  /** Close each file's m-line when it has ended while others go on; they end with the session otherwise. */
  readonly closeEach?: boolean;
  /** The session timer to ask for; half an hour, refreshed by the sender, when absent. */
  readonly timer?: Agreement;
};

const DEFAULT_CHUNK_BYTES = 64 * 1024;
/** PSA-SES-07: the sender refreshes. */
const DEFAULT_TIMER: Agreement = { seconds: DEFAULT_SECONDS, refresher: 'us' };

/** What a request leaves out. */
export const FILES_DEFAULTS = {
  cpim: false,
  chunkBytes: DEFAULT_CHUNK_BYTES,
  closeEach: false,
  timer: DEFAULT_TIMER,
} as const;
