/** An element of an XML or WBXML document. Names are as they were written, prefixes included. */
export type MarkupElement = {
  readonly kind: 'element';
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly MarkupNode[];
};

/** What stands in an element. */
export type MarkupNode = MarkupElement | { readonly kind: 'text'; readonly text: string };

/** What became of reading markup: `root` is as much as could be read. Sentences in `reason` and `warnings`. */
export type MarkupResult =
  | { readonly kind: 'ok'; readonly root: MarkupElement; readonly warnings: readonly string[] }
  | { readonly kind: 'bad'; readonly reason: string };

/** Elements within elements that are read. */
export const MAX_MARKUP_DEPTH = 32;

/** The elements right within another, of one name or of any. */
export function childElements(parent: MarkupElement, name: string | null = null): readonly MarkupElement[] {
  return parent.children.filter(
    (child): child is MarkupElement =>
      child.kind === 'element' && (name === null || localName(child.name) === name),
  );
}

/** All text within an element, in order. Depth is bounded by the readers. */
export function textOf(element: MarkupElement): string {
  return element.children.map((child) => (child.kind === 'text' ? child.text : textOf(child))).join('');
}

/** A name without its namespace prefix. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
