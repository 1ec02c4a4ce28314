import { describe, expect, it } from 'vitest';
import {
  DM_NOTIFICATION,
  EMN_XML,
  MMS_NOTIFICATION,
  PROVISIONING_WBXML,
  SI_WBXML,
  SI_XML,
  SL_XML,
  VCARD_4,
  VCARD_21,
} from './fields/test-samples.ts';
import { SUPL_1 } from './fields/test-supl.ts';
import { readPartTree } from './part-tree.ts';
import { summaryOf, summaryOfTree } from './summary.ts';
import { mangled } from './test-random.ts';

const SAMPLES: readonly (readonly [type: string, bytes: Buffer, summary: string | null])[] = [
  ['text/vnd.wap.si', SI_XML, 'Four new <mails> · http://www.example.com/a?b=1&c=2'],
  ['application/vnd.wap.sic', SI_WBXML, 'You have 4 new emails · http://www.xyz.com/email/123/abc.wml'],
  ['text/vnd.wap.sl', SL_XML, 'Service Loading: https://example.com/'],
  [
    'application/vnd.wap.mms-message',
    MMS_NOTIFICATION,
    'MMS notification: Grüße · +491701234567 (phone number) · http://mmsc.example.com/m?id=1',
  ],
  ['text/vcard', VCARD_4, 'Jörg Müller · tel:+49-30-1234'],
  ['text/x-vcard', VCARD_21, 'Müller, Jörg · +4917'],
  [
    'application/vnd.omaloc-supl-init',
    SUPL_1,
    'SUPL INIT: Alice · notification and verification, allowed when there is no answer',
  ],
  ['application/vnd.syncml.notification', DM_NOTIFICATION, 'Device management notification: com.example.dms'],
  ['application/vnd.wap.emn+xml', EMN_XML, 'Email notification: imap://bob@mail.example.com/'],
  [
    'application/vnd.wap.connectivity-wbxml',
    PROVISIONING_WBXML,
    'Connectivity provisioning: http://mmsc.example.com',
  ],
  ['application/json', Buffer.from('{"a": 1}'), null],
  ['text/vnd.wap.si', Buffer.from('no indication'), null],
  ['image/png', Buffer.from('x'), null],
];

describe('what a content says in a list', () => {
  it.each(SAMPLES)('%s', (type, bytes, summary) => {
    expect(summaryOf(bytes, type)).toBe(summary);
  });

  it.each([
    ['its first line', 'text/plain', '\n  hello \nworld', 'hello'],
    ['no controls', 'text/plain; charset=utf-8', 'a\u202eb\u0007c\u200bd', 'abcd'],
    ['so much and no half character', 'text/plain', 'é😀'.repeat(200), 'é😀'.repeat(60)],
    ['nothing of blanks', 'text/plain', ' \r\n ', null],
  ])('a text: %s', (_what, type, text, summary) => {
    expect(summaryOf(Buffer.from(text), type)).toBe(summary);
  });

  it('a text in its own character set', () => {
    const bytes = Buffer.from('Gr\u00fc\u00dfe', 'latin1');
    expect(summaryOf(bytes, 'text/plain; charset=ISO-8859-1')).toBe('Grüße');
    expect(summaryOf(Buffer.from('hi', 'utf16le'), 'text/plain; charset="utf-16le"')).toBe('hi');
  });

  it('several parts: the first that says something, and the subject of a CPIM message', async () => {
    const parts = `--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b\r\nContent-Type: text/vnd.wap.sl\r\n\r\n${SL_XML}\r\n--b--\r\n`;
    const tree = await readPartTree(Buffer.from(parts), { contentType: 'multipart/mixed; boundary=b' });
    expect(summaryOfTree(tree)).toBe('Service Loading: https://example.com/');
    const cpim = 'From: <sip:a@b>\r\nSubject: Lunch?\r\n\r\nContent-Type: text/plain\r\n\r\nAt one';
    const message = await readPartTree(Buffer.from(cpim), { contentType: 'message/cpim' });
    expect(summaryOfTree(message)).toBe('Lunch?');
  });

  it('is short and without controls whatever comes', () => {
    for (const [type, sample] of SAMPLES) {
      for (const bytes of mangled([sample], 200, 7)) {
        const summary = summaryOf(bytes, type);
        if (summary === null) continue;
        expect([...summary].length).toBeLessThanOrEqual(120);
        expect(summary).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
      }
    }
  });
});
