import type { AkaKey } from './aka.ts';

/** The highest SQN that a subscriber accepted, kept between starts by its owner (TS 33.102 §6.3). Must not throw. */
export type AkaSequence = {
  /** SQN_MS; 0 for a key that was never used. */
  readonly get: () => bigint;
  /** An SQN was accepted; it always grows. */
  readonly set: (next: bigint) => void;
};

/** What a user agent answers challenges with. `realm` is the only one to answer, null means any. */
export type Credentials =
  | {
      /** MD5, SHA-256 and SHA-512-256, each also as -sess (RFC 8760). */
      readonly kind: 'password';
      readonly username: string;
      readonly password: string;
      readonly realm: string | null;
    }
  | {
      /** AKAv1-MD5 and nothing else (RFC 3310). */
      readonly kind: 'aka';
      readonly username: string;
      readonly realm: string | null;
      readonly key: AkaKey;
      readonly sequence: AkaSequence;
    };
