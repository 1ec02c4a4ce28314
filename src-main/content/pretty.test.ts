import { describe, expect, it } from 'vitest';
import { prettyJson, prettyXml } from './pretty.ts';

describe('prettyJson', () => {
  it.each([
    ['{"a":1,"b":[true,null]}', '{\n  "a": 1,\n  "b": [\n    true,\n    null\n  ]\n}'],
    ['{ }', '{}'],
    ['[[], {}]', '[\n  [],\n  {}\n]'],
    [' "x" ', '"x"'],
    ['[1e400, 12345678901234567890, 1.0]', '[\n  1e400,\n  12345678901234567890,\n  1.0\n]'],
    ['{"a":1,"a":"\\u00e9\\"{"}', '{\n  "a": 1,\n  "a": "\\u00e9\\"{"\n}'],
  ])('of %s keeps all as it was written', (text, pretty) => {
    expect(prettyJson(text)).toBe(pretty);
  });

  it.each([
    ['no JSON', '{a:1}'],
    ['nothing', ''],
    ['too deep', `${'['.repeat(40)}${']'.repeat(40)}`],
    ['far too deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['too large', `"${'x'.repeat(256 * 1024)}"`],
  ])('is null when it is %s', (_name, text) => {
    expect(prettyJson(text)).toBeNull();
  });

  it.each(['x', '\\\\', '\\"'])('takes long strings of %j', (piece) => {
    const text = `"${piece.repeat(250_000 / piece.length)}"`;
    expect(prettyJson(text)).toBe(text);
  });

  it('bounds what indentation adds', () => {
    const text = `${'['.repeat(30)}${Array(60_000).fill('0').join(',')}${']'.repeat(30)}`;
    expect(prettyJson(text)).toBeNull();
  });
});

describe('prettyXml', () => {
  it.each([
    ['<a><b c="d"/><e>f</e></a>', '<a>\n  <b c="d"/>\n  <e>f</e>\n</a>'],
    ['<?xml version="1.0"?>\n\n<!-- x --><a></a>', '<?xml version="1.0"?>\n<!-- x -->\n<a></a>'],
    ['<a>one <b>two</b> three</a>', '<a>one <b>two</b> three</a>'],
    ['<a><![CDATA[ <b> ]]></a>', '<a><![CDATA[ <b> ]]></a>'],
    ['<!DOCTYPE a SYSTEM "x"><a>&b;</a>', '<!DOCTYPE a SYSTEM "x">\n<a>&b;</a>'],
  ])('of %s keeps all as it was written', (text, pretty) => {
    expect(prettyXml(text)).toBe(pretty);
  });

  it.each([
    ['entities of its own', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['no XML', 'hello'],
    ['an end too many', '<a/></a>'],
    ['an end too few', '<a>'],
    ['too many levels', `${'<a>'.repeat(33)}${'</a>'.repeat(33)}`],
    ['too much', `<a>${'x'.repeat(256 * 1024)}</a>`],
  ])('is null for %s', (_name, text) => {
    expect(prettyXml(text)).toBeNull();
  });
});
