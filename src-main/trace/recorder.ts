import type { NewRecord } from './segment.ts';

/** Where taps put what they see. */
export interface Recorder {
  /** False while nothing is to be recorded. */
  readonly recording: boolean;
  /** Keeps a record with this latin1 text, whose credentials are masked. The time is now. */
  record(record: NewRecord, text: string): void;
}
