import { describe, expect, it } from 'vitest';
import { typeOf, VCARD_4, VCARD_21 } from './test-samples.ts';
import { vcardFields } from './vcard.ts';

describe('vcardFields', () => {
  it('reads vCard 4.0 (RFC 6350)', () => {
    const content = vcardFields(VCARD_4, typeOf('text/vcard'));
    expect(content?.fields.map(({ name, value, kind }) => [name, value, kind])).toEqual([
      ['VERSION', '4.0', 'text'],
      ['FN', 'Jörg Müller', 'text'],
      ['N', 'Müller, Jörg, Dr.', 'text'],
      ['TEL work voice', 'tel:+49-30-1234', 'uri'],
      ['EMAIL home', 'joerg@example.com', 'text'],
      ['ORG', 'Example, Inc., Sales', 'text'],
      ['URL', 'https://example.com/', 'uri'],
      ['ADR work', 'Straße 1, Berlin, 10115, Germany', 'text'],
      ['NOTE', 'a long note\nwith lines', 'text'],
      ['PHOTO', '26 characters of data', 'text'],
    ]);
    expect(content).toMatchObject({ title: 'Contact', warnings: [] });
  });

  it('reads the quoted-printable of vCard 2.1', () => {
    const content = vcardFields(VCARD_21, typeOf('text/x-vcard'));
    expect(content?.fields.map(({ name, value }) => [name, value])).toEqual([
      ['VERSION', '2.1'],
      ['N', 'Müller, Jörg'],
      ['TEL cell pref', '+4917'],
      ['NOTE', 'one  two'],
    ]);
  });

  it('reads several cards, and shows lines that are none', () => {
    const bytes = Buffer.from('BEGIN:VCARD\nFN:A\nEND:VCARD\nnonsense\nBEGIN:VCARD\nFN:B\nEND:VCARD\n');
    expect(vcardFields(bytes, typeOf('text/directory'))).toMatchObject({
      title: '2 contacts',
      fields: [{ value: 'A' }, { name: 'unreadable line', value: 'nonsense' }, { value: 'B' }],
    });
  });

  it.each([
    ['another type', VCARD_4, 'text/plain'],
    ['no card', Buffer.from('FN:x'), 'text/vcard'],
  ])('is null for %s', (_name, bytes, type) => {
    expect(vcardFields(bytes, typeOf(type))).toBeNull();
  });

  it.each([
    ['folds', '\n '],
    ['quotes', ';X="'],
    ['separators', ';a'],
    ['lines', '\nA:b'],
    ['soft line breaks', '=\n'],
  ])('is quick with many %s', (_name, piece) => {
    const text = `BEGIN:VCARD\nNOTE;QUOTED-PRINTABLE${piece.repeat(250_000 / piece.length)}`;
    const start = performance.now();
    vcardFields(Buffer.from(text), typeOf('text/vcard'));
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
