import { describe, expect, it } from 'vitest';
import { escapeXml, MAX_XML_BYTES, parseXmlDocument } from './xml-document.ts';

function parse(text: string) {
  return parseXmlDocument(Buffer.from(text));
}

function nested(depth: number): string {
  return `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;
}

function withAttributes(count: number): string {
  return `<a ${Array.from({ length: count }, (_, at) => `b${at}="1"`).join(' ')}/>`;
}

describe('parseXmlDocument', () => {
  it.each([
    ['an element', '<a/>'],
    ['a byte order mark', '\ufeff<?xml version="1.0"?><a/>'],
    ['a greater-than sign in an attribute', '<a b="/>"></a>'],
    ['tags in comments, CDATA and instructions', '<a><!-- <b> --><![CDATA[<b><b>]]><?c <b> ?></a>'],
    ['the replacement character', '<a>\ufffd</a>'],
    ['as many levels as may be', nested(16)],
    ['as many attributes as may be', withAttributes(32)],
    ['as many tags as may be', `<a>${'<b/>'.repeat(39_998)}</a>`],
  ])('takes %s', (_name, text) => {
    expect(parse(text).kind).toBe('ok');
  });

  it.each([
    ['nothing', '', 'well-formed'],
    ['text only', 'hello', 'well-formed'],
    ['a DOCTYPE', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'type declaration'],
    ['a DOCTYPE in any case', '<!doctype a><a/>', 'type declaration'],
    ['a DOCTYPE after the root', '<a/><!DOCTYPE a>', 'type declaration'],
    ['an unknown entity', '<a>&b;</a>', 'well-formed'],
    ['a lone ampersand', '<a b="c&d"/>', 'well-formed'],
    ['an attribute without quotes', '<a b=c/>', 'well-formed'],
    ['an attribute without value', '<a b/>', 'well-formed'],
    ['an attribute twice', '<a b="1" b="2"/>', 'well-formed'],
    ['an unbound prefix', '<a:b/>', 'well-formed'],
    ['wrong nesting', '<a><b></a></b>', 'well-formed'],
    ['no end tag', '<a><b/>', 'well-formed'],
    ['two roots', '<a/><b/>', 'well-formed'],
    ['NUL', '<a>\0</a>', 'forbids'],
    ['a reference to NUL', '<a>&#0;</a>', 'forbids'],
    ['a reference to a surrogate', '<a>&#xD800;</a>', 'forbids'],
    ['a reference beyond Unicode', `<a>&#${'9'.repeat(400)};</a>`, 'forbids'],
    ['a torn comment', '<a><!-- ', 'within its markup'],
    ['a torn tag', '<a b="', 'within its markup'],
    ['a level too many', nested(17), 'deep'],
    ['an attribute too many', withAttributes(33), 'attributes'],
    ['a tag too many', `<a>${'<b/>'.repeat(40_000)}</a>`, 'tags'],
    ['a byte too many', `<a>${'b'.repeat(MAX_XML_BYTES)}</a>`, 'larger'],
  ])('refuses %s', (_name, text, reason) => {
    expect(parse(text)).toEqual({ kind: 'bad', reason: expect.stringContaining(reason) });
  });

  it('refuses what is no UTF-8', () => {
    expect(parseXmlDocument(Buffer.from('<a>\xff</a>', 'latin1')).kind).toBe('bad');
    expect(parseXmlDocument(Buffer.from('<a/>', 'utf16le')).kind).toBe('bad');
  });

  it('is quick with the worst it takes', () => {
    const scope = (level: number) =>
      Array.from({ length: 32 }, (_, at) => `xmlns:n${level}x${at}="u"`).join(' ');
    const worst = [
      `${Array.from({ length: 15 }, (_, level) => `<a ${scope(level)}>`).join('')}${'<b xmlns:c="d"/>'.repeat(20_000)}${'</a>'.repeat(15)}`,
      `<a>${'&amp;'.repeat(100_000)}</a>`,
      `<a>${'&'.repeat(500_000)}</a>`,
      `<a><!--${'- '.repeat(250_000)}--></a>`,
      `<a${' '.repeat(500_000)}/>`,
      `<a/>${'<!--'.repeat(100_000)}`,
      `<a b=${'"'.repeat(499_999)}/>`,
    ];
    const start = performance.now();
    for (const text of worst) parse(text);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe('escapeXml', () => {
  it.each(['a&b<c>d"e\'f\tg\nh\ri', '€ 😀 \ufffd', ']]>', '&amp;'])(
    'of %j reads back in both places',
    (text) => {
      const escaped = escapeXml(text);
      const read = parse(`<a b="${escaped}">${escaped}</a>`);
      if (read.kind === 'bad') throw new Error(read.reason);
      expect(read.root.getAttribute('b')).toBe(text);
      expect(read.root.textContent).toBe(text);
    },
  );

  it('replaces what XML forbids', () => {
    expect(escapeXml('a\0b\ud800c\uffff')).toBe('a?b?c?');
  });
});
