import type { ContentType } from '../mime.ts';
import { bounded, type ContentFields } from './field.ts';
import { attributeFields, type MarkupForm, readForm } from './read-markup.ts';
import { DOMAIN_VALUES, page, start, uriStarts } from './wap-tokens.ts';

/** Tokens of EMN 1.0 (OMA-Push-EMN-V1_0 §7). */
const FORM: MarkupForm = {
  xml: 'application/vnd.wap.emn+xml',
  wbxml: 'application/vnd.wap.emn+wbxml',
  root: 'emn',
  vocabulary: {
    tags: [page(0x05, ['emn'])],
    attributeStarts: [
      page(0x05, [
        ...['timestamp', 'mailbox', 'mailbox=mailat:', 'mailbox=pop://', 'mailbox=imap://'].map(start),
        ...uriStarts('mailbox').slice(1),
      ]),
    ],
    attributeValues: [DOMAIN_VALUES],
    dates: ['timestamp'],
  },
};

/** Reads an email notification, as XML or WBXML (OMA-Push-EMN-V1_0 §6). Null when it is none. */
export function emailNotificationFields(bytes: Buffer, contentType: ContentType): ContentFields | null {
  const document = readForm(bytes, contentType, FORM);
  if (document === null) return null;
  const fields = attributeFields(document.root, { mailbox: 'uri', timestamp: 'time' });
  return bounded({ title: 'Email notification', fields, warnings: document.warnings });
}
