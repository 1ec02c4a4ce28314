import { describe, expect, it } from 'vitest';
import { picturePage, safePage } from './sanitize.ts';

const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';

/** The body of the page. */
function bodyOf(html: string, pictures: ReadonlyMap<string, string> = new Map()): string {
  return /<body>(.*)<\/body>/s.exec(safePage(html, pictures))?.[1] ?? '';
}

describe('a page of pushed HTML', () => {
  it.each<[what: string, html: string, kept: string]>([
    [
      'keeps text and tables',
      '<h1>a</h1><table><tbody><tr><td>b</td></tr></tbody></table>',
      '<h1>a</h1><table><tbody><tr><td>b</td></tr></tbody></table>',
    ],
    ['keeps harmless styles', '<p style="color:red">a</p>', '<p style="color:red">a</p>'],
    ['keeps pictures in it', `<img src="${PIXEL}" alt="x">`, `<img src="${PIXEL}" alt="x">`],
    ['drops scripts', '<p>a<script>x()</script></p>', '<p>a</p>'],
    ['drops handlers', '<p onclick="x()">a</p>', '<p>a</p>'],
    ['drops forms, keeping their words', '<form action="https://e.test"><input name=a>Pay</form>', 'Pay'],
    ['drops frames', '<iframe src="https://e.test"></iframe>a', 'a'],
    ['drops links, keeping their words', '<a href="https://e.test" ping="https://e.test">a</a>', '<a>a</a>'],
    ['drops scripts in addresses', '<a href="javascript:x()">a</a>', '<a>a</a>'],
    ['drops pictures from outside', '<img src="https://e.test/a.png" srcset="https://e.test/b 2x">', '<img>'],
    ['drops relative pictures', '<img src="a.png">', '<img>'],
    ['drops SVG in pictures', '<img src="data:image/svg+xml;base64,AA==">', '<img>'],
    ['drops HTML in pictures', '<img src="data:text/html,x">', '<img>'],
    ['drops styles that load', '<p style="background:url(https://e.test)">a</p>', '<p>a</p>'],
    ['drops styles with escapes', '<p style="background:u\\72l(https://e.test)">a</p>', '<p>a</p>'],
    ['drops image sets', '<p style="background:image-set(\'https://e.test\' 1x)">a</p>', '<p>a</p>'],
    [
      'drops style sheets',
      '<style>@import "https://e.test"</style><link rel="stylesheet" href="https://e.test">a',
      'a',
    ],
    [
      'drops what refreshes and moves',
      '<meta http-equiv="refresh" content="0;url=https://e.test"><base href="https://e.test">a',
      'a',
    ],
    ['drops SVG and MathML', '<svg><script>x()</script></svg><math><mtext></mtext></math>a', 'a'],
    [
      'drops media',
      '<video src="https://e.test" poster="https://e.test"></video><object data="https://e.test"></object>a',
      'a',
    ],
    [
      'drops backgrounds',
      '<table background="https://e.test"><tbody><tr><td>a</td></tr></tbody></table>',
      '<table><tbody><tr><td>a</td></tr></tbody></table>',
    ],
  ])('%s', (_what, html, kept) => {
    expect(bodyOf(html).trim()).toBe(kept);
  });

  it('has the pictures of the same push that it names by Content-ID, and no others', () => {
    const pictures = new Map([
      ['a@b', PIXEL],
      ['bad', 'https://e.test/a.png'],
    ]);
    const html = '<img src="cid:a@b"><img src="cid:none"><img src="cid:bad">';
    expect(bodyOf(html, pictures)).toBe(`<img src="${PIXEL}"><img><img>`);
  });

  it('is not changed by what was sanitised before', () => {
    const html = '<img src="cid:a">';
    expect(bodyOf(html, new Map([['a', PIXEL]]))).toContain('data:');
    expect(bodyOf(html)).toBe('<img>');
  });
});

describe('a page of pushed SVG', () => {
  it('holds it in a picture alone, whatever it says', () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>"Grüße"</script></svg>"><script>';
    const page = picturePage(svg);
    expect(page).not.toContain('<script');
    const base64 = /data:image\/svg\+xml;base64,([A-Za-z0-9+/=]+)"/.exec(page)?.[1] ?? '';
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    expect(new TextDecoder().decode(bytes)).toBe(svg);
  });
});
