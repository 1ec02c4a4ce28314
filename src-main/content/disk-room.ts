import { statfs } from 'node:fs/promises';
import { explainDiskError } from './disk-error.ts';

/** Room that must stay free on a disk beside all files. */
const KEPT_FREE_BYTES = 16 * 1024 * 1024;

/** Room that a file on its way will take; `left` is what it has not taken yet, in bytes. */
export type RoomClaim = { readonly folder: string; left: number };

/** In the order they were made. */
const claims = new Set<RoomClaim>();

/**
 * Claims room for a file of this size, null where it is not known, so that files that come at once are not all promised
 * the same room. Rejects with a sentence when the disk has no such room beside earlier claims, or the folder is missing.
 */
export async function claimRoom(folder: string, size: number | null): Promise<RoomClaim> {
  const claim: RoomClaim = { folder, left: size ?? 0 };
  claims.add(claim);
  try {
    await checkRoom(folder, claim.left, claim);
    return claim;
  } catch (error) {
    claims.delete(claim);
    throw error;
  }
}

/** The file is whole or gone. */
export function releaseRoom(claim: RoomClaim): void {
  claims.delete(claim);
}

/**
 * Whether the disk of a folder has room for so many bytes, null where that is not known, and some more, beside what is
 * claimed there, or was before `own`. Rejects with a sentence when it has not, or the folder is missing.
 */
export async function checkRoom(
  folder: string,
  bytes: number | null,
  own: RoomClaim | null = null,
): Promise<void> {
  let free: number;
  try {
    const { bavail, bsize } = await statfs(folder);
    free = bavail * bsize;
  } catch (error) {
    throw new Error(`The folder ${folder} cannot be used: ${explainDiskError(error)}`);
  }
  if (free < (bytes ?? 0) + claimedBefore(folder, own) + KEPT_FREE_BYTES)
    throw new Error(`There is not enough room on the disk of ${folder}.`);
}

/** Other folders may be on other disks. */
function claimedBefore(folder: string, own: RoomClaim | null): number {
  let sum = 0;
  for (const claim of claims) {
    if (claim === own) break;
    if (claim.folder === folder) sum += claim.left;
  }
  return sum;
}
