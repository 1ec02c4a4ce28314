import { splitList } from './name-addr.ts';
import { remember } from './remember.ts';

/** One header field: the long name as it is written out, and the unfolded value as a latin1 string. */
export type HeaderField = { readonly name: string; readonly value: string };

/** Compact forms (RFC 3261 §7.3.3 and the IANA registry). */
const COMPACT_FORMS: ReadonlyMap<string, string> = new Map([
  ['a', 'Accept-Contact'],
  ['b', 'Referred-By'],
  ['c', 'Content-Type'],
  ['d', 'Request-Disposition'],
  ['e', 'Content-Encoding'],
  ['f', 'From'],
  ['i', 'Call-ID'],
  ['j', 'Reject-Contact'],
  ['k', 'Supported'],
  ['l', 'Content-Length'],
  ['m', 'Contact'],
  ['o', 'Event'],
  ['r', 'Refer-To'],
  ['s', 'Subject'],
  ['t', 'To'],
  ['u', 'Allow-Events'],
  ['v', 'Via'],
  ['x', 'Session-Expires'],
  ['y', 'Identity'],
]);
/** Header fields whose values are comma-separated lists (RFC 3261 §7.3.1); no other value is split. */
const LISTS = new Set([
  'accept',
  'accept-contact',
  'accept-encoding',
  'accept-language',
  'allow',
  'allow-events',
  'contact',
  'content-encoding',
  'content-language',
  'p-asserted-identity',
  'p-associated-uri',
  'path',
  'proxy-require',
  'record-route',
  'reject-contact',
  'require',
  'route',
  'service-route',
  'supported',
  'unsupported',
  'via',
  'warning',
]);

/** What tells a lower-case letter from its capital. */
const CASE_BIT = 0x20;

const isList = remember((name) => LISTS.has(name.toLowerCase()));

/** The long form of a header name as written: `m` gives `Contact`, others come back unchanged. */
export function longHeaderName(name: string): string {
  return COMPACT_FORMS.get(name.toLowerCase()) ?? name;
}

/** The values of one field: its elements where it is a list, else the whole. */
export function headerValues(name: string, value: string): readonly string[] {
  // Most values are one element, list or not; whether it is one is the dearer question.
  if (!mayBeSplit(value) || !isList(name)) return [value];
  return splitList(value);
}

/** An ordered, editable list of header fields. Names are compared without regard to case. */
export class HeaderFields implements Iterable<HeaderField> {
  #fields: HeaderField[];

  constructor(fields: Iterable<HeaderField> = []) {
    this.#fields = [...fields];
  }

  [Symbol.iterator](): Iterator<HeaderField> {
    return this.#fields[Symbol.iterator]();
  }

  /** How many fields carry this name. */
  count(name: string): number {
    let found = 0;
    for (const field of this.#fields) if (hasName(field, name)) found += 1;
    return found;
  }

  /** The first value: its first element where the field is a list, else the whole. */
  first(name: string): string | undefined {
    for (const field of this.#fields) {
      if (!hasName(field, name)) continue;
      const { value } = field;
      if (!mayBeSplit(value) || !isList(name)) return value;
      const [first] = splitList(value);
      if (first !== undefined) return first;
    }
    return undefined;
  }

  /** All values in order, lists taken apart. */
  all(name: string): readonly string[] {
    const values: string[] = [];
    for (const field of this.#fields)
      if (hasName(field, name)) values.push(...headerValues(name, field.value));
    return values;
  }

  /** Adds a field after all others. */
  append(name: string, value: string): void {
    this.#fields.push({ name, value });
  }

  /** Adds a field before all others, which puts it before those of its own name. */
  prepend(name: string, value: string): void {
    this.#fields.unshift({ name, value });
  }

  /** Replaces every field of this name by one for each value, at the place of the first of them, else at the end. */
  replace(name: string, values: readonly string[]): void {
    const at = this.#fields.findIndex((field) => hasName(field, name));
    const others = this.#fields.filter((field) => !hasName(field, name));
    others.splice(at < 0 ? others.length : at, 0, ...values.map((value) => ({ name, value })));
    this.#fields = others;
  }

  remove(name: string): void {
    this.#fields = this.#fields.filter((field) => !hasName(field, name));
  }
}

/** Whether a list of this text would be anything but one element. */
function mayBeSplit(value: string): boolean {
  return value === '' || value.includes(',');
}

function hasName(field: HeaderField, name: string): boolean {
  if (field.name === name) return true;
  if (field.name.length !== name.length) return false;
  // Names are tokens, of which only letters differ in this bit alone; most differ in their first letters.
  for (let at = 0; at < name.length; at += 1)
    if ((field.name.charCodeAt(at) | CASE_BIT) !== (name.charCodeAt(at) | CASE_BIT)) return false;
  return true;
}
