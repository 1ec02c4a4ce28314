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

/** A secret on disk: sealed by the system's key store, or as it is where there is none. */
const secretSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sealed'), base64: z.string() }),
  z.object({ kind: z.literal('plain'), text: z.string() }),
]);
type Secret = z.infer<typeof secretSchema>;

/** A profile without its secrets, and these. Version 0.1 knew passwords only, and wrote no `aka`. */
const storedSchema = z.array(
  z.object({
    profile: z.record(z.string(), z.unknown()),
    password: secretSchema.nullable(),
    /** The SIM's keys, as JSON. */
    aka: secretSchema.nullable().default(null),
  }),
);
type Stored = z.infer<typeof storedSchema>[number];

export type LoadedProfiles = {
  readonly profiles: readonly Profile[];
  /** What could not be read, in sentences for the user. */
  readonly problems: readonly string[];
};

/** The profiles a user made, in one file of the data folder; passwords and SIM keys sealed where the system can. */
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

  /** False where passwords and keys stand in the file as they are; the user should know. */
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
    if (profile.auth === undefined) return { profile, password: null, aka: null };
    const { password, aka, ...auth } = profile.auth;
    if (aka === null) {
      return {
        profile: { ...profile, auth },
        password: password === undefined ? null : this.#sealText(password),
        aka: null,
      };
    }
    const { k, op, opc, ...counters } = aka;
    return {
      profile: { ...profile, auth: { ...auth, aka: counters } },
      password: null,
      aka: this.#sealText(JSON.stringify({ k, op, opc })),
    };
  }

  #sealText(text: string): Secret {
    if (!this.sealsPasswords) return { kind: 'plain', text };
    return { kind: 'sealed', base64: this.#box.encryptString(text).toString('base64') };
  }

  #open(entry: Stored): Profile | string {
    const { auth } = entry.profile;
    const name = nameOf(entry);
    let value: unknown = entry.profile;
    if (isObject(auth)) {
      const secret = this.#unseal(entry.aka ?? entry.password);
      if (secret === null) {
        const lost = entry.aka === null ? 'password' : 'SIM key';
        return `The ${lost} of ${name} cannot be unsealed on this system; add it again.`;
      }
      const whole =
        entry.aka === null
          ? { ...auth, password: secret }
          : { ...auth, aka: { ...objectOrEmpty(auth['aka']), ...objectOrEmpty(parseJson(secret)) } };
      value = { ...entry.profile, auth: whole };
    }
    const read = readProfile(value);
    return read.kind === 'ok' ? read.profile : `The profile ${name} is left out: ${read.problems.join('; ')}`;
  }

  #unseal(secret: Secret | null): string | null {
    if (secret === null) return null;
    if (secret.kind === 'plain') return secret.text;
    try {
      return this.#box.decryptString(Buffer.from(secret.base64, 'base64'));
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOrEmpty(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}
