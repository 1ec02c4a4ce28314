import DOMPurify, { type Config } from 'dompurify';

/** Pictures that stand in the page itself; SVG is none, as it is a page of its own. */
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*$/i;
/** Styles that could load something, or hide that they do behind an escape. */
const LOADING_STYLE = /[\\@]|url|image|src\s*\(|element\s*\(|expression|behavior|binding/i;
const CONFIG: Config = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: [
    ...[
      'style',
      'link',
      'meta',
      'base',
      'title',
      'template',
      'slot',
      'dialog',
      'marquee',
      'picture',
      'source',
    ],
    ...['form', 'input', 'button', 'select', 'option', 'optgroup', 'datalist', 'textarea', 'output', 'label'],
    ...['iframe', 'frame', 'frameset', 'object', 'embed', 'param', 'audio', 'video', 'track', 'map', 'area'],
  ],
  FORBID_ATTR: [
    ...[
      'href',
      'srcset',
      'background',
      'poster',
      'ping',
      'action',
      'formaction',
      'target',
      'download',
      'cite',
    ],
    ...['id', 'name', 'for', 'usemap', 'autofocus', 'tabindex', 'accesskey', 'contenteditable', 'popover'],
  ],
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  ALLOW_UNKNOWN_PROTOCOLS: false,
  KEEP_CONTENT: true,
};
const PAGE_STYLE =
  'html{background:#fff;color:#16181f;font:14px/1.45 system-ui,sans-serif}body{margin:12px;overflow-wrap:anywhere}' +
  'img{max-width:100%;height:auto}table{max-width:100%}a{text-decoration:underline}';

/**
 * A page that shows pushed HTML and nothing else: no scripts, forms, frames, links or styles that load, no picture but
 * those inside it or, by Content-ID, inside the same push. To be framed without scripts and network all the same.
 */
export function safePage(html: string, pictures: ReadonlyMap<string, string>): string {
  const purify = DOMPurify();
  purify.addHook('uponSanitizeAttribute', (element, attribute) => {
    if (attribute.attrName === 'style') attribute.keepAttr &&= !LOADING_STYLE.test(attribute.attrValue);
    if (attribute.attrName !== 'src') return;
    const source = pictureOf(attribute.attrValue, pictures);
    attribute.keepAttr = element.nodeName === 'IMG' && source !== null;
    attribute.attrValue = source ?? '';
  });
  return page(purify.sanitize(html, CONFIG));
}

/** A page with nothing but a picture: in an image SVG runs no scripts and loads nothing. */
export function picturePage(svg: string): string {
  const bytes = new TextEncoder().encode(svg);
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return page(`<img alt="Pushed picture" src="data:image/svg+xml;base64,${base64}">`);
}

function pictureOf(source: string, pictures: ReadonlyMap<string, string>): string | null {
  const trimmed = source.trim();
  const found = /^cid:/i.test(trimmed) ? pictures.get(trimmed.slice('cid:'.length)) : trimmed;
  return found !== undefined && PICTURE.test(found) ? found : null;
}

function page(body: string): string {
  return `<!doctype html><html><head><meta charset="utf-8"><title>Pushed content</title><style>${PAGE_STYLE}</style></head><body>${body}</body></html>`;
}
