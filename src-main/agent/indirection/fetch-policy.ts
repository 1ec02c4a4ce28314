import type { MinimumRate } from './deadlines.ts';
import type { Resolver } from './resolve-host.ts';

/** How long the parts of a fetch may take, in milliseconds. */
export type FetchLimits = {
  /** Resolving the name, TCP and TLS, for each hop. */
  readonly connectMs: number;
  /** From the first hop to the headers of the last answer, redirects and all. */
  readonly openMs: number;
  /** From the request to the end of the answer's headers, and between two pieces of the body. */
  readonly idleMs: number;
  /** What the body must come at, at least. */
  readonly rate: MinimumRate;
  /** From the first hop to the last byte. */
  readonly totalMs: number;
};

/** What a profile allows of content indirection, and where fetched content goes. */
export type FetchPolicy = {
  /** Where the file is made; it must exist. */
  readonly folder: string;
  readonly maxBytes: number;
  /** Bytes for which there is still room among all that is kept. */
  readonly room: number;
  readonly allowHttp: boolean;
  readonly allowPrivateAddresses: boolean;
  /** PEM of the authorities that are trusted instead of the system's, or null. */
  readonly ca: string | null;
  readonly limits: FetchLimits;
  /** Only tests have another than the system's. */
  readonly resolve?: Resolver;
};

/** What belongs to one fetch alone. */
export type FetchRun = {
  /** Cancels the fetch. */
  readonly signal: AbortSignal;
  /** When the reference came: what a missing expiration is counted from. */
  readonly receivedAt: Date;
  /** Bytes so far and in all, or null where nobody said. Must not throw. */
  readonly onProgress?: (bytes: number, total: number | null) => void;
};

/** Long enough for a slow mobile link, short enough that a server that stalls or drips holds nothing up for long. */
export const DEFAULT_FETCH_LIMITS: FetchLimits = {
  connectMs: 15_000,
  openMs: 60_000,
  idleMs: 15_000,
  rate: { bytes: 64 * 1024, everyMs: 30_000 },
  totalMs: 30 * 60_000,
};

/** How long a URL is good for whose sender did not say so, against RFC 4483 §5.7, in milliseconds. */
export const UNDATED_LIFETIME_MS = 60 * 60_000;
