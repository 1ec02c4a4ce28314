import { decodeText } from './charset.ts';
import { MAX_MARKUP_DEPTH, type MarkupElement, type MarkupNode, type MarkupResult } from './markup.ts';
import { type XmlToken, xmlTokens } from './xml-tokens.ts';

/** Largest document of which a tree is made, in bytes. */
const MAX_XML_BYTES = 256 * 1024;
const MAX_ATTRIBUTES = 64;
/** A start tag longer than this is no tag of ours. */
const MAX_TAG = 64 * 1024;
const NAME = /^<\/?([^\s/>"'=<]+)/;
const ATTRIBUTE = /\s+([^\s=/>"'<]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;
const TAG_REST = /\s*\/?>$/y;
const REFERENCE = /&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

type OpenElement = {
  readonly kind: 'element';
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: MarkupNode[];
};

/**
 * Reads an XML document so that its elements can be shown: nesting and attributes are checked, namespaces are not
 * resolved, no entities but the five of XML 1.0 §4.6 are replaced and nothing is fetched. Never throws.
 */
export function readXml(bytes: Buffer, charset: string | null): MarkupResult {
  if (bytes.length > MAX_XML_BYTES) return bad(`The document is larger than ${MAX_XML_BYTES} bytes.`);
  const { text, warnings } = decodeText(bytes, charset ?? declaredEncoding(bytes), MAX_XML_BYTES);
  const cut = xmlTokens(text);
  return cut.kind === 'bad' ? cut : build(text, cut.tokens, warnings);
}

/** The encoding that an XML declaration names (XML 1.0 §4.3.3), or null. */
export function declaredEncoding(bytes: Buffer): string | null {
  const head = bytes.toString('latin1', 0, 200);
  return /^<\?xml\s[^>]*?encoding\s*=\s*["']([\w.-]{1,40})["']/.exec(head)?.[1] ?? null;
}

function bad(reason: string): MarkupResult {
  return { kind: 'bad', reason };
}

function build(text: string, tokens: readonly XmlToken[], warnings: readonly string[]): MarkupResult {
  const malformed = bad('The document is not well-formed XML.');
  const open: OpenElement[] = [];
  let root: MarkupElement | null = null;
  for (const token of tokens) {
    const source = text.slice(token.from, token.to);
    const parent = open.at(-1);
    if (token.kind === 'text' || token.kind === 'cdata') {
      const content = token.kind === 'text' ? unescapeXml(source) : source.slice(9, -3);
      if (parent !== undefined) parent.children.push({ kind: 'text', text: content });
      else if (content.trim() !== '') return malformed;
    } else if (token.kind === 'end') {
      if (open.pop()?.name !== NAME.exec(source)?.[1]) return malformed;
    } else if (token.kind === 'start' || token.kind === 'empty') {
      const element = readTag(source);
      if (element === null || (parent === undefined && root !== null)) return malformed;
      if (open.length >= MAX_MARKUP_DEPTH) return bad('The elements of the document are too deep.');
      parent?.children.push(element);
      root ??= element;
      if (token.kind === 'start') open.push(element);
    }
  }
  return root === null || open.length > 0 ? malformed : { kind: 'ok', root, warnings };
}

function readTag(source: string): OpenElement | null {
  const name = source.length > MAX_TAG ? undefined : NAME.exec(source)?.[1];
  if (name === undefined) return null;
  const attributes = new Map<string, string>();
  let at = name.length + 1;
  for (;;) {
    ATTRIBUTE.lastIndex = at;
    const match = ATTRIBUTE.exec(source);
    if (match?.[1] === undefined) break;
    if (attributes.has(match[1]) || attributes.size >= MAX_ATTRIBUTES) return null;
    attributes.set(match[1], unescapeXml(match[2] ?? match[3] ?? ''));
    at = ATTRIBUTE.lastIndex;
  }
  TAG_REST.lastIndex = at;
  return TAG_REST.test(source) ? { kind: 'element', name, attributes, children: [] } : null;
}

function unescapeXml(text: string): string {
  return text.replace(REFERENCE, (whole: string, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? '\ufffd' : String.fromCodePoint(code);
  });
}
