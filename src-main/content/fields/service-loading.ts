import type { ContentType } from '../mime.ts';
import { bounded, type ContentFields, field } from './field.ts';
import { attributeFields, type MarkupForm, readForm } from './read-markup.ts';
import { DOMAIN_VALUES, page, start, uriStarts } from './wap-tokens.ts';

/** Tokens of SL 1.0 (WAP-168 §9.2, §9.3). */
const FORM: MarkupForm = {
  xml: 'text/vnd.wap.sl',
  wbxml: 'application/vnd.wap.slc',
  root: 'sl',
  vocabulary: {
    tags: [page(0x05, ['sl'])],
    attributeStarts: [
      page(0x05, [
        ...['execute-low', 'execute-high', 'cache'].map((action) => start(`action=${action}`)),
        ...uriStarts('href'),
      ]),
    ],
    attributeValues: [DOMAIN_VALUES],
    dates: [],
  },
};
/** What a document without an action means (WAP-168 §5.2). */
const DEFAULT_ACTION = 'execute-low';

/** Reads a Service Loading, as XML or WBXML (WAP-168). Null when it is none. What it names is not loaded. */
export function serviceLoadingFields(bytes: Buffer, contentType: ContentType): ContentFields | null {
  const document = readForm(bytes, contentType, FORM);
  if (document === null) return null;
  const fields = [
    ...attributeFields(document.root, { href: 'uri', action: 'text' }),
    ...(document.root.attributes.has('action') ? [] : [field('action', `${DEFAULT_ACTION} (default)`)]),
  ];
  return bounded({ title: 'Service Loading', fields, warnings: document.warnings });
}
