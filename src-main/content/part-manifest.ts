import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** What a part that may be resumed is about, so that it makes sense without the process that began it. Sizes are bytes. */
const manifestSchema = z.object({
  version: z.literal(1),
  terminal: z.string(),
  /** The push it belongs to, and the number of the file in it. */
  push: z.string(),
  index: z.int(),
  name: z.string(),
  type: z.string().nullable(),
  size: z.int().min(1),
  /** Upper-case hex with colons. */
  sha1: z.string().regex(/^[0-9A-F]{2}(?::[0-9A-F]{2}){19}$/),
  /** Who sent it, and the session it came in. */
  sender: z.string(),
  callId: z.string(),
  /**
   * Bytes from the first on that were written before one came out of order; null while none has, and then the length
   * of the part tells. What comes after is there too, but not relied on: a file-range has one start (RFC 5547 §6).
   */
  inOrder: z.int().min(0).nullable(),
});

export type PartManifest = z.output<typeof manifestSchema>;

/** A part on disk with its manifest, and how many bytes of the file's beginning it holds. */
export type UnfinishedPart = {
  readonly path: string;
  readonly manifest: PartManifest;
  readonly bytes: number;
  readonly changedAt: number;
};

/** A file smaller than this is sent again in no time. */
export const MIN_RESUMABLE_BYTES = 64 * 1024;
const MANIFEST_ENDING = '.json';
const MANIFEST_NAME = /^(\.incoming-[0-9a-f]{24}\.part)\.json$/;
const MAX_MANIFEST_BYTES = 64 * 1024;

/** Writes the manifest of a part, whole and durable. Rejects with the file system's error. */
export async function writeManifest(part: string, manifest: PartManifest): Promise<void> {
  const path = part + MANIFEST_ENDING;
  const handle = await open(`${path}.new`, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(manifest));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
}

/** The part with its manifest; null when either is missing or the manifest is none of ours. */
export async function readPart(part: string): Promise<UnfinishedPart | null> {
  try {
    const path = part + MANIFEST_ENDING;
    if ((await stat(path)).size > MAX_MANIFEST_BYTES) return null;
    const manifest = manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    const { size, mtimeMs } = await stat(part);
    const bytes = Math.min(size, manifest.inOrder ?? size, manifest.size);
    return { path: part, manifest, bytes, changedAt: mtimeMs };
  } catch {
    return null;
  }
}

/** Every part of a folder that has a manifest, the newest first. A folder that cannot be read has none. */
export async function listParts(folder: string): Promise<readonly UnfinishedPart[]> {
  const names = await readdir(folder).catch(() => []);
  const parts: UnfinishedPart[] = [];
  for (const name of names) {
    const [, part] = MANIFEST_NAME.exec(name) ?? [];
    const found = part === undefined ? null : await readPart(join(folder, part));
    if (found !== null) parts.push(found);
  }
  return parts.sort((a, b) => b.changedAt - a.changedAt);
}

/** Removes a part and what belongs to it, as far as it is there. */
export async function removePart(part: string): Promise<void> {
  await rm(part, { force: true });
  await removeManifest(part);
}

/** Removes what belongs to a part, and leaves the part. */
export async function removeManifest(part: string): Promise<void> {
  await rm(part + MANIFEST_ENDING, { force: true });
  await rm(`${part}${MANIFEST_ENDING}.new`, { force: true });
}
