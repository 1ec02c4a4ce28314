import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';

/**
 * A setting of the whole app in a JSON file of the data folder. A missing or damaged file means the fallback. A change
 * holds at once; writes follow one another, and the file is always a whole one.
 */
export class SettingsFile<T> {
  readonly #path: string;
  #current: T;
  #lastSave: Promise<void> = Promise.resolve();

  private constructor(path: string, current: T) {
    this.#path = path;
    this.#current = current;
  }

  /** Reads `name` in the data folder, as `schema` says. Never rejects. */
  static async open<T>(
    dataFolder: string,
    name: string,
    schema: z.ZodType<T>,
    fallback: T,
  ): Promise<SettingsFile<T>> {
    const path = join(dataFolder, name);
    try {
      return new SettingsFile(path, schema.parse(JSON.parse(await readFile(path, 'utf8'))));
    } catch {
      return new SettingsFile(path, fallback);
    }
  }

  get current(): T {
    return this.#current;
  }

  /** Holds at once, and is kept for the next start. Rejects when it cannot be kept. */
  change(value: T): Promise<void> {
    this.#current = value;
    const saved = this.#lastSave.then(async () => {
      await writeFile(`${this.#path}.new`, JSON.stringify(value, null, 2), { mode: 0o600 });
      await rename(`${this.#path}.new`, this.#path);
    });
    this.#lastSave = saved.catch(() => {});
    return saved;
  }
}
