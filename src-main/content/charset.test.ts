import { describe, expect, it } from 'vitest';
import { charsetOfMib, decodeText } from './charset.ts';

const MAX = 1000;

describe('decodeText', () => {
  it.each<[string, string, string | null, string, string]>([
    ['UTF-8', 'c3a9e282ac', 'UTF-8', 'é€', 'utf-8'],
    ['UTF-8 by another name', 'c3a9', 'utf8', 'é', 'utf-8'],
    ['what is not declared', 'c3a9', null, 'é', 'utf-8'],
    ['an empty name', 'c3a9', ' ', 'é', 'utf-8'],
    ['UTF-8 with a mark', 'efbbbf41', null, 'A', 'utf-8'],
    ['ISO-8859-1', 'e9', 'ISO-8859-1', 'é', 'iso-8859-1'],
    ['ISO-8859-15', 'a4', 'iso-8859-15', '€', 'iso-8859-15'],
    ['ISO-8859-5', 'b0', 'iso-8859-5', 'А', 'iso-8859-5'],
    ['windows-1252', '80e9', 'windows-1252', '€é', 'windows-1252'],
    ['windows-1251', 'c0', 'windows-1251', 'А', 'windows-1251'],
    ['us-ascii', '41', 'us-ascii', 'A', 'us-ascii'],
    ['UTF-16 with a mark', 'fffe4100', 'utf-16', 'A', 'utf-16le'],
    ['UTF-16 without a mark', '0041', 'utf-16', 'A', 'utf-16be'],
    ['UCS-2', '0041', 'ISO-10646-UCS-2', 'A', 'utf-16be'],
    ['UTF-16BE', '0041', 'utf-16be', 'A', 'utf-16be'],
    ['UTF-16LE', '4100', 'utf-16le', 'A', 'utf-16le'],
    ['Shift_JIS', '82a0', 'shift_jis', 'あ', 'shift_jis'],
  ])('reads %s', (_name, hex, declared, text, charset) => {
    expect(decodeText(Buffer.from(hex, 'hex'), declared, MAX)).toEqual({
      text,
      charset,
      truncated: false,
      warnings: [],
    });
  });

  it.each([
    ['an unknown character set', 'e9', 'x-klingon', 'é', /x-klingon is unknown.*ISO-8859-1/],
    ['a name that is no name', 'e9', `\0${'x'.repeat(99)}`, 'é', /\?x+… is unknown/],
    ['another mark than declared', 'feff0041', 'utf-8', 'A', /declared as utf-8, but begins as utf-16be/],
    ['bytes that are not UTF-8', '41ff', 'utf-8', 'A\ufffd', /not utf-8/],
    ['neither declared nor UTF-8', 'e9', null, 'é', /no UTF-8/],
    ['high bytes in us-ascii', 'e9', 'us-ascii', 'é', /not us-ascii/],
    ['a byte that windows-1252 lacks', '81', 'windows-1252', '\ufffd', /^$/],
  ])('says of %s what it did', (_name, hex, declared, text, warning) => {
    const decoded = decodeText(Buffer.from(hex, 'hex'), declared, MAX);
    expect(decoded.text).toBe(text);
    expect(decoded.warnings.join()).toMatch(warning);
  });

  it('reads only the beginning, without half a character', () => {
    const bytes = Buffer.from('aé');
    expect(decodeText(bytes, 'utf-8', 2)).toEqual({
      text: 'a',
      charset: 'utf-8',
      truncated: true,
      warnings: [],
    });
    expect(decodeText(bytes, null, 2)).toMatchObject({ text: 'a', warnings: [] });
    expect(decodeText(bytes, null, 3).truncated).toBe(false);
  });
});

describe('charsetOfMib', () => {
  it.each([
    [3, 'us-ascii'],
    [4, 'iso-8859-1'],
    [11, 'iso-8859-8'],
    [106, 'utf-8'],
    [1000, 'utf-16'],
    [2252, 'windows-1252'],
    [99999, null],
  ])('%i is %s (IANA)', (mib, name) => {
    expect(charsetOfMib(mib)).toBe(name);
  });
});
