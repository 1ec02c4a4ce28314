import { describe, expect, it } from 'vitest';
import { serviceIndicationFields } from './service-indication.ts';
import { bytesOf, SI_WBXML, SI_XML, typeOf } from './test-samples.ts';

const xml = typeOf('text/vnd.wap.si');
const wbxml = typeOf('application/vnd.wap.sic');

describe('serviceIndicationFields', () => {
  it('reads the tokenised example of WAP-167 §9.4', () => {
    expect(serviceIndicationFields(SI_WBXML, wbxml)).toEqual({
      title: 'Service Indication',
      fields: [
        { name: 'text', value: 'You have 4 new emails', kind: 'text' },
        { name: 'href', value: 'http://www.xyz.com/email/123/abc.wml', kind: 'uri' },
        { name: 'created', value: '1999-06-25T15:23:15Z', kind: 'time' },
        { name: 'si-expires', value: '1999-06-30T00:00:00Z', kind: 'time' },
        { name: 'action', value: 'signal-medium (default)', kind: 'text' },
      ],
      warnings: [],
    });
  });

  it('reads XML with its DOCTYPE, info and items', () => {
    expect(serviceIndicationFields(SI_XML, xml)?.fields).toEqual([
      { name: 'text', value: 'Four new <mails>', kind: 'text' },
      { name: 'href', value: 'http://www.example.com/a?b=1&c=2', kind: 'uri' },
      { name: 'action', value: 'signal-high', kind: 'text' },
      { name: 'si-id', value: '42', kind: 'text' },
      { name: 'created', value: '2026-11-21T12:00:00Z', kind: 'time' },
      { name: 'si-expires', value: '2026-11-30T00:00:00Z', kind: 'time' },
      { name: 'info subject', value: 'Hello', kind: 'text' },
      { name: 'info from', value: 'Bob', kind: 'text' },
    ]);
  });

  it.each([
    ['each action', '<08>', 'action', 'signal-high'],
    ['a secure address', '<0e 03 78 00 88>', 'href', 'https://x.org/'],
    ['an address from the string table', '<0b 83 00>', 'href', 'tab'],
    ['an identity', '<11 03 37 00>', 'si-id', '7'],
    ['a date of the day only', '<0a c3 04 20 26 11 21>', 'created', '2026-11-21T00:00:00Z'],
    ['a date that is none', '<0a c3 02 20 26>', 'created', '0x2026'],
    ['a value that is not assigned', '<0b 03 78 00 9f>', 'href', 'x{0x9f}'],
    ['an attribute that is not assigned', '<3f 03 78 00>', 'attribute-0x3f', 'x'],
  ])('reads %s', (_name, attribute, name, value) => {
    const bytes = bytesOf('<02 05 6a 04>', 'tab', '<00 45 86>', attribute, '<01 01>');
    expect(serviceIndicationFields(bytes, wbxml)?.fields).toContainEqual(
      expect.objectContaining({ name, value }),
    );
  });

  it.each([
    ['another type', SI_XML, 'text/plain'],
    ['XML as WBXML', SI_XML, wbxml.type],
    ['WBXML as XML', SI_WBXML, xml.type],
    ['another document', Buffer.from('<sl href="x"/>'), xml.type],
    ['no indication', Buffer.from('<si/>'), xml.type],
  ])('is null for %s', (_name, bytes, type) => {
    expect(serviceIndicationFields(bytes, typeOf(type))).toBeNull();
  });

  it('says when the document ends early', () => {
    const content = serviceIndicationFields(SI_WBXML.subarray(0, 40), wbxml);
    expect(content?.fields[1]?.value).toBe('http://www.xyz.com/email/123/abc.wml');
    expect(content?.warnings).toEqual([expect.stringContaining('incomplete')]);
  });
});
