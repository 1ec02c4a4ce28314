/** Why content could not be fetched. */
export type FetchFailureReason =
  | 'expired'
  | 'too-large'
  | 'forbidden-address'
  | 'forbidden-scheme'
  /** The URL holds a user or password, a port that web servers never have, or is malformed. */
  | 'forbidden-url'
  | 'redirect-loop'
  | 'http-status'
  /** The content came compressed though it was asked for as it is. */
  | 'encoded'
  | 'hash-mismatch'
  | 'size-mismatch'
  | 'type-mismatch'
  | 'timeout'
  | 'tls'
  | 'network'
  | 'aborted'
  /** There is no more room for fetched content by the profile (`content.maxTotalBytes`). */
  | 'quota'
  | 'disk';

export type FetchFailure = {
  readonly kind: 'failed';
  readonly reason: FetchFailureReason;
  /** A sentence for people. Names no host and no address, so that it tells nobody about our network. */
  readonly message: string;
};

/** Content that was fetched whole, and holds what the reference promised of it. */
export type FetchedContent = {
  readonly kind: 'ok';
  /** A file that is ours alone, to be moved to where it belongs; `sweepParts` removes it should nobody do so. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha1: string;
  readonly sha256: string;
  /** What the server called it: type and parameters as sent; null when it said nothing that can be read. */
  readonly contentType: string | null;
  /** The URL after all redirects. */
  readonly finalUrl: string;
  /** Sentences about what is odd but no failure. */
  readonly warnings: readonly string[];
};

export type FetchResult = FetchedContent | FetchFailure;

/** A message of elsewhere as a sentence. */
export function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

/** Ends a fetch from within; `fetchContent` turns it into a result. */
export class FetchError extends Error {
  readonly reason: FetchFailureReason;

  constructor(reason: FetchFailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
