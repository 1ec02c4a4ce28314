import { link, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from './disk-error.ts';
import { numberedName } from './file-name.ts';

/** How many numbered names are tried before giving up. */
const MAX_NAME_TRIES = 10_000;
/** What link() says on disks that know no links, such as FAT and some network shares. */
const NO_LINKS: readonly (string | null)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * Moves a file to `name` in a folder, or to the first numbered name that is free, and makes the move durable. Never
 * overwrites, also when two files come to the same name at once (RFC 2183 §2.3). Resolves with the path; rejects with
 * the file system's error, and then the file is where it was.
 */
export async function placeFile(part: string, folder: string, name: string): Promise<string> {
  for (let number = 1; number <= MAX_NAME_TRIES; number += 1) {
    const path = join(folder, number === 1 ? name : numberedName(name, number));
    try {
      await moveToFreeName(part, path);
    } catch (error) {
      if (errorCode(error) === 'EEXIST') continue;
      throw error;
    }
    await syncFolder(folder);
    return path;
  }
  throw new Error(`there are too many files called ${name}`);
}

/** Rejects with EEXIST when the name is taken. */
async function moveToFreeName(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!NO_LINKS.includes(errorCode(error))) throw error;
    await moveOverReservation(from, to);
    return;
  }
  await rm(from, { force: true });
}

/** rename() overwrites, so an empty file of our own takes the name first. */
async function moveOverReservation(from: string, to: string): Promise<void> {
  const reservation = await open(to, 'wx', 0o600);
  await reservation.close();
  try {
    await rename(from, to);
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
}

/** A new name is durable only once its folder is (POSIX); Windows cannot open folders and needs no such step. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
