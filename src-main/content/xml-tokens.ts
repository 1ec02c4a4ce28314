/** One piece of an XML text, from `from` up to and without `to`. */
export type XmlToken = {
  readonly kind: 'start' | 'end' | 'empty' | 'text' | 'comment' | 'cdata' | 'instruction' | 'doctype';
  readonly from: number;
  readonly to: number;
};

/** What became of cutting a text up. `reason` is a sentence. */
export type XmlTokens =
  | { readonly kind: 'ok'; readonly tokens: readonly XmlToken[] }
  | { readonly kind: 'bad'; readonly reason: string };

/** Pieces of one document. */
const MAX_TOKENS = 40_000;

const BLOCKS = [
  { kind: 'comment', start: '<!--', end: '-->' },
  { kind: 'cdata', start: '<![CDATA[', end: ']]>' },
  { kind: 'instruction', start: '<?', end: '?>' },
] as const;

/**
 * Cuts an XML text into tags, texts and the like (XML 1.0 §2), in one pass. A document type declaration may name a
 * DTD, which is never fetched; one that brings declarations of its own, and so entities, is refused. Never throws.
 */
export function xmlTokens(text: string): XmlTokens {
  const tokens: XmlToken[] = [];
  for (let at = 0; at < text.length; ) {
    if (tokens.length >= MAX_TOKENS) return { kind: 'bad', reason: 'The document has too many tags.' };
    const token = text[at] === '<' ? markupAt(text, at) : textAt(text, at);
    if (typeof token === 'string') return { kind: 'bad', reason: token };
    tokens.push(token);
    at = token.to;
  }
  return { kind: 'ok', tokens };
}

function textAt(text: string, from: number): XmlToken {
  const next = text.indexOf('<', from);
  return { kind: 'text', from, to: next < 0 ? text.length : next };
}

/** The token that begins with `<`, or what is wrong with it. */
function markupAt(text: string, from: number): XmlToken | string {
  const torn = 'The document ends within its markup.';
  const block = BLOCKS.find(({ start }) => text.startsWith(start, from));
  if (block !== undefined) {
    const end = text.indexOf(block.end, from + block.start.length);
    return end < 0 ? torn : { kind: block.kind, from, to: end + block.end.length };
  }
  const to = tagEnd(text, from);
  if (to < 0) return torn;
  if (text.startsWith('<!', from)) {
    const declares = /[[&%]/.test(text.slice(from, to));
    return declares ? 'Declarations within the document are not read.' : { kind: 'doctype', from, to };
  }
  if (text[from + 1] === '/') return { kind: 'end', from, to };
  return { kind: text[to - 2] === '/' ? 'empty' : 'start', from, to };
}

/** The index behind the `>` that ends a tag; quoted values may hold one too. -1 when it never ends. */
function tagEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const character = text[at];
    if (character === '>') return at + 1;
    if (character !== '"' && character !== "'") continue;
    at = text.indexOf(character, at + 1);
    if (at < 0) return -1;
  }
  return -1;
}
