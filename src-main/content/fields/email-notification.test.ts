import { describe, expect, it } from 'vitest';
import { emailNotificationFields } from './email-notification.ts';
import { EMN_WBXML, EMN_XML, typeOf } from './test-samples.ts';

describe('emailNotificationFields', () => {
  it.each([
    ['application/vnd.wap.emn+wbxml', EMN_WBXML, 'mailat:bob@example.com/'],
    ['application/vnd.wap.emn+xml', EMN_XML, 'imap://bob@mail.example.com/'],
  ])('reads %s (OMA-Push-EMN-V1_0)', (type, bytes, mailbox) => {
    expect(emailNotificationFields(bytes, typeOf(type))).toEqual({
      title: 'Email notification',
      fields: [
        { name: 'mailbox', value: mailbox, kind: 'uri' },
        { name: 'timestamp', value: '2026-11-21T12:30:00Z', kind: 'time' },
      ],
      warnings: [],
    });
  });

  it('is null for another type', () => {
    expect(emailNotificationFields(EMN_XML, typeOf('text/xml'))).toBeNull();
  });
});
