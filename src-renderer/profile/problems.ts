import { type Profile, readProfile } from '../../src-main/ipc/contract.ts';
import { type FieldName, NEW_VALUES, profileOf, type TextField, type Values } from './values.ts';

/** What is wrong, beside the field it is wrong in. */
export type Problems = ReadonlyMap<FieldName, string>;

export type Checked =
  | { readonly kind: 'ok'; readonly profile: Profile }
  | { readonly kind: 'bad'; readonly problems: Problems };

/** Sizes of rules are typed with their unit, so that the schema's words about numbers do not fit. */
const RULE_SIZE = /^files\.rules\.\d+\.(?:min|max)Bytes$/;

/** Checks what stands in the form by the schema of profiles. */
export function checkValues(values: Values): Checked {
  const read = readProfile(profileOf(values));
  return read.kind === 'ok' ? read : { kind: 'bad', problems: problemsByField(read.problems) };
}

/** Sorts lines such as `files.answerWithin: must be …` by field; the first of a field counts. */
export function problemsByField(lines: readonly string[]): Problems {
  const found = new Map<FieldName, string>();
  for (const line of lines) {
    const colon = line.indexOf(': ');
    const path = line.slice(0, colon);
    const sentence = RULE_SIZE.test(path)
      ? 'has a size that cannot be read: write 64 KiB or 10 MB'
      : line.slice(colon + 2);
    const { field, entry } = fieldOf(path);
    if (!found.has(field)) found.set(field, entry === null ? sentence : `entry ${entry + 1} ${sentence}`);
  }
  return found;
}

/** Secrets that an imported file left out, that are in use, and that nobody has typed in yet. */
export function stillMissing(missing: readonly string[], values: Values): Problems {
  const inUse = secretsInUse(values);
  return new Map([...problemsByField(missing)].filter(([field]) => inUse.get(field) === ''));
}

function secretsInUse(values: Values): ReadonlyMap<FieldName, string> {
  const { signIn, operatorKey } = values;
  const operatorField = `auth.aka.${operatorKey}` as const;
  const fields: readonly TextField[] =
    signIn === 'password' ? ['auth.password'] : ['auth.aka.k', operatorField];
  return new Map(signIn === 'none' ? [] : fields.map((field) => [field, values[field]]));
}

/** The field of a setting, and for a list that stands in one field which of its entries. */
function fieldOf(path: string): { readonly field: FieldName; readonly entry: number | null } {
  if (path === 'core') return { field: 'core.0', entry: null };
  if (path.startsWith('core.')) return { field: path as FieldName, entry: null };
  const subscription = /^(subscriptions\.\d+\.\w+)(?:\.(\d+))?$/.exec(path);
  if (subscription !== null) {
    const [, field = '', entry] = subscription;
    return { field: field as FieldName, entry: entry === undefined ? null : Number(entry) };
  }
  if (Object.hasOwn(NEW_VALUES, path)) return { field: path as FieldName, entry: null };
  const [, rule] = /^files\.rules\.(\d+)(?:\.|$)/.exec(path) ?? [];
  if (rule !== undefined) return { field: 'files.rules', entry: Number(rule) };
  const [, list = '', entry = ''] = /^(.*)\.(\d+)$/.exec(path) ?? [];
  if (Object.hasOwn(NEW_VALUES, list)) return { field: list as FieldName, entry: Number(entry) };
  // A group as a whole, such as auth: its first field.
  const first = Object.keys(NEW_VALUES).find((key) => key.startsWith(`${path}.`)) ?? 'name';
  return { field: first as FieldName, entry: null };
}
