import { remember } from './remember.ts';
import { parseUri, uriParameter } from './uri.ts';

/** One `;name` or `;name=value` after an address. `value` is unquoted and unescaped. */
export type HeaderParameter = {
  readonly name: string;
  readonly value: string | null;
  readonly quoted: boolean;
};

/** A name-addr or addr-spec with header parameters, as in From, To, Contact and Route (RFC 3261 §20.10). */
export type NameAddr = {
  /** Unquoted and unescaped; null when there is none. Latin1 characters as they came. */
  readonly displayName: string | null;
  /** The URI as written, without angle brackets. Any scheme. */
  readonly uri: string;
  readonly parameters: readonly HeaderParameter[];
};

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
/** What no token and no host may hold; an IPv6 address needs no quotes. */
const NEEDS_QUOTES = /^$|[\s"\\;,<>]/;
const URI_TEXT = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/;
/** A curly quote as Unicode, or as the latin1 reading of its UTF-8 bytes. */
const CURLY_QUOTES = /[\u201c\u201d]|\u00e2\u0080[\u009c\u009d]/g;

/** Replaces curly quotes by `"` (X-38: they stand in the spec's own samples). */
export function straightenQuotes(text: string): string {
  return text.replace(CURLY_QUOTES, '"');
}

/**
 * Splits a header value at commas that stand outside quoted strings and angle brackets
 * (RFC 3261 §7.3.1). Elements are trimmed; empty ones are left out.
 */
export function splitList(value: string): readonly string[] {
  return splitOutside(value, ',').flatMap((element) => element.trim() || []);
}

/**
 * Parses one address. Curly quotes count as `"` where the text starts with one or does not parse otherwise.
 * Null for an unterminated `<` or quote, text after `>` that is no parameter, or a missing URI (X-35).
 */
export function parseNameAddr(text: string): NameAddr | null {
  const parsed = parseStrictly(text);
  const curlyAt = text.trimStart().search(CURLY_QUOTES);
  if (curlyAt < 0 || (parsed !== null && curlyAt > 0)) return parsed;
  return parseStrictly(straightenQuotes(text));
}

/** Parses a comma-separated list such as Contact or Route; null when one element is no address. */
export function parseNameAddrList(value: string): readonly NameAddr[] | null {
  const addresses: NameAddr[] = [];
  for (const element of splitList(value)) {
    const address = parseNameAddr(element);
    if (address === null) return null;
    addresses.push(address);
  }
  return addresses;
}

/** Writes an address, always with angle brackets. */
export function formatNameAddr(address: NameAddr): string {
  const name = address.displayName === null ? '' : `${quoteText(address.displayName)} `;
  return `${name}<${address.uri}>${formatParameters(address.parameters)}`;
}

/** Writes header parameters, each with its semicolon. */
export function formatParameters(parameters: readonly HeaderParameter[]): string {
  return parameters
    .map(({ name, value, quoted }) => {
      if (value === null) return `;${name}`;
      return `;${name}=${quoted || NEEDS_QUOTES.test(value) ? quoteText(value) : value}`;
    })
    .join('');
}

/** Value of a parameter (case-insensitive name); an empty string when it has none; undefined when absent. */
export function headerParameter(address: Pick<NameAddr, 'parameters'>, name: string): string | undefined {
  const found = address.parameters.find((parameter) => parameter.name.toLowerCase() === name);
  return found === undefined ? undefined : (found.value ?? '');
}

/** Parses `;name=value` text (a leading semicolon may be missing); null when it is malformed. */
export function parseParameters(text: string): readonly HeaderParameter[] | null {
  const parameters: HeaderParameter[] = [];
  for (const part of splitOutside(text, ';')) {
    const trimmed = part.trim();
    if (trimmed === '') continue;
    const parameter = parseParameter(trimmed);
    if (parameter === null) return null;
    parameters.push(parameter);
  }
  return parameters;
}

/**
 * URIs of P-Asserted-Identity values: at most one SIP or SIPS and one tel URI (RFC 3325 §9.1).
 * A value that does not parse as such counts as absent.
 */
export function assertedIdentities(values: readonly string[]): readonly string[] {
  return identitiesIn(values.join('\n'));
}

const identitiesIn = remember((lines): readonly string[] => {
  const found = new Map<'sip' | 'tel', string>();
  for (const element of lines.split('\n').flatMap(splitList)) {
    const address = parseNameAddr(element);
    const uri = address === null ? null : parseUri(address.uri);
    if (address !== null && uri !== null && !found.has(uri.kind)) found.set(uri.kind, address.uri);
  }
  return [...found.values()];
});

/**
 * The URI of P-Called-Party-ID. Without angle brackets the rest of the value is read as URI parameters,
 * because senders write `sip:…;gr=…` bare; a stray quote is dropped. Null when there is no URI.
 */
export function calledParty(value: string): string | null {
  const inBrackets = parseNameAddr(value);
  if (inBrackets !== null && value.includes('<')) return inBrackets.uri;
  const bare = straightenQuotes(value).replaceAll('"', '').trim();
  const uri = parseUri(bare);
  return uri === null || (uri.kind === 'sip' && uriParameter(uri, 'tag') !== undefined) ? null : bare;
}

/** A quoted string of RFC 3261 §25.1. */
export function quoteText(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

function parseStrictly(text: string): NameAddr | null {
  const open = indexOutsideQuotes(text, '<');
  if (open === null) return null;
  if (open < 0) return parseAddrSpec(text.trim());
  const close = text.indexOf('>', open);
  if (close < 0) return null;
  const displayName = parseDisplayName(text.slice(0, open).trim());
  const uri = text.slice(open + 1, close).trim();
  const rest = text.slice(close + 1).trim();
  if (displayName === undefined || !URI_TEXT.test(uri) || (rest !== '' && !rest.startsWith(';'))) return null;
  const parameters = parseParameters(rest);
  return parameters === null ? null : { displayName, uri, parameters };
}

/** Without angle brackets, everything after the first `;` belongs to the header (RFC 3261 §20.10). */
function parseAddrSpec(text: string): NameAddr | null {
  const semicolon = text.indexOf(';');
  const uri = (semicolon < 0 ? text : text.slice(0, semicolon)).trim();
  const parameters = semicolon < 0 ? [] : parseParameters(text.slice(semicolon));
  if (parameters === null || !URI_TEXT.test(uri) || uri.includes(',') || uri.includes('?')) return null;
  return { displayName: null, uri, parameters };
}

/** The display name before `<`: a quoted string or words; undefined when it is neither. */
function parseDisplayName(text: string): string | null | undefined {
  if (text === '') return null;
  if (!text.startsWith('"')) return text.includes('"') ? undefined : text;
  return unquote(text) ?? undefined;
}

function parseParameter(text: string): HeaderParameter | null {
  const equals = text.indexOf('=');
  const name = (equals < 0 ? text : text.slice(0, equals)).trim();
  if (!TOKEN.test(name)) return null;
  if (equals < 0) return { name, value: null, quoted: false };
  const raw = text.slice(equals + 1).trim();
  if (!raw.startsWith('"')) return /[\s"<>]/.test(raw) ? null : { name, value: raw, quoted: false };
  const value = unquote(raw);
  return value === null ? null : { name, value, quoted: true };
}

/** Content of a text that is one whole quoted string; null otherwise. */
function unquote(text: string): string | null {
  const match = /^"((?:[^"\\]|\\.)*)"$/s.exec(text);
  return match?.[1] === undefined ? null : match[1].replace(/\\(.)/gs, '$1');
}

/** Index of a character outside quoted strings, -1 when absent, null when a quote never ends. */
function indexOutsideQuotes(text: string, wanted: string): number | null {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === '\\') at++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === wanted) return at;
  }
  return quoted ? null : -1;
}

function splitOutside(text: string, separator: ',' | ';'): readonly string[] {
  const parts: string[] = [];
  let quoted = false;
  let inBrackets = false;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === '\\') at++;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '<') inBrackets = true;
    else if (character === '>') inBrackets = false;
    else if (character === separator && !inBrackets) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
