import { type Profile, readProfile } from '../../src-main/ipc/contract.ts';
import { attempt } from '../store/store.ts';

/** One change after the other, each made on what the one before left. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Changes the profile of a terminal as it is at that moment. Answers null, or a sentence on what is wrong with the
 * change: it is checked by the profile's own schema before anything is sent.
 */
export function changeProfile(
  terminal: string,
  change: (profile: Profile) => Profile,
): Promise<string | null> {
  const done = last.then(() => changeNow(terminal, change));
  last = done.catch(() => {});
  return done;
}

async function changeNow(terminal: string, change: (profile: Profile) => Profile): Promise<string | null> {
  const current = await attempt('terminal.profile', { terminal });
  if (current.kind === 'refused') return current.reason;
  const read = readProfile(change(current.value));
  if (read.kind === 'bad') return read.problems.map(sentenceOf).join(' ');
  const saved = await attempt('terminal.update', read.profile);
  return saved.kind === 'refused' ? saved.reason : null;
}

/** What settings are called in the forms, where that is not their own name. */
const FIELD_NAMES: Readonly<Record<string, string>> = { url: 'address', command: 'program' };

/** `handlers.0.action.folder: must not be empty` as `The folder must not be empty.` */
function sentenceOf(problem: string): string {
  const colon = problem.indexOf(': ');
  const setting = problem
    .slice(0, colon)
    .split('.')
    .filter((part) => !/^\d+$/.test(part))
    .at(-1);
  return `The ${FIELD_NAMES[setting ?? ''] ?? setting} ${problem.slice(colon + 2)}.`;
}
