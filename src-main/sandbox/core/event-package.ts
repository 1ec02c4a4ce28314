/** What a NOTIFY carries. */
export type EventDocument = { readonly type: string; readonly body: Buffer };

/** The state of one AOR as one subscriber is told it. */
export interface Watch {
  /** The whole state now. `version` is 0 for the first document of a subscription and grows by one. */
  document(version: number): EventDocument;
  /** Its subscription ended. */
  close(): void;
}

/** One event package the core notifies of (RFC 6665 §7). */
export interface EventPackage {
  /** As in Event: `reg`. */
  readonly name: string;
  /** Media types its documents have. */
  readonly types: readonly string[];
  /** Seconds a subscription lives when the subscriber names no time. */
  readonly defaultSeconds: number;
  /** A subscription to an AOR begins. `isOwner`: its subscriber may register to the AOR. */
  watch(aor: string, isOwner: boolean): Watch;
}
