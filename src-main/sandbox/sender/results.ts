import type { ApplicationStatus } from './status.ts';

export type { ApplicationStatus } from './status.ts';

/** Where one push of the Push Sender Agent stands. */
export type PushResultState =
  | 'sending'
  /** INVITE answered 180: the user of the terminal is asked. */
  | 'ringing'
  /** Files are on their way. */
  | 'transferring'
  /** A MESSAGE or a NOTIFY was answered 2xx, or every wanted file was taken (and reported, where a report was asked). */
  | 'delivered'
  | 'rejected'
  | 'failed';

export type SentFileState = 'offered' | 'declined' | 'sending' | 'sent' | 'reported' | 'failed';

export type SentFile = {
  readonly index: number;
  readonly name: string;
  readonly bytes: number;
  readonly sent: number;
  readonly state: SentFileState;
  /** The REPORT the terminal sent, e.g. range `1-4385/4385`, status `000 200 OK`. */
  readonly report: { readonly range: string; readonly status: string } | null;
  readonly reason: string | null;
  /** MSRP status that it failed with. */
  readonly code?: number;
  /** SENDs written, and those answered so far. */
  readonly chunks?: number;
  readonly answered?: number;
  /** SENDs it takes in all. */
  readonly chunksTotal?: number;
  /** Since its first byte. */
  readonly bytesPerSecond?: number;
};

/** A file that was just offered. */
export function offeredEntry(index: number, name: string, bytes: number): SentFile {
  return { index, name, bytes, sent: 0, state: 'offered', report: null, reason: null };
}

/** What a terminal says of itself in its answer to OPTIONS. */
export type Capabilities = {
  /** GRUU or Contact URI. */
  readonly contact: string | null;
  readonly applications: readonly string[];
  readonly methods: readonly string[];
  readonly types: readonly string[];
  readonly extensions: readonly string[];
  /** Null when it takes no files; `transport` as in SDP, e.g. `TCP/MSRP`. */
  readonly files: { readonly transport: string; readonly types: readonly string[] } | null;
};

/** One push to one target, as the sender sees it. Times ISO 8601, sizes bytes. */
export type PushResult = {
  readonly id: string;
  readonly at: string;
  readonly method: 'MESSAGE' | 'NOTIFY' | 'INVITE' | 'REFER' | 'OPTIONS';
  /** AOR or GRUU it was sent to. */
  readonly to: string;
  readonly application: string;
  /** First line of the text or the names of the files. */
  readonly label: string;
  readonly state: PushResultState;
  /** Final SIP status, or null while there is none. */
  readonly code: number | null;
  /** What it comes to for the push initiator (PSA-STA-01); null until it ended. */
  readonly status: ApplicationStatus | null;
  /** What happened, in words. */
  readonly reason: string;
  readonly files: readonly SentFile[];
  /** What the answer to OPTIONS told. */
  readonly capabilities?: Capabilities;
  /** From the request's first byte to its end, or null while it runs. */
  readonly milliseconds: number | null;
};
