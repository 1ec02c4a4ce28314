import type { ContentType } from '../mime.ts';
import { deviceManagementFields } from './device-management.ts';
import { emailNotificationFields } from './email-notification.ts';
import type { ContentFields } from './field.ts';
import { mmsFields } from './mms.ts';
import { provisioningFields } from './provisioning.ts';
import { serviceIndicationFields } from './service-indication.ts';
import { serviceLoadingFields } from './service-loading.ts';
import { suplInitFields } from './supl-init.ts';
import { vcardFields } from './vcard.ts';

/** What became of looking for known facts: `unreadable` when the type is known, but the bytes are not of it. */
export type Recognition =
  | { readonly kind: 'recognised'; readonly content: ContentFields }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'unknown' };

type Reader = (bytes: Buffer, contentType: ContentType) => ContentFields | null;

/** Each takes the content types that it knows and answers null to others. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['text/vnd.wap.si', serviceIndicationFields],
  ['application/vnd.wap.sic', serviceIndicationFields],
  ['text/vnd.wap.sl', serviceLoadingFields],
  ['application/vnd.wap.slc', serviceLoadingFields],
  ['application/vnd.wap.mms-message', mmsFields],
  ['application/vnd.omaloc-supl-init', suplInitFields],
  ['text/vcard', vcardFields],
  ['text/x-vcard', vcardFields],
  ['text/directory', vcardFields],
  ['text/vnd.wap.connectivity-xml', provisioningFields],
  ['application/vnd.wap.connectivity-wbxml', provisioningFields],
  ['application/vnd.syncml.notification', deviceManagementFields],
  ['application/vnd.wap.emn+xml', emailNotificationFields],
  ['application/vnd.wap.emn+wbxml', emailNotificationFields],
]);

/** What a content of a known type says, by its declared type; each reader names its specification. Never throws. */
export function recogniseContent(bytes: Buffer, contentType: ContentType): Recognition {
  const reader = READERS.get(contentType.type);
  if (reader === undefined) return { kind: 'unknown' };
  const content = reader(bytes, contentType);
  return content === null ? { kind: 'unreadable' } : { kind: 'recognised', content };
}
