import { open, rename, rm } from 'node:fs/promises';
import type { ExportFormat } from '../formats.ts';
import type { Trace } from '../trace.ts';
import { type ExportScope, exportRecords } from './exporter.ts';

/**
 * Writes records to a file, which appears under its name only when whole. Answers how many there were; rejects with the
 * error of the system.
 */
export async function writeExport(
  trace: Trace,
  path: string,
  what: { readonly format: ExportFormat; readonly scope: ExportScope; readonly program: string },
): Promise<number> {
  const { pieces, count } = exportRecords(() => trace.from(1), what.format, what.scope, what.program);
  const part = `${path}.part`;
  try {
    const file = await open(part, 'w', 0o600);
    try {
      for await (const piece of pieces) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return count();
}
