import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Megabytes (MiB) that a trace may hold. */
export const TRACE_SIZES = [16, 64, 256] as const;

export const traceSettingsSchema = z.strictObject({
  /** Whether the trace is there again after a restart: it is then written to disk too. */
  keep: z.boolean(),
  /** The oldest is forgotten beyond this. */
  megabytes: z.literal(TRACE_SIZES),
});
export type TraceSettings = z.infer<typeof traceSettingsSchema>;

/** Nothing of the trace is written to disk unless the user says so. */
export const DEFAULT_SETTINGS: TraceSettings = { keep: false, megabytes: 64 };

/** The settings of the data folder; the defaults where the file is missing or damaged. */
export async function readTraceSettings(folder: string): Promise<TraceSettings> {
  try {
    return traceSettingsSchema.parse(JSON.parse(await readFile(pathIn(folder), 'utf8')));
  } catch {
    return DEFAULT_SETTINGS;
  }
}

export async function writeTraceSettings(folder: string, settings: TraceSettings): Promise<void> {
  const path = pathIn(folder);
  await writeFile(`${path}.new`, JSON.stringify(settings), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function pathIn(folder: string): string {
  return join(folder, 'trace.json');
}
