import type { WbxmlAttributeStart } from '../wbxml.ts';

/** A code page from its first token on; null where a token is not assigned. */
export function page<Meaning>(
  first: number,
  meanings: readonly (Meaning | null)[],
): ReadonlyMap<number, Meaning> {
  const entries = meanings.map((meaning, index): [number, Meaning | null] => [first + index, meaning]);
  return new Map(entries.filter((entry): entry is [number, Meaning] => entry[1] !== null));
}

/** An attribute, or an attribute and how its value begins, from `name` or `name=prefix`. */
export function start(text: string): WbxmlAttributeStart {
  const equals = text.indexOf('=');
  return equals < 0
    ? { name: text, prefix: '' }
    : { name: text.slice(0, equals), prefix: text.slice(equals + 1) };
}

/** The four ways in which a URI attribute begins in WAP's documents, and the attribute alone before them. */
export function uriStarts(name: string): readonly WbxmlAttributeStart[] {
  return ['', '=http://', '=http://www.', '=https://', '=https://www.'].map((rest) =>
    start(`${name}${rest}`),
  );
}

/** Attribute value tokens that SI, SL and EMN share (WAP-167 §9.3.2, WAP-168 §9.3.2, OMA-Push-EMN §7). */
export const DOMAIN_VALUES: ReadonlyMap<number, string> = page(0x85, ['.com/', '.edu/', '.net/', '.org/']);
