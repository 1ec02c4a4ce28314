import { describe, expect, it } from 'vitest';
import { mmsFields } from './mms.ts';
import { bytesOf, MMS_DELIVERY, MMS_NOTIFICATION, typeOf } from './test-samples.ts';

const type = typeOf('application/vnd.wap.mms-message');

describe('mmsFields', () => {
  it('reads a notification (OMA-TS-MMS_ENC-V1_3 §6.2)', () => {
    expect(mmsFields(MMS_NOTIFICATION, type)).toEqual({
      title: 'MMS notification',
      fields: [
        { name: 'X-Mms-Message-Type', value: 'm-notification-ind', kind: 'text' },
        { name: 'X-Mms-Transaction-Id', value: 'T12345', kind: 'text' },
        { name: 'X-Mms-MMS-Version', value: '1.2', kind: 'text' },
        { name: 'From', value: '+491701234567 (phone number)', kind: 'text' },
        { name: 'Subject (utf-8)', value: 'Grüße', kind: 'text' },
        { name: 'X-Mms-Message-Class', value: 'Personal', kind: 'text' },
        { name: 'X-Mms-Message-Size', value: '100000', kind: 'number' },
        { name: 'X-Mms-Expiry', value: '259200 s (relative)', kind: 'text' },
        { name: 'X-Mms-Content-Location', value: 'http://mmsc.example.com/m?id=1', kind: 'uri' },
      ],
      warnings: [],
    });
  });

  it('reads a delivery report (§6.6)', () => {
    expect(mmsFields(MMS_DELIVERY, type)).toMatchObject({
      title: 'MMS delivery report',
      fields: expect.arrayContaining([
        { name: 'Message-ID', value: 'id@mmsc', kind: 'text' },
        { name: 'Date', value: '2025-11-21T06:00:32Z', kind: 'time' },
        { name: 'X-Mms-Status', value: 'Retrieved', kind: 'text' },
      ]),
      warnings: [],
    });
  });

  it.each([
    ['an absolute expiry', '<88 06 80 04 69 20 00 00>', 'X-Mms-Expiry', '2025-11-21T06:00:32Z'],
    ['a sender to be inserted', '<89 01 81>', 'From', 'to be inserted by the MMS proxy'],
    ['a sender with a character set', '<89 06 80 04 84 e9 41 00>', 'From (iso-8859-1)', 'éA'],
    ['a subject without character set', '<96 48 69 00>', 'Subject', 'Hi'],
    ['an empty subject', '<96 00>', 'Subject', ''],
    ['a quoted subject', '<96 7f c3 a9 00>', 'Subject', 'é'],
    ['a subject in UTF-16', '<96 08 02 03 f7 03 a9 00 6d 00>', 'Subject (utf-16)', 'Ωm'],
    ['a class in words', '<8a 61 62 00>', 'X-Mms-Message-Class', 'ab'],
    ['a class that is not assigned', '<8a 90>', 'X-Mms-Message-Class', '144'],
    ['a version without minor number', '<8d 9f>', 'X-Mms-MMS-Version', '1'],
    ['a header without number', '<58 2d 41 00 62 00>', 'X-A', 'b'],
    ['a header that is not assigned', '<f0 02 12 34>', 'header 0xf0', '4660'],
    ['long data', '<b2 07 01 02 03 04 05 06 07>', 'X-Mms-Element-Descriptor', '01020304050607'],
  ])('reads %s', (_name, hex, name, value) => {
    expect(mmsFields(bytesOf('<8c 82>', hex), type)?.fields[1]).toMatchObject({ name, value });
  });

  it('does not read the body of other messages', () => {
    const bytes = bytesOf('<8c 84 84 a3 01 02 03>');
    expect(mmsFields(bytes, type)?.fields[1]).toMatchObject({
      name: 'Content-Type and body',
      value: 'a3010203',
    });
  });

  it.each(['<8c 82 98>', '<8c 82 98 41>', '<8c 82 88 05 81 03 03>', '<8c 82 8e 08>', '<8c 82 89 ff>'])(
    'shows the headers before the end of %s',
    (hex) => {
      expect(mmsFields(bytesOf(hex), type)).toMatchObject({
        fields: [{ value: 'm-notification-ind' }],
        warnings: [expect.stringContaining('incomplete')],
      });
    },
  );

  it.each([
    ['another type', '<8c 82>', 'text/plain'],
    ['other bytes', '<8d 90>', type.type],
    ['nothing', '<>', type.type],
  ])('is null for %s', (_name, hex, name) => {
    expect(mmsFields(bytesOf(hex), typeOf(name))).toBeNull();
  });
});
