import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../agent/live-push.ts';
import { type Profile, readProfile } from '../agent/profile.ts';

/** The part of Electron's safeStorage that is used. */
export type SecretBox = {
  readonly isEncryptionAvailable: () => boolean;
  readonly encryptString: (text: string) => Buffer;
  readonly decryptString: (bytes: Buffer) => string;
};

/** A password on disk: sealed by the system's key store, or as it is where there is none. */
const storedSchema = z.array(
  z.object({
    profile: z.record(z.string(), z.unknown()),
    password: z
      .discriminatedUnion('kind', [
        z.object({ kind: z.literal('sealed'), base64: z.string() }),
        z.object({ kind: z.literal('plain'), text: z.string() }),
      ])
      .nullable(),
  }),
);
type Stored = z.infer<typeof storedSchema>[number];

export type LoadedProfiles = {
  readonly profiles: readonly Profile[];
  /** What could not be read, in sentences for the user. */
  readonly problems: readonly string[];
};

/** The profiles a user made, in one file of the data folder; passwords sealed where the system can. */
export class ProfileStore {
  readonly #path: string;
  readonly #box: SecretBox;
  /** Entries that could not be opened here; they stay in the file, for a later version or another key store. */
  #unopened: readonly Stored[] = [];
  #lastSave: Promise<void> = Promise.resolve();

  constructor(dataFolder: string, box: SecretBox) {
    this.#path = join(dataFolder, 'profiles.json');
    this.#box = box;
  }

  /** False where passwords stand in the file as they are; the user should know. */
  get sealsPasswords(): boolean {
    return this.#box.isEncryptionAvailable();
  }

  /**
   * Reads what is kept. A damaged file is put aside, a profile that no longer passes is left out and named. Rejects
   * with a sentence when the file is there but cannot be read.
   */
  async load(): Promise<LoadedProfiles> {
    const text = await this.#read();
    if (text === null) return { profiles: [], problems: [] };
    const stored = storedSchema.safeParse(parseJson(text));
    if (!stored.success) {
      const aside = `${this.#path}.damaged-${Date.now()}`;
      await rename(this.#path, aside);
      return { profiles: [], problems: [`The profiles could not be read; the file is kept as ${aside}.`] };
    }
    const opened = stored.data.map((entry) => ({ entry, read: this.#open(entry) }));
    this.#unopened = opened.flatMap(({ entry, read }) => (typeof read === 'string' ? [entry] : []));
    return {
      profiles: opened.flatMap(({ read }) => (typeof read === 'string' ? [] : [read])),
      problems: opened.flatMap(({ read }) => (typeof read === 'string' ? [read] : [])),
    };
  }

  /** Replaces what is kept, whole or not at all, one save after the other. */
  save(profiles: readonly Profile[]): Promise<void> {
    const names = new Set(profiles.map((profile) => profile.name));
    this.#unopened = this.#unopened.filter((entry) => !names.has(nameOf(entry)));
    const stored = [...profiles.map((profile) => this.#seal(profile)), ...this.#unopened];
    const saved = this.#lastSave.then(() => this.#write(stored));
    this.#lastSave = saved.catch(() => {});
    return saved;
  }

  /** Forgets an entry that could not be opened, so that the next save leaves it out. */
  forget(name: string): void {
    this.#unopened = this.#unopened.filter((entry) => nameOf(entry) !== name);
  }

  async #read(): Promise<string | null> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw new Error(`The profiles cannot be read: ${messageOf(error)}`);
    }
  }

  async #write(stored: readonly Stored[]): Promise<void> {
    await writeFile(`${this.#path}.new`, JSON.stringify(stored, null, 2), { mode: 0o600 });
    await rename(`${this.#path}.new`, this.#path);
  }

  #seal(profile: Profile): Stored {
    if (profile.auth === undefined) return { profile, password: null };
    const { password, ...auth } = profile.auth;
    return {
      profile: { ...profile, auth },
      password: this.sealsPasswords
        ? { kind: 'sealed', base64: this.#box.encryptString(password).toString('base64') }
        : { kind: 'plain', text: password },
    };
  }

  #open(entry: Stored): Profile | string {
    const { auth } = entry.profile;
    const name = nameOf(entry);
    let value = entry.profile;
    if (typeof auth === 'object' && auth !== null) {
      const password = this.#password(entry);
      if (password === null)
        return `The password of ${name} cannot be unsealed on this system; add it again.`;
      value = { ...entry.profile, auth: { ...auth, password } };
    }
    const read = readProfile(value);
    return read.kind === 'ok' ? read.profile : `The profile ${name} is left out: ${read.problems.join('; ')}`;
  }

  #password({ password }: Stored): string | null {
    if (password === null) return null;
    if (password.kind === 'plain') return password.text;
    try {
      return this.#box.decryptString(Buffer.from(password.base64, 'base64'));
    } catch {
      return null;
    }
  }
}

function nameOf(entry: Stored): string {
  return String(entry.profile['name']);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
