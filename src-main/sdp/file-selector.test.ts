import { describe, expect, it } from 'vitest';
import { formatFileSelector, parseFileSelector } from './file-selector.ts';
import { seededRandom } from './test-samples.ts';

const SHA1 = '72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E';

describe('parseFileSelector', () => {
  it.each([
    ['RFC 5547 Figure 2', `name:"My cool picture.jpg" type:image/jpeg size:4092 hash:sha-1:${SHA1}`],
    ['any order', `hash:sha-1:${SHA1} size:4092 type:image/jpeg name:"My cool picture.jpg"`],
    [
      'no colons, lower case (X-22)',
      `name:"My cool picture.jpg" type:image/jpeg size:4092 hash:sha-1:${SHA1.replaceAll(':', '').toLowerCase()}`,
    ],
    ['more spaces', `name:"My cool picture.jpg"  type:image/jpeg   size:4092 hash:SHA-1:${SHA1}`],
  ])('reads %s', (_name, text) => {
    expect(parseFileSelector(text)).toMatchObject({
      name: 'My cool picture.jpg',
      type: 'image/jpeg',
      size: 4092,
      hashes: [{ algorithm: 'sha-1', value: SHA1 }],
    });
  });

  it.each([
    ['escaped quotes and percent', 'name:"a%22b%25c"', 'a"b%c'],
    ['UTF-8, raw and escaped', 'name:"gr%C3%BCn ü"', 'grün ü'],
    ['text that looks like selectors', 'name:"x type:a/b size:9"', 'x type:a/b size:9'],
    ['an escaped space only after splitting', 'name:"a%20size:1"', 'a size:1'],
    ['bytes that are no UTF-8', 'name:"%FF"', '\ufffd'],
  ])('decodes names: %s', (_name, text, name) => {
    expect(parseFileSelector(text)).toMatchObject({ name, size: null });
  });

  it('keeps type parameters, several hashes, and name, type and size as written', () => {
    const text = 'size:5 type:text/plain;charset="utf-8" name:"%41" hash:sha-256:AA hash:sha-1:BB x-new:1';
    expect(parseFileSelector(text)).toMatchObject({
      type: 'text/plain;charset="utf-8"',
      hashes: [
        { algorithm: 'sha-256', value: 'AA' },
        { algorithm: 'sha-1', value: 'BB' },
      ],
      verbatim: ['size:5', 'type:text/plain;charset="utf-8"', 'name:"%41"'],
    });
  });

  it.each([
    ['text/plain; charset="a;b=c"', 'type:text/plain;charset="a;b=c"', 'text/plain;charset="a;b=c"'],
    ['a/b; x="say \\"hi\\""; y=1', 'type:a/b;x="say %22hi%22";y="1"', 'a/b;x="say \\"hi\\"";y="1"'],
    ['image/jpeg', 'type:image/jpeg', 'image/jpeg'],
  ])('re-encodes the type %s there and back', (type, written, read) => {
    const text = formatFileSelector({ name: 'n', type, size: 1, sha1: SHA1 });
    expect(text).toContain(` ${written} `);
    expect(parseFileSelector(text)?.type).toBe(read);
  });

  it.each([
    'name:picture.jpg',
    'name:"open',
    'size:-1',
    'size:x',
    'size:1 size:2',
    'type:image',
    'hash:sha-1:7',
    'hash:sha-1',
    'word',
    `name:"${'x'.repeat(9000)}"`,
  ])('refuses %s', (text) => {
    expect(parseFileSelector(text)).toBeNull();
  });

  it('reads what it writes, for any name', () => {
    const random = seededRandom(7);
    const letters = ['"', '%', ' ', ':', ';', 'ü', '日', '\\', '\n', 'a', '%22', '😀'];
    for (let round = 0; round < 3000; round += 1) {
      const name = Array.from({ length: 1 + random(12) }, () => letters[random(letters.length)]).join('');
      const text = formatFileSelector({ name, type: 'text/plain; charset=utf-8', size: round, sha1: SHA1 });
      expect(parseFileSelector(text)).toMatchObject({
        name,
        size: round,
        type: 'text/plain;charset="utf-8"',
      });
    }
  });
});
