import { z } from 'zod';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A mistyped key is held to be a known one up to this many edits, and never if more than half of it is other. */
const MAX_EDITS = 3;

/**
 * What is wrong with a value that a schema refused: one line each, `where: what`, in words a person can act on.
 * `where` is the path with dots, or `profile` for the whole.
 */
export function describeIssues(schema: z.ZodType, value: unknown, issues: readonly Issue[]): string[] {
  return issues.flatMap((issue) => linesOf(schema, value, issue));
}

/** The known key that a mistyped one most probably means, or null when none is near. */
export function nearestKey(typed: string, known: readonly string[]): string | null {
  const lower = typed.toLowerCase();
  const distances = known.map((key) => ({ key, edits: editDistance(lower, key.toLowerCase()) }));
  const [nearest] = distances.sort((a, b) => a.edits - b.edits);
  if (nearest === undefined || nearest.edits > Math.min(MAX_EDITS, nearest.key.length / 2)) return null;
  return nearest.key;
}

function linesOf(schema: z.ZodType, value: unknown, issue: Issue): string[] {
  if (issue.code === 'invalid_union') {
    const fitting = issue.errors.find((branch) => !branch.some(isWrongKind));
    if (fitting !== undefined) {
      const inside = fitting.map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
      return inside.flatMap((one) => linesOf(schema, value, one));
    }
  }
  const where = issue.path.length === 0 ? 'profile' : issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = keysOf(schemaAt(schema, issue.path));
    return issue.keys.map((key) => `${where}: ${unknownKey(key, known)}`);
  }
  if (valueAt(value, issue.path) === undefined) return [`${where}: is missing`];
  return [`${where}: ${sentence(schemaAt(schema, issue.path), issue)}`];
}

function sentence(schema: z.ZodType | null, issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return wrongKind(issue.expected);
    case 'too_small':
    case 'too_big':
      return wrongSize(schema, issue);
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    default:
      // The schema's own words.
      return issue.message;
  }
}

function wrongKind(expected: string): string {
  switch (expected) {
    case 'string':
      return 'must be text, in quotes';
    case 'number':
    case 'int':
      return 'must be a whole number';
    case 'boolean':
      return 'must be true or false';
    case 'array':
      return 'must be a list, in square brackets';
    case 'object':
      return 'must be a group of settings, in braces';
    default:
      return `must be of the kind ${expected}`;
  }
}

function wrongSize(
  schema: z.ZodType | null,
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
): string {
  const [limit, words] =
    issue.code === 'too_small' ? [Number(issue.minimum), 'at least'] : [Number(issue.maximum), 'at most'];
  const bare = schema === null ? null : unwrap(schema);
  switch (issue.origin) {
    case 'string':
      return limit === 1 && words === 'at least'
        ? 'must not be empty'
        : `must have ${words} ${limit} characters`;
    case 'array':
      if (words === 'at most') return `must have at most ${limit} entries`;
      return limit === 1 ? 'must not be empty: name at least one' : `must have at least ${limit} entries`;
    default:
      if (bare instanceof z.ZodNumber && isLimit(bare.minValue) && isLimit(bare.maxValue)) {
        return `must be from ${bare.minValue} to ${bare.maxValue}`;
      }
      return `must be ${words} ${limit}`;
  }
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearestKey(key, known);
  return `unknown setting \`${key}\`${meant === null ? '' : `; did you mean \`${meant}\`?`}`;
}

/** Whether the value is of another kind altogether, so that this branch of a union was not meant. */
function isWrongKind(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function isLimit(value: number | null): boolean {
  return value !== null && Math.abs(value) < Number.MAX_SAFE_INTEGER;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[String(key)] : undefined), value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The schema of a setting, or null for what is in no object of the schema. */
function schemaAt(schema: z.ZodType, path: Path): z.ZodType | null {
  let found: z.ZodType | null = schema;
  for (const key of path) {
    const outer: z.ZodType | null = found === null ? null : unwrap(found);
    found =
      outer instanceof z.ZodObject ? ((outer.shape[String(key)] as z.ZodType | undefined) ?? null) : null;
  }
  return found;
}

function keysOf(schema: z.ZodType | null): readonly string[] {
  const bare = schema === null ? null : unwrap(schema);
  return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
}

/** A schema without its default, and without what makes it optional or nullable. */
function unwrap(schema: z.ZodType): z.ZodType {
  const { def } = schema;
  return 'innerType' in def ? unwrap(def.innerType as z.ZodType) : schema;
}

/** Insertions, removals, replacements and swaps of neighbours that make one text of the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          at(current, column - 1) + 1,
          at(last, column) + 1,
          at(last, column - 1) + (same ? 0 : 1),
          swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
