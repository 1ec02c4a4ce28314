import { mkdir } from 'node:fs/promises';
import { explainDiskError } from '../../content/disk-error.ts';
import { IncomingFile } from '../../content/incoming-file.ts';
import type { Handover, HandResult } from './handover.ts';
import { openContent } from './handover.ts';

/**
 * Saves a copy of the content in a folder, made when missing: under its own name or the first numbered one that is free,
 * readable by its owner only, and never as a program. Once the signal fires no more is written, and nothing is left.
 * Never rejects.
 */
export async function saveToFolder(
  { name, content }: Handover,
  folder: string,
  signal: AbortSignal,
): Promise<HandResult> {
  let file: IncomingFile | null = null;
  try {
    signal.throwIfAborted();
    await mkdir(folder, { recursive: true });
    file = await IncomingFile.create({ folder, name, size: null });
    let position = 0;
    for await (const chunk of await openContent(content)) {
      signal.throwIfAborted();
      const bytes = chunk as Buffer;
      await file.write(position, bytes);
      position += bytes.length;
    }
    const finished = await file.finish({ size: position, sha1: null });
    if (finished.kind === 'ok') return { ok: true, title: 'Saved to folder', detail: finished.path };
    return failed(finished.reason);
  } catch (error) {
    await file?.discard().catch(() => {});
    return failed(signal.aborted ? 'The terminal was closed.' : `${folder}: ${explainDiskError(error)}`);
  }
}

function failed(detail: string): HandResult {
  return { ok: false, title: 'Not saved to folder', detail };
}
