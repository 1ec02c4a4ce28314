import { randomUUID } from 'node:crypto';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../agent/live-push.ts';
import {
  escapeVariables,
  expandEnvironment,
  type Profile,
  profileSchema,
  readProfile,
  unsetVariables,
} from '../agent/profile.ts';
import { jsonProblem } from './json-position.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type ReadProfile =
  | {
      readonly kind: 'ok';
      readonly profile: Profile;
      /** Secrets that the file leaves to a variable which is not set, as `where: what`; they are empty in the profile. */
      readonly missing: readonly string[];
    }
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

/** A profile is a page of text; what is larger is another file. */
const MAX_PROFILE_BYTES = 256 * 1024;
const DEFAULTS = {
  ...profileSchema.parse({ name: 'x', aor: 'sip:a@b', core: 'sip:a' }),
  // These have none.
  ...{ name: undefined, aor: undefined, core: undefined },
};
/** Settings that are a secret, by their path, with the ending of the variable that stands for them. */
const SECRETS: ReadonlyMap<string, string> = new Map([
  ['auth.password', 'PASSWORD'],
  ['auth.aka.k', 'K'],
  ['auth.aka.op', 'OP'],
  ['auth.aka.opc', 'OPC'],
]);
/** Passes for any secret while the rest of a profile is checked. */
const STAND_IN = '0'.repeat(32);

/**
 * A profile as the text of a JSON file that `importProfile` and the command line read: without what has its default,
 * one core as one text, and without its secrets, unless they are asked for, variables such as `${BOB_DESK_PASSWORD}`.
 */
export function exportProfile(profile: Profile, { secrets }: { readonly secrets: boolean }): string {
  const prefix = variablePrefix(profile.name);
  const written = mapTexts(withoutDefaults(profile), (text, path) => {
    const secret = SECRETS.get(path);
    return secret === undefined || secrets ? escapeVariables(text) : `\${${prefix}_${secret}}`;
  });
  return `${JSON.stringify(written, null, 2)}\n`;
}

/**
 * Reads a profile from the text of a JSON file. Variables come from the environment; a secret whose variable is not
 * set is left empty and named. Never throws.
 */
export function importProfile(text: string, environment: Environment): ReadProfile {
  const json = text.replace(/^\uFEFF/, '');
  const problem = jsonProblem(json);
  if (problem !== null) return { kind: 'bad', problems: [`The file is not JSON: ${problem}`] };
  const missing = new Map<string, string>();
  const unset: string[] = [];
  const value = mapTexts(JSON.parse(json), (written, path) => {
    const absent = unsetVariables(written, environment);
    if (absent.length === 0) return expandEnvironment(written, environment) as string;
    const names = absent.map((name) => `\${${name}}`).join(', ');
    if (SECRETS.has(path)) {
      missing.set(path, `${path}: not in the file, which takes it from ${names}; type it in`);
      return STAND_IN;
    }
    unset.push(`${path}: takes its value from ${names}, which is not set here`);
    return written;
  });
  if (unset.length > 0) return { kind: 'bad', problems: unset };
  const read = readProfile(value);
  if (read.kind === 'bad') return read;
  const profile = mapTexts(read.profile, (own, path) => (missing.has(path) ? '' : own)) as Profile;
  return { kind: 'ok', profile, missing: [...missing.values()] };
}

/** Reads a profile file; what is wrong with the file itself is a problem like any other. */
export async function readProfileFile(path: string, environment: Environment): Promise<ReadProfile> {
  const bad = (problem: string): ReadProfile => ({ kind: 'bad', problems: [`${basename(path)} ${problem}`] });
  try {
    const file = await open(path);
    try {
      // One byte more than allowed is asked for, so that no file is read whole only to be refused.
      const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_PROFILE_BYTES + 1));
      if (bytesRead > MAX_PROFILE_BYTES)
        return bad(`is larger than ${MAX_PROFILE_BYTES / 1024} KiB, so it is no profile.`);
      return importProfile(buffer.toString('utf8', 0, bytesRead), environment);
    } finally {
      await file.close();
    }
  } catch (error) {
    return bad(`cannot be read: ${messageOf(error)}`);
  }
}

/** Writes a profile file whole or not at all, readable by nobody else. Rejects with a sentence for the user. */
export async function writeProfileFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.new`;
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new Error(`The profile could not be written: ${messageOf(error)}`);
  }
}

/** `bob-desk` gives `BOB_DESK`: the beginning of the variables that stand for a profile's secrets. */
function variablePrefix(name: string): string {
  const words = name
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  if (words === '') return 'PROFILE';
  return /^\d/.test(words) ? `PROFILE_${words}` : words;
}

/** The settings of a profile that have not their default, in the order of the schema. */
function withoutDefaults(profile: Profile): unknown {
  const [first] = profile.core;
  const own = differences({ ...profile }, DEFAULTS);
  return profile.core.length === 1 ? { ...own, core: first } : own;
}

/** What differs, inside groups of settings too. Null is always a default. */
function differences(
  settings: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings)
      .filter(([key, value]) => value !== null && !isDeepStrictEqual(value, defaults[key]))
      .map(([key, value]) => {
        const standard = defaults[key];
        return [key, isGroup(value) ? differences(value, isGroup(standard) ? standard : {}) : value] as const;
      })
      .filter(([, value]) => !isGroup(value) || Object.keys(value).length > 0),
  );
}

/** Replaces every text in a JSON value; `change` gets its path with dots, such as `auth.aka.k` or `core.0`. */
function mapTexts(value: unknown, change: (text: string, path: string) => string, path = ''): unknown {
  if (typeof value === 'string') return change(value, path);
  const inside = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`);
  if (Array.isArray(value)) return value.map((item, index) => mapTexts(item, change, inside(index)));
  if (!isGroup(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapTexts(item, change, inside(key))]),
  );
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
