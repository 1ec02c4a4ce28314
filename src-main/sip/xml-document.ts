import { DOMParser, type Element } from '@xmldom/xmldom';

/** What became of reading a document. `reason` is a sentence. */
export type XmlResult =
  | { readonly kind: 'ok'; readonly root: Element }
  | { readonly kind: 'bad'; readonly reason: string };

/** Largest document that is read, in bytes. */
export const MAX_XML_BYTES = 512 * 1024;
/** Elements within elements. */
const MAX_DEPTH = 16;
/** Tags, comments and the like in one document. */
const MAX_MARKUP = 40_000;
const MAX_ATTRIBUTES_PER_TAG = 32;
/** What XML 1.0 lets nobody write (§2.2 Char), lone surrogates included. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const FORBIDDEN_ALL = new RegExp(FORBIDDEN, 'gu');
const CHARACTER_REFERENCE = /&#(?:x([0-9A-Fa-f]+)|(\d+));/g;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);
const COMMENT = { start: '<!--', end: '-->' };
const CDATA = { start: '<![CDATA[', end: ']]>' };
const INSTRUCTION = { start: '<?', end: '?>' };

/**
 * Reads an XML document from the network: UTF-8, well-formed, with its namespaces resolved (XML 1.0, Namespaces
 * in XML 1.0). Refuses every document type declaration, so that there are no entities but the five, and bounds
 * size, depth, markup and attributes before a tree is built. Never throws.
 */
export function parseXmlDocument(bytes: Uint8Array): XmlResult {
  if (bytes.length > MAX_XML_BYTES) return bad(`The document is larger than ${MAX_XML_BYTES} bytes.`);
  const text = decode(bytes);
  if (text === null) return bad('The document is no UTF-8.');
  const problem = characterProblem(text) ?? markupProblem(text);
  return problem === null ? build(text) : bad(problem);
}

function bad(reason: string): XmlResult {
  return { kind: 'bad', reason };
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Escapes a text for an element or an attribute in either quotes; what XML forbids becomes `?` (XML 1.0 §2.2, §2.4). */
export function escapeXml(text: string): string {
  return text
    .replace(FORBIDDEN_ALL, '?')
    .replace(/[&<>"'\t\n\r]/g, (character) => ENTITIES.get(character) ?? `&#${character.charCodeAt(0)};`);
}

/** The library lets NUL and its like through, raw and as references. */
function characterProblem(text: string): string | null {
  const reason = 'The document holds a character that XML forbids.';
  if (FORBIDDEN.test(text)) return reason;
  for (const [, hex, decimal] of text.matchAll(CHARACTER_REFERENCE)) {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (code > 0x10ffff || FORBIDDEN.test(String.fromCodePoint(code))) return reason;
  }
  return null;
}

/** Walks the markup once, without a tree, and says what is too much of it. */
function markupProblem(text: string): string | null {
  let depth = 0;
  let count = 0;
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    count += 1;
    if (count > MAX_MARKUP) return 'The document has too many tags.';
    const block = [COMMENT, CDATA, INSTRUCTION].find(({ start }) => text.startsWith(start, at));
    if (block !== undefined) {
      const end = text.indexOf(block.end, at + block.start.length);
      if (end < 0) return 'The document ends within its markup.';
      at = end + block.end.length;
      continue;
    }
    if (text.startsWith('<!', at)) return 'A document type declaration is not accepted.';
    const tag = scanTag(text, at);
    if (tag === null) return 'The document ends within its markup.';
    if (tag.attributes > MAX_ATTRIBUTES_PER_TAG) return 'A tag has too many attributes.';
    if (tag.kind === 'end') depth -= 1;
    if (tag.kind === 'start') depth += 1;
    if (depth > MAX_DEPTH) return 'The elements of the document are too deep.';
    at = tag.end;
  }
  return null;
}

type Tag = {
  readonly kind: 'start' | 'end' | 'empty';
  readonly attributes: number;
  /** Index after `>`. */
  readonly end: number;
};

/** The extent of the tag that starts at `from`; null when it never ends. Quoted text may hold `>`. */
function scanTag(text: string, from: number): Tag | null {
  let attributes = 0;
  for (let at = from + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '"' || character === "'") {
      const close = text.indexOf(character, at + 1);
      if (close < 0) return null;
      attributes += 1;
      at = close;
    } else if (character === '>') {
      const isEmpty = text[at - 1] === '/';
      return {
        kind: text[from + 1] === '/' ? 'end' : isEmpty ? 'empty' : 'start',
        attributes,
        end: at + 1,
      };
    }
  }
  return null;
}

function build(text: string): XmlResult {
  const parser = new DOMParser({
    locator: false,
    onError: (_level, message) => {
      // The library only wonders about U+FFFD; all else that it calls a warning is no XML.
      if (!message.startsWith('Unicode replacement character')) throw new Error(message);
    },
  });
  try {
    const root = parser.parseFromString(text, 'application/xml').documentElement;
    return root === null ? bad('The document has no root element.') : { kind: 'ok', root };
  } catch {
    return bad('The document is not well-formed XML.');
  }
}
