import { readExternalBody } from './external-body.ts';
import { type ContentPart, MAX_PART_COUNT, partsInOrder } from './part-tree.ts';

/** What counts for a part that cannot be looked into: anything may be inside. */
const UNKNOWN = 'application/octet-stream';
const CONTAINER = /^(?:multipart\/.+|message\/cpim|application\/vnd\.oma\.push)$/;

/** Whether content of this type, in lower case and without parameters, may have parts of other types. */
export function isContainerType(type: string): boolean {
  return CONTAINER.test(type);
}

/**
 * The media types of every part that holds content itself, each once, in lower case: of a reference also the type of what
 * it names (RFC 4483 §5.8). A container that could not be opened, or not to its end, counts as one of unknown type.
 * With `takes`, of alternatives only the last counts of which all is taken (RFC 2046 §5.1.4).
 */
export function leafTypes(
  tree: ContentPart,
  takes: (type: string) => boolean = () => false,
): readonly string[] {
  const isWhole = partsInOrder(tree).length < MAX_PART_COUNT;
  const types = typesWithin(tree, takes);
  return [...new Set(isWhole ? types : [...types, UNKNOWN])];
}

function typesWithin(part: ContentPart, takes: (type: string) => boolean): readonly string[] {
  if (part.children.length === 0) return typesOf(part);
  const children = part.children.map((child) => typesWithin(child, takes));
  const isChoice = part.contentType.type === 'multipart/alternative';
  const chosen = isChoice ? children.findLast((types) => types.length > 0 && types.every(takes)) : undefined;
  return chosen ?? children.flat();
}

function typesOf({ kind, contentType: { type }, declared, bytes }: ContentPart): readonly string[] {
  if (kind === 'external') {
    const found = readExternalBody(declared ?? type, bytes);
    // What the sender can do without is no reason to refuse the rest (RFC 4483 §5.5).
    if (found.kind === 'ok' && found.reference.optional) return [];
    const inner = found.kind === 'ok' ? found.reference.innerType : null;
    return inner === null ? [type] : [type, bareType(inner)];
  }
  // The specification only names application/vnd.oma.push: what does not open is content of that type.
  return isContainerType(type) && type !== 'application/vnd.oma.push' ? [type, UNKNOWN] : [type];
}

function bareType(type: string): string {
  return (type.split(';')[0] ?? '').trim().toLowerCase();
}
