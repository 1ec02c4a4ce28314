import { describe, expect, it } from 'vitest';
import type { MarkupElement } from './markup.ts';
import { readWbxml, type WbxmlVocabulary } from './wbxml.ts';

const vocabulary: WbxmlVocabulary = {
  tags: [
    new Map([
      [5, 'a'],
      [6, 'b'],
    ]),
    new Map([[5, 'second']]),
  ],
  attributeStarts: [new Map([[5, { name: 'c', prefix: 'x' }]]), new Map([[5, { name: 'd', prefix: '' }]])],
  attributeValues: [new Map([[0x85, '.com']])],
  dates: [],
};

/** An element in one line, to compare. */
function shown(element: MarkupElement): string {
  const attributes = [...element.attributes].map(([name, value]) => ` ${name}=${value}`).join('');
  const children = element.children.map((child) => (child.kind === 'text' ? child.text : shown(child)));
  return `<${element.name}${attributes}>${children.join('')}`;
}

function read(hex: string) {
  return readWbxml(Buffer.from(hex.replaceAll(' ', ''), 'hex'), vocabulary);
}

describe('readWbxml', () => {
  it.each([
    ['an empty element', '03 01 6a 00 05', '<a>'],
    ['content', '03 01 6a 00 45 03 41 42 00 06 01', '<a>AB<b>'],
    ['attributes', '03 01 6a 00 85 05 03 41 00 85 01', '<a c=xA.com>'],
    ['a character set of one byte', '03 01 04 00 45 03 e9 00 01', '<a>é'],
    ['a character set of two bytes', '03 01 87 68 00 45 03 03 a9 00 00 01', '<a>Ω'],
    ['a character by its number', '03 01 6a 00 45 02 87 69 02 81 83 60 01', '<a>ϩ\u41e0'],
    ['the string table', '03 01 6a 04 43 41 42 00 45 83 01 01', '<a>AB'],
    ['a public identifier by text', '03 00 00 6a 02 41 00 05', '<a>'],
    ['version 1.0, without character set', '00 01 00 45 03 41 00 01', '<a>A'],
    ['tags and attributes by text', '03 01 6a 02 41 00 c4 00 04 00 03 42 00 01 01', '<A A=B>'],
    ['code pages', '03 01 6a 00 c5 00 01 05 03 41 00 01 00 01 05 01', '<a d=A><second>'],
    ['opaque data', '03 01 6a 00 45 c3 02 ab cd 01', '<a>0xabcd'],
    ['extensions', '03 01 6a 00 45 40 41 00 81 05 c2 01', '<a>{extension 0: A}{extension 1: 5}{extension 2}'],
    [
      'unknown tokens',
      '03 01 6a 00 df 3f 03 41 00 9f 01 00 07 4a 01 01',
      '<tag-0x1f attribute-0x3f=A{0x9f}><tag-7:0x0a>',
    ],
    ['a processing instruction', '03 01 6a 00 43 05 03 41 00 01 05', '<a>'],
  ])('reads %s (WAP-192 §5)', (_name, hex, text) => {
    const result = read(hex);
    expect(result).toMatchObject({ kind: 'ok', warnings: [] });
    expect(result.kind === 'ok' && shown(result.root)).toBe(text);
  });

  it.each([
    ['a text without end', '03 01 6a 00 45 03 41', 'a text has no end'],
    ['no end of content', '03 01 6a 00 45', 'the bytes end early'],
    ['no end of attributes', '03 01 6a 00 85 05', 'the bytes end early'],
    ['a string outside the table', '03 01 6a 02 41 00 45 83 02', 'not in its table'],
    ['opaque data beyond the end', '03 01 6a 00 45 c3 ff ff ff ff 7f', 'the bytes end early'],
    ['a number without end', `03 01 6a 00 45 02 ${'ff'.repeat(9)}`, 'a number is too long'],
    ['too many levels', `03 01 6a 00 ${'45'.repeat(40)}`, 'too deep'],
    ['too many tokens', `03 01 6a 00 45 ${'06'.repeat(20_000)}`, 'too many tokens'],
    [
      'a string table that is named too often',
      `03 01 6a a0 00 ${'41'.repeat(4095)}00 45 ${'83 00'.repeat(100)}`,
      'too much text',
    ],
  ])('shows what came before %s', (_name, hex, reason) => {
    expect(read(hex)).toMatchObject({
      kind: 'ok',
      root: { name: 'a' },
      warnings: [expect.stringContaining(reason)],
    });
  });

  it('says what is odd', () => {
    expect(read('03 01 87 ff 7f 00 05')).toMatchObject({ warnings: [expect.stringMatching(/unknown/)] });
    expect(read('03 01 6a 00 05 01 01')).toMatchObject({ warnings: ['2 bytes follow behind the document.'] });
  });

  it.each([
    ['nothing', ''],
    ['a string table beyond the end', '03 01 6a 7f 41'],
    ['no element', '03 01 6a 00'],
    ['only ends', '03 01 6a 00 01 01 01'],
    ['XML', Buffer.from('<?xml version="1.0"?>').toString('hex')],
  ])('refuses %s', (_name, hex) => {
    expect(read(hex).kind).toBe('bad');
  });
});
