import type { ApplicationStatus, PushResult } from '../sender/results.ts';

/** Status codes of PAP that are used here (PAP 2.x, §9.14). */
export const PAP_CODES = {
  1000: 'OK',
  1001: 'Accepted for Processing',
  2000: 'Bad Request',
  2001: 'Forbidden',
  2002: 'Address Error',
  2003: 'Address Not Found',
  2004: 'Push ID Not Found',
  2005: 'Capabilities Mismatch',
  2007: 'Duplicate Push ID',
  2008: 'Cancellation Not Possible',
  3001: 'Not Implemented',
  3011: 'Replacement Not Possible',
  4000: 'Service Failure',
  4001: 'Service Unavailable',
} as const;

export type PapCode = keyof typeof PAP_CODES;

/** Where a push stands for one address (PAP 2.x, `message-state`). */
export type MessageState =
  | 'rejected'
  | 'pending'
  | 'delivered'
  | 'undeliverable'
  | 'expired'
  | 'cancelled'
  | 'timeout';

const OF_STATUS: Readonly<Record<ApplicationStatus, readonly [MessageState, PapCode]>> = {
  accepted: ['delivered', 1000],
  'retry-allowed': ['undeliverable', 4001],
  'no-retry': ['rejected', 2001],
  undeliverable: ['undeliverable', 4000],
  discarded: ['undeliverable', 4001],
  'unsupported-type': ['rejected', 2005],
};

/** What the end of a push is in PAP (PSA-STA-01, -02). */
export function papOutcome({ status, code }: PushResult): readonly [MessageState, PapCode] {
  if (code === 404) return ['undeliverable', 2003];
  if (code === 408) return ['timeout', 4000];
  return OF_STATUS[status ?? 'undeliverable'];
}
