import { describe, expect, it } from 'vitest';
import { fileNameOf, parseDisposition } from './disposition.ts';
import { parseContentType } from './mime.ts';

function nameOf(disposition: string, contentType = 'text/plain'): string | null {
  const type = parseContentType(contentType);
  if (type === null) throw new Error('no type');
  return fileNameOf(parseDisposition(disposition), type);
}

describe('parseDisposition', () => {
  it('reads the type and its parameters (RFC 2183 §2)', () => {
    expect(parseDisposition(' Attachment; Size=4; filename="a b"')).toEqual({
      type: 'attachment',
      parameters: new Map([
        ['size', '4'],
        ['filename', 'a b'],
      ]),
    });
  });

  it.each(['', ';x=y', 'a b'])('is null for %j', (value) => {
    expect(parseDisposition(value)).toBeNull();
  });
});

describe('fileNameOf', () => {
  it.each([
    ['a plain name', 'attachment; filename=a.txt', 'a.txt'],
    ['a path', 'attachment; filename="../../etc/passwd"', 'passwd'],
    ['an encoded name', "attachment; filename*=UTF-8''%e2%82%ac%20rates.txt", '€ rates.txt'],
    [
      'an encoded name before a plain one',
      "attachment; filename=a; filename*=iso-8859-1'en'%A3.txt",
      '£.txt',
    ],
    ['an encoded path', "attachment; filename*=utf-8''..%2F..%2Fx", 'x'],
    ['an unknown character set', "attachment; filename*=klingon''%41%e9", 'Aé'],
    ['pieces', 'attachment; filename*0="100%25 "; filename*1="a.txt"', '100%25 a.txt'],
    ['encoded pieces', 'attachment; filename*0*=utf-8\'\'%41%; filename*1="5%.txt"', 'A%5%.txt'],
  ])('finds %s (RFC 2231)', (_name, disposition, name) => {
    expect(nameOf(disposition)).toBe(name);
  });

  it('falls back on the content type', () => {
    expect(nameOf('inline', 'image/png; name="a/b.png"')).toBe('b.png');
    expect(nameOf('inline')).toBeNull();
    expect(nameOf('inline; filename=""')).toBeNull();
  });
});
