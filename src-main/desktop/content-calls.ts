import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explainDiskError } from '../content/disk-error.ts';
import type { History } from '../history/history.ts';
import type { PushRecord, ReferenceRecord } from '../history/records.ts';
import type { Handlers } from '../ipc/router.ts';
import { judgePart } from './part-use.ts';
import { MAX_CONTENT_BYTES, readPart, referenceOf, viewContent } from './push-content.ts';
import type { PushedPages } from './pushed-pages.ts';

export type ContentCallsOptions = {
  readonly history: History;
  readonly dataFolder: string;
  readonly pages: PushedPages;
  /** Asks where a file is to be written; null when the user thought better of it. */
  readonly choosePath: (title: string, suggested: string) => Promise<string | null>;
  /** Opens a file with the system; answers an error text, or an empty one. */
  readonly openPath: (path: string) => Promise<string>;
};

type ContentCalls = Pick<Handlers, 'push.content' | 'push.save' | 'push.open' | 'push.frame'>;

/** Copies that the system has opened, in the data folder; those of earlier runs go with the first of this one. */
const OPENED_FOLDER = 'opened';
const OWNER_ONLY = 0o600;

/** The calls that show, save and open the content of a message. */
export function contentCalls({
  history,
  dataFolder,
  pages,
  choosePath,
  openPath,
}: ContentCallsOptions): ContentCalls {
  let swept: Promise<void> | null = null;
  const opened = join(dataFolder, OPENED_FOLDER);
  return {
    'push.content': async ({ push, which }) => {
      const record = await history.get(push);
      return record === null ? null : viewContent(history, record, which);
    },
    'push.save': async ({ push, which, part }) => {
      const record = await answered(history, push);
      const reference = referenceOf(record, which);
      if (reference !== undefined && isTooLarge(reference))
        return saveFetched(history, reference, choosePath);
      const found = await readPart(history, record, which, part);
      const { saveName, runsPrograms } = judgePart(found);
      const title = runsPrograms ? 'Save content that may run programs' : 'Save content';
      const path = await choosePath(title, saveName);
      if (path !== null) await writeWhole(path, (temporary) => writeNew(temporary, found.bytes));
      return path;
    },
    'push.open': async ({ push, which, part }) => {
      const found = await readPart(history, await answered(history, push), which, part);
      const { openName } = judgePart(found);
      if (openName === null)
        throw new Error('Content of this kind is not opened from here. Save it instead.');
      swept ??= rm(opened, { recursive: true, force: true });
      await swept;
      const folder = join(opened, randomUUID());
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, openName);
      await writeNew(path, found.bytes);
      const problem = await openPath(path);
      if (problem !== '') throw new Error(`The content could not be opened: ${problem}`);
      return undefined;
    },
    'push.frame': ({ html }) => pages.keep(html),
  };
}

/** A push whose content may leave the window: the user has not denied it, and it does not wait. */
async function answered(history: History, push: string): Promise<PushRecord> {
  const record = await history.get(push);
  if (record === null) throw new Error('This push is not known.');
  if (record.state === 'waiting') throw new Error('This push waits for you: allow it first.');
  if (record.state === 'declined') throw new Error('This push was denied; its content stays here.');
  return record;
}

function isTooLarge({ sha256, received }: ReferenceRecord): boolean {
  return sha256 !== null && received > MAX_CONTENT_BYTES;
}

/** Content that is too large to be taken apart is saved as it came. */
async function saveFetched(
  history: History,
  reference: ReferenceRecord,
  choosePath: ContentCallsOptions['choosePath'],
): Promise<string | null> {
  const source = history.fetchedPath(reference);
  if (source === null) throw new Error('This push has no such content.');
  const path = await choosePath('Save content', 'content.bin');
  if (path !== null)
    await writeWhole(path, async (temporary) => {
      await copyFile(source, temporary, constants.COPYFILE_EXCL);
      await chmod(temporary, OWNER_ONLY);
    });
  return path;
}

/** Writes a file whole or not at all, readable by nobody else. Rejects with a sentence for the user. */
async function writeWhole(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.new`;
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new Error(`The content could not be saved: ${explainDiskError(error)}.`);
  }
}

function writeNew(path: string, bytes: Buffer): Promise<void> {
  return writeFile(path, bytes, { mode: OWNER_ONLY, flag: 'wx' });
}
