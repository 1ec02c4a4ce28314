import { MAX_MARKUP_DEPTH } from './markup.ts';
import { type XmlToken, xmlTokens } from './xml-tokens.ts';

/** Longest text that is laid out anew, in characters. */
const MAX_PRETTY_INPUT = 256 * 1024;
/** Longest result: each line gets its indentation. */
const MAX_PRETTY_OUTPUT = 1024 * 1024;
const INDENT = '  ';

/**
 * JSON with one value a line (RFC 8259). Numbers, escapes and repeated names stay exactly as they were written. Null
 * when it is no JSON, or too deep or large. Never throws.
 */
export function prettyJson(text: string): string | null {
  if (text.length > MAX_PRETTY_INPUT || !isJson(text)) return null;
  const out: string[] = [];
  let depth = 0;
  let length = 0;
  // Strings, structural characters, and what lies between them; the text is valid, so each quote has its end.
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g)) {
    const last = out.at(-1)?.trimStart() ?? '';
    const opens = token === '{' || token === '[';
    const closes = token === '}' || token === ']';
    if (closes) depth -= 1;
    const isFirst = (last === '{' || last === '[') && !closes;
    const breaks = isFirst || last === ',' || (closes && last !== '{' && last !== '[');
    const piece = breaks ? `\n${INDENT.repeat(depth)}${token}` : token;
    out.push(piece, ...(token === ':' ? [' '] : []));
    length += piece.length + 1;
    if (opens) depth += 1;
    if (depth > MAX_MARKUP_DEPTH || length > MAX_PRETTY_OUTPUT) return null;
  }
  return out.join('');
}

/**
 * XML with one tag a line, each tag and text exactly as written; only white space between tags changes. Nothing is
 * resolved or fetched. Null when it is no XML, brings declarations of its own, or is too deep or large. Never throws.
 */
export function prettyXml(text: string): string | null {
  const cut = text.length > MAX_PRETTY_INPUT ? null : xmlTokens(text);
  if (cut === null || cut.kind === 'bad') return null;
  const out: string[] = [];
  let depth = 0;
  let length = 0;
  let last: XmlToken['kind'] | null = null;
  for (const token of cut.tokens) {
    const source = text.slice(token.from, token.to);
    if (token.kind === 'text' && source.trim() === '') continue;
    if (token.kind === 'end') depth -= 1;
    const staysInLine =
      isText(token.kind) || isText(last) || last === null || (token.kind === 'end' && last === 'start');
    const piece = staysInLine ? source : `\n${INDENT.repeat(Math.max(0, depth))}${source}`;
    out.push(piece);
    length += piece.length;
    if (token.kind === 'start') depth += 1;
    last = token.kind;
    if (depth < 0 || depth > MAX_MARKUP_DEPTH || length > MAX_PRETTY_OUTPUT) return null;
  }
  return depth === 0 && /<[A-Za-z_:]/.test(text) ? out.join('') : null;
}

function isText(kind: XmlToken['kind'] | null): boolean {
  return kind === 'text' || kind === 'cdata';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
