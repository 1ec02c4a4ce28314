import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type AppPermissions, NO_PERMISSIONS } from '../agent/applications/handover.ts';

const permissionsSchema = z.object({ commands: z.boolean(), webhooks: z.boolean() });

/**
 * What the user lets handlers start, in a file of the data folder. It stands apart from profiles, so that an imported
 * profile can never allow itself anything. A missing or damaged file allows nothing.
 */
export class PermissionStore {
  readonly #path: string;
  #current: AppPermissions;
  #lastSave: Promise<void> = Promise.resolve();

  private constructor(path: string, current: AppPermissions) {
    this.#path = path;
    this.#current = current;
  }

  static async open(dataFolder: string): Promise<PermissionStore> {
    const path = join(dataFolder, 'permissions.json');
    try {
      return new PermissionStore(path, permissionsSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
    } catch {
      return new PermissionStore(path, NO_PERMISSIONS);
    }
  }

  get current(): AppPermissions {
    return this.#current;
  }

  /** Holds at once, and is kept for the next start. */
  change(permissions: AppPermissions): Promise<void> {
    this.#current = permissions;
    const saved = this.#lastSave.then(async () => {
      await writeFile(`${this.#path}.new`, JSON.stringify(permissions, null, 2), { mode: 0o600 });
      await rename(`${this.#path}.new`, this.#path);
    });
    this.#lastSave = saved.catch(() => {});
    return saved;
  }
}
