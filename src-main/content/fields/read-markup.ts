import { localName, type MarkupElement, type MarkupResult } from '../markup.ts';
import type { ContentType } from '../mime.ts';
import { readWbxml, type WbxmlVocabulary } from '../wbxml.ts';
import { readXml } from '../xml-tree.ts';
import { type ContentField, field } from './field.ts';

/** A document type of the WAP Forum that comes as XML or as WBXML. */
export type MarkupForm = {
  readonly xml: string;
  readonly wbxml: string;
  readonly root: string;
  readonly vocabulary: WbxmlVocabulary;
};

/** A document of that form, or what is wrong with it; null when the content type is another. */
export function readForm(
  bytes: Buffer,
  contentType: ContentType,
  form: MarkupForm,
): Extract<MarkupResult, { readonly kind: 'ok' }> | null {
  const isXml = contentType.type === form.xml;
  if (!isXml && contentType.type !== form.wbxml) return null;
  const result = isXml
    ? readXml(bytes, contentType.parameters.get('charset') ?? null)
    : readWbxml(bytes, form.vocabulary);
  return result.kind === 'ok' && localName(result.root.name) === form.root ? result : null;
}

/** The attributes of an element as fields: those with a known kind first to last as given, then all others as text. */
export function attributeFields(
  element: MarkupElement,
  kinds: Readonly<Record<string, ContentField['kind']>>,
): readonly ContentField[] {
  const known = Object.entries(kinds).flatMap(([name, kind]) => {
    const value = element.attributes.get(name);
    return value === undefined ? [] : [field(name, value, kind)];
  });
  const others = [...element.attributes].filter(([name]) => !Object.hasOwn(kinds, name));
  return [...known, ...others.map(([name, value]) => field(name, value))];
}
