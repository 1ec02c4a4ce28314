import { stat } from 'node:fs/promises';
import type { History } from '../history/history.ts';
import type { FileRecord } from '../history/records.ts';
import { DECLINED_BY_RULE, type DecideFile, type FileDecision } from './file-rules.ts';
import type { Leftovers } from './leftovers.ts';

/** What the survey of offered files looks at. */
export type SurveyContext = {
  readonly history: History;
  readonly leftovers: Leftovers;
  readonly decide: DecideFile;
  /** Who offers them. */
  readonly sender: string;
};

/** Offered files as they are shown, and what the rules say of those that can be accepted. */
export type Survey = {
  readonly files: readonly FileRecord[];
  /** By number, of each file that is on offer. */
  readonly decisions: ReadonlyMap<number, FileDecision>;
};

/**
 * Looks at offered files before anyone is asked: whether one is here already (RFC 5547 §8.3.1, PRA-SDP-05), whether
 * the part that a file-range continues is here, and what the rules say. A file that a rule declines, or whose part is
 * missing, can be seen but not accepted.
 */
export async function surveyFiles(offered: readonly FileRecord[], context: SurveyContext): Promise<Survey> {
  const { decide } = context;
  const files: FileRecord[] = [];
  const decisions = new Map<number, FileDecision>();
  for (const file of offered) {
    const placed = file.state === 'offered' ? await placeOf(file, context) : file;
    const decision = placed.state === 'offered' ? decide(placed) : null;
    if (decision === 'decline') {
      files.push({ ...placed, state: 'declined', reason: DECLINED_BY_RULE });
      continue;
    }
    if (decision !== null) decisions.set(placed.index, decision);
    files.push({ ...placed, ruled: decision === 'accept' });
  }
  return { files, decisions };
}

async function placeOf(file: FileRecord, { history, leftovers, sender }: SurveyContext): Promise<FileRecord> {
  if (file.from > 1) {
    const part = await leftovers.find({ size: file.bytes, sha1: file.hash, sender }, file.from - 1);
    if (part !== null) return { ...file, received: file.from - 1 };
    const reason = `It would begin at byte ${file.from}, and the bytes before it are not here.`;
    return { ...file, state: 'declined', reason };
  }
  return { ...file, known: await knownCopy(file, history) };
}

/** The newest verified file with the hash of the offer that is still where it was put, with its size. */
async function knownCopy({ hash, bytes }: FileRecord, history: History): Promise<FileRecord['known']> {
  if (hash === null) return null;
  for (const { path, at, bytes: length } of history.verifiedFiles(hash)) {
    const found = await stat(path).catch(() => null);
    const isSame = found?.isFile() === true && found.size === length;
    if (isSame && (bytes === null || bytes === length)) return { path, at };
  }
  return null;
}
