import type { FileRecord, ProgressView, ReportRecord } from '../../src-main/ipc/contract.ts';
import type { Tone } from '../components/ui.tsx';

/** What has come of a file: as the record says, or the last that was heard of it on its way, whichever is later. */
export function arrivedOf(
  { received, report }: FileRecord,
  live: ProgressView | undefined,
): { readonly bytes: number; readonly chunks: number; readonly answered: number } {
  return {
    bytes: Math.max(received, report?.bytes ?? 0, live?.received ?? 0),
    chunks: Math.max(report?.chunks ?? 0, live?.chunks ?? 0),
    answered: Math.max(report?.answered ?? 0, live?.answered ?? 0),
  };
}

/** How it stands with the REPORT of a file: a word for a chip, and the REPORT itself where there is one. */
export type ReportState = {
  readonly tone: Tone;
  readonly word: string;
  /** What the word means, for the curious. */
  readonly meaning: string;
  readonly report: ReportRecord | null;
};

const DUE: ReportState = {
  tone: 'info',
  word: 'due when whole',
  meaning: 'Success-Report: yes. The REPORT leaves once the file is whole and checked.',
  report: null,
};
const OWED: ReportState = {
  tone: 'warn',
  word: 'owed, not sent',
  meaning: 'The sender asked for a REPORT, and there was no connection left to send it over.',
  report: null,
};
const NOT_ASKED: ReportState = {
  tone: 'quiet',
  word: 'not asked for',
  meaning: 'The sender sent no Success-Report: yes; the 200 to each SEND is all it gets.',
  report: null,
};
const NOTHING_TO_REPORT: ReportState = {
  tone: 'quiet',
  word: 'none',
  meaning: 'The file failed before it was whole; the sender was told by the answer to its SEND, or left.',
  report: null,
};

/** The REPORT of a file as it stands; null for a file of which nothing came. */
export function reportStateOf(file: FileRecord): ReportState | null {
  const { report, state } = file;
  if (report === null || report.asked === null) return null;
  const last = report.reports.at(-1);
  if (last !== undefined) return last.state === 'owed' ? { ...OWED, report: last } : sent(last);
  if (!report.asked.success) return NOT_ASKED;
  if (state === 'accepted' || state === 'receiving') return DUE;
  // The app ended between the check and the REPORT.
  return state === 'verified' ? OWED : NOTHING_TO_REPORT;
}

function sent(report: ReportRecord): ReportState {
  const ok = report.status === '000 200';
  return {
    tone: ok ? 'ok' : 'bad',
    word: 'sent',
    meaning: ok ? 'The sender was told that the file is here.' : 'The sender was told that the file failed.',
    report,
  };
}
