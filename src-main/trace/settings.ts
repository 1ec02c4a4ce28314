import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TraceSettings, traceSettingsSchema } from './settings-schema.ts';

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
