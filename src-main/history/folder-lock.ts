import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Held while a history is open; `release` lets another instance have the folder. */
export type FolderLock = { readonly release: () => Promise<void> };

/**
 * Takes a data folder for this process. The lock names the process, so that one left by a crash is seen to be stale.
 * Rejects with a sentence when a living process holds it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, 'lock');
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = Number(await readFile(path, 'utf8').catch(() => ''));
      if (holder === process.pid || isAlive(holder)) {
        throw new Error(`${folder} is in use by another instance of Push Terminal (process ${holder}).`);
      }
      await rm(path, { force: true });
    }
  }
  throw new Error(`${folder} cannot be locked.`);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
