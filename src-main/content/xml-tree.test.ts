import { describe, expect, it } from 'vitest';
import { childElements, textOf } from './markup.ts';
import { readXml } from './xml-tree.ts';

function root(text: string) {
  const result = readXml(Buffer.from(text), null);
  if (result.kind === 'bad') throw new Error(result.reason);
  return result.root;
}

describe('readXml', () => {
  it('reads elements, attributes, texts and the five entities', () => {
    const a = root(
      '\ufeff<?xml version="1.0"?><!-- <x> --><a b = "1&amp;2" c=\'"\'> t&lt;&#65;&#x42;<d/><![CDATA[<e>]]><f>g</f ></a>',
    );
    expect([...a.attributes]).toEqual([
      ['b', '1&2'],
      ['c', '"'],
    ]);
    expect(textOf(a)).toBe(' t<AB<e>g');
    expect(childElements(a).map(({ name }) => name)).toEqual(['d', 'f']);
  });

  it('finds children whatever their prefix', () => {
    expect(childElements(root('<a><x:b/><c/></a>'), 'b')).toHaveLength(1);
  });

  it('goes by its own declaration of the character set, but the header counts more', () => {
    const bytes = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', 'latin1');
    const declared = readXml(bytes, null);
    expect(declared.kind === 'ok' && textOf(declared.root)).toBe('é');
    expect(readXml(bytes, 'utf-8')).toMatchObject({ warnings: ['Some bytes are not utf-8.'] });
  });

  it('passes over a document type that names a DTD', () => {
    expect(root('<!DOCTYPE si PUBLIC "-//X//>" "http://x/y.dtd"><a/>').name).toBe('a');
  });

  it('leaves unknown entities and impossible characters unresolved', () => {
    expect(textOf(root('<a>&b; &#xD800; &#x110000; &#9999999999;</a>'))).toBe(
      '&b; \ufffd \ufffd &#9999999999;',
    );
  });

  it.each([
    ['nothing', '', /well-formed/],
    ['text only', 'hello', /well-formed/],
    ['entities of its own', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /Declarations/],
    ['parameter entities', '<!DOCTYPE a %b;><a/>', /Declarations/],
    ['wrong nesting', '<a><b></a></b>', /well-formed/],
    ['no end', '<a><b/>', /well-formed/],
    ['an end too many', '<a/></a>', /well-formed/],
    ['two roots', '<a/><b/>', /well-formed/],
    ['text behind the root', '<a/>b', /well-formed/],
    ['an attribute twice', '<a b="1" b="2"/>', /well-formed/],
    ['an attribute without quotes', '<a b=c/>', /well-formed/],
    ['a torn comment', '<a><!-- ', /within its markup/],
    ['a torn tag', '<a b="', /within its markup/],
    ['too many levels', `${'<a>'.repeat(33)}${'</a>'.repeat(33)}`, /deep/],
    ['too many tags', `<a>${'<b/>'.repeat(40_000)}</a>`, /tags/],
    ['too many bytes', ' '.repeat(256 * 1024 + 1), /larger/],
  ])('refuses %s', (_name, text, reason) => {
    expect(readXml(Buffer.from(text), null)).toEqual({
      kind: 'bad',
      reason: expect.stringMatching(reason),
    });
  });

  it('is quick with the worst it takes', () => {
    const worst = [
      `<a>${'&amp;'.repeat(50_000)}</a>`,
      `<a>${'&#'.repeat(120_000)}</a>`,
      `<a${' '.repeat(60_000)}b/>`,
      `<a ${'b'.repeat(60_000)}/>`,
      `<a${' '.repeat(250_000)}/>`,
      `<a/>${'<!--'.repeat(60_000)}`,
      `<a b=${'"'.repeat(249_999)}/>`,
      `${'<!DOCTYPE a>'.repeat(20_000)}<a/>`,
      '<'.repeat(256 * 1024),
    ];
    const start = performance.now();
    for (const text of worst) readXml(Buffer.from(text), null);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
