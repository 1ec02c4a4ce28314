import { childElements, textOf } from '../markup.ts';
import type { ContentType } from '../mime.ts';
import { bounded, type ContentField, type ContentFields, field } from './field.ts';
import { attributeFields, type MarkupForm, readForm } from './read-markup.ts';
import { DOMAIN_VALUES, page, start, uriStarts } from './wap-tokens.ts';

/** Tokens of SI 1.0 (WAP-167 §9.2, §9.3). */
const FORM: MarkupForm = {
  xml: 'text/vnd.wap.si',
  wbxml: 'application/vnd.wap.sic',
  root: 'si',
  vocabulary: {
    tags: [page(0x05, ['si', 'indication', 'info', 'item'])],
    attributeStarts: [
      page(0x05, [
        ...['signal-none', 'signal-low', 'signal-medium', 'signal-high', 'delete'].map((action) =>
          start(`action=${action}`),
        ),
        start('created'),
        ...uriStarts('href'),
        ...['si-expires', 'si-id', 'class'].map(start),
      ]),
    ],
    attributeValues: [DOMAIN_VALUES],
    dates: ['created', 'si-expires'],
  },
};
/** What an indication without an action means (WAP-167 §5.2). */
const DEFAULT_ACTION = 'signal-medium';

/** Reads a Service Indication, as XML or WBXML (WAP-167). Null when it is none. */
export function serviceIndicationFields(bytes: Buffer, contentType: ContentType): ContentFields | null {
  const document = readForm(bytes, contentType, FORM);
  const [indication] = document === null ? [] : childElements(document.root, 'indication');
  if (document === null || indication === undefined) return null;
  const message = indication.children.map((child) => (child.kind === 'text' ? child.text : '')).join('');
  const items = childElements(document.root, 'info').flatMap((info) => childElements(info, 'item'));
  const fields: readonly ContentField[] = [
    field('text', message.trim()),
    ...attributeFields(indication, {
      href: 'uri',
      action: 'text',
      'si-id': 'text',
      created: 'time',
      'si-expires': 'time',
    }),
    ...(indication.attributes.has('action') ? [] : [field('action', `${DEFAULT_ACTION} (default)`)]),
    ...items.map((item) => field(`info ${item.attributes.get('class') ?? ''}`.trim(), textOf(item))),
  ];
  return bounded({ title: 'Service Indication', fields, warnings: document.warnings });
}
