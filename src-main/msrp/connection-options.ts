import type { ReadMemory } from './direct-reads.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { MsrpTap } from './wire-tap.ts';

/** Why a connection is gone. */
export type CloseReason =
  | { readonly kind: 'peer' }
  | { readonly kind: 'local' }
  | { readonly kind: 'timeout'; readonly waitedFor: 'session' | 'head' | 'request' | 'activity' }
  | { readonly kind: 'protocol'; readonly message: string }
  /** Its certificate is not the one that the peer's SDP names (RFC 4975 §14.4). */
  | { readonly kind: 'stranger' }
  | { readonly kind: 'network'; readonly message: string };

/** Certificates for `msrps` as node:tls takes them; `rejectUnauthorized` false is for tests and fingerprints. */
export type MsrpTls = {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly rejectUnauthorized?: boolean;
};

export type ConnectionOptions = {
  readonly headTimeoutMs?: number;
  readonly slowTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly tap?: MsrpTap;
  /** What TCP connections read into: then what sinks get is good during the call alone, unless they hold this memory. */
  readonly memory?: ReadMemory;
};

export type DialOptions = ConnectionOptions & {
  readonly tls?: MsrpTls;
  /** Certificates that the peer's SDP names; any of them is taken, whoever signed it, and no other. */
  readonly fingerprints?: readonly Fingerprint[];
  /** For all addresses of a name together. */
  readonly dialTimeoutMs?: number;
  /** Whether an address may be connected to: a path comes from a peer and may point anywhere (RFC 4975 §14.5). */
  readonly mayConnectTo?: (address: string) => boolean;
  /** The addresses of a name in the order to try; the system's resolver when absent. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
};
