import { z } from 'zod';
import { type AppPermissions, NO_PERMISSIONS } from '../agent/applications/handover.ts';
import { KEEP_ALL, type Retention } from '../history/retention.ts';
import { retentionSchema, type SavedSearch, savedSearchesSchema } from '../ipc/contract.ts';
import { SettingsFile } from './settings-file.ts';

const permissionsSchema = z.object({ commands: z.boolean(), webhooks: z.boolean() });

/** Settings of the whole app, each in a file of its own. */
export type AppSettings = {
  /**
   * What the user lets handlers start. It stands apart from profiles, so that an imported profile can never allow
   * itself anything; a missing or damaged file allows nothing.
   */
  readonly permissions: SettingsFile<AppPermissions>;
  readonly searches: SettingsFile<readonly SavedSearch[]>;
  /** What history keeps at most; a missing or damaged file means everything. */
  readonly retention: SettingsFile<Retention>;
};

/** Reads the settings in a data folder. Never rejects. */
export async function openAppSettings(dataFolder: string): Promise<AppSettings> {
  const open = <T>(name: string, schema: z.ZodType<T>, fallback: T) =>
    SettingsFile.open(dataFolder, name, schema, fallback);
  return {
    permissions: await open('permissions.json', permissionsSchema, NO_PERMISSIONS),
    searches: await open('searches.json', savedSearchesSchema, []),
    retention: await open('retention.json', retentionSchema, KEEP_ALL),
  };
}
