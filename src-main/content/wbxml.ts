import { ByteCursor, OutOfBytes } from './byte-cursor.ts';
import { charsetOfMib, decodeText } from './charset.ts';
import { MAX_MARKUP_DEPTH, type MarkupElement, type MarkupNode, type MarkupResult } from './markup.ts';

/** What the tokens of one document type mean; the outer index is the code page, the inner key the token. */
export type WbxmlVocabulary = {
  readonly tags: readonly ReadonlyMap<number, string>[];
  readonly attributeStarts: readonly ReadonlyMap<number, WbxmlAttributeStart>[];
  readonly attributeValues: readonly ReadonlyMap<number, string>[];
  /** Attributes whose opaque data is a date of packed digits (WAP-167 §8.2.2). */
  readonly dates: readonly string[];
};

/** An attribute and how its value begins. */
export type WbxmlAttributeStart = { readonly name: string; readonly prefix: string };

/** Elements, attributes and values of one document. */
const MAX_TOKENS = 10_000;
/** Characters of all texts together: a string table can be named again and again. */
const MAX_TEXT = 256 * 1024;
/** Longest string that is decoded, in bytes. */
const MAX_STRING_BYTES = 64 * 1024;

const SWITCH_PAGE = 0x00;
const END = 0x01;
const ENTITY = 0x02;
const STR_I = 0x03;
const LITERAL = 0x04;
const PI = 0x43;
const STR_T = 0x83;
const OPAQUE = 0xc3;
const HAS_ATTRIBUTES = 0x80;
const HAS_CONTENT = 0x40;
const TAG_MASK = 0x3f;

/**
 * Reads a WBXML document of versions 1.0 to 1.3 (WAP-192). Tokens that the vocabulary does not know become names such
 * as `tag-0x1f`; a document that ends early or is too large gives what came before, with a warning. Never throws.
 */
export function readWbxml(bytes: Buffer, vocabulary: WbxmlVocabulary): MarkupResult {
  const reader = new WbxmlReader(bytes, vocabulary);
  try {
    reader.readHeader();
  } catch (error) {
    if (!(error instanceof OutOfBytes)) throw error;
    return { kind: 'bad', reason: 'The WBXML header is malformed.' };
  }
  let warnings: readonly string[] = [];
  try {
    reader.readBody();
  } catch (error) {
    if (!(error instanceof OutOfBytes)) throw error;
    warnings = [`The WBXML document is incomplete: ${error.message}.`];
  }
  const { root } = reader;
  if (root === null) return { kind: 'bad', reason: 'The WBXML document has no element.' };
  return { kind: 'ok', root, warnings: [...reader.warnings, ...warnings] };
}

type OpenElement = Omit<MarkupElement, 'attributes' | 'children'> & {
  readonly attributes: Map<string, string>;
  readonly children: MarkupNode[];
};

class WbxmlReader {
  readonly warnings: string[] = [];
  root: OpenElement | null = null;
  readonly #cursor: ByteCursor;
  readonly #vocabulary: WbxmlVocabulary;
  #charset = 'utf-8';
  #strings: Buffer = Buffer.alloc(0);
  #tagPage = 0;
  #attributePage = 0;
  #tokens = 0;
  #text = 0;

  constructor(bytes: Buffer, vocabulary: WbxmlVocabulary) {
    this.#cursor = new ByteCursor(bytes);
    this.#vocabulary = vocabulary;
  }

  /** version publicid charset strtbl (WAP-192 §5.4). */
  readHeader(): void {
    const version = this.#cursor.byte();
    if (version > 0x0f) throw new OutOfBytes('the version is unknown');
    if (this.#cursor.multiByteInteger() === 0) this.#cursor.multiByteInteger();
    // Version 1.0 has no character set in its header.
    const mib = version === 0 ? 106 : this.#cursor.multiByteInteger();
    const charset = mib === 0 ? 'utf-8' : charsetOfMib(mib);
    if (charset === null) this.warnings.push(`The character set number ${mib} is unknown; taken as UTF-8.`);
    this.#charset = charset ?? 'utf-8';
    this.#strings = this.#cursor.take(this.#cursor.multiByteInteger());
  }

  /** Processing instructions and one element, without recursion: depth is the sender's to choose. */
  readBody(): void {
    const open: OpenElement[] = [];
    while (this.root === null || open.length > 0) {
      const token = this.#next();
      const parent = open.at(-1);
      if (token === END) open.pop();
      else if (token === SWITCH_PAGE) this.#tagPage = this.#cursor.byte();
      else if (token === PI) this.#readAttributes(new Map());
      else if (isGlobal(token)) {
        const text = this.#readValue(token, null);
        parent?.children.push({ kind: 'text', text });
      } else {
        if (open.length >= MAX_MARKUP_DEPTH) throw new OutOfBytes('its elements are too deep');
        const element = this.#beginElement(token);
        parent?.children.push(element);
        this.root ??= element;
        if ((token & HAS_ATTRIBUTES) !== 0) this.#readAttributes(element.attributes);
        if ((token & HAS_CONTENT) !== 0) open.push(element);
      }
    }
    if (this.#cursor.remaining > 0)
      this.warnings.push(`${this.#cursor.remaining} bytes follow behind the document.`);
  }

  #next(): number {
    this.#tokens += 1;
    if (this.#tokens > MAX_TOKENS) throw new OutOfBytes('it has too many tokens');
    return this.#cursor.byte();
  }

  #beginElement(token: number): OpenElement {
    const tag = token & TAG_MASK;
    const known = this.#vocabulary.tags[this.#tagPage]?.get(tag);
    const name =
      tag === LITERAL
        ? this.#fromTable(this.#cursor.multiByteInteger())
        : (known ?? `tag-${this.#hex(tag, this.#tagPage)}`);
    return { kind: 'element', name, attributes: new Map(), children: [] };
  }

  #readAttributes(attributes: Map<string, string>): void {
    let current: string | null = null;
    for (let token = this.#next(); token !== END; token = this.#next()) {
      if (token === SWITCH_PAGE) {
        this.#attributePage = this.#cursor.byte();
      } else if (token === LITERAL || (token < 0x80 && !isGlobal(token))) {
        const start = this.#attributeStart(token);
        current = start.name;
        attributes.set(start.name, start.prefix);
      } else {
        const value = isGlobal(token) ? this.#readValue(token, current) : this.#valueToken(token);
        if (current !== null) attributes.set(current, (attributes.get(current) ?? '') + value);
      }
    }
  }

  #attributeStart(token: number): WbxmlAttributeStart {
    if (token === LITERAL) return { name: this.#fromTable(this.#cursor.multiByteInteger()), prefix: '' };
    const known = this.#vocabulary.attributeStarts[this.#attributePage]?.get(token);
    return known ?? { name: `attribute-${this.#hex(token, this.#attributePage)}`, prefix: '' };
  }

  #valueToken(token: number): string {
    const known = this.#vocabulary.attributeValues[this.#attributePage]?.get(token);
    return known ?? `{${this.#hex(token, this.#attributePage)}}`;
  }

  /** A string, character, opaque data or extension (WAP-192 §5.8.4). */
  #readValue(token: number, attribute: string | null): string {
    if (token === STR_I) return this.#inline();
    if (token === STR_T) return this.#fromTable(this.#cursor.multiByteInteger());
    if (token === ENTITY) return this.#count(characterOf(this.#cursor.multiByteInteger()));
    if (token === OPAQUE) {
      const data = this.#cursor.take(this.#cursor.multiByteInteger());
      const isDate = attribute !== null && this.#vocabulary.dates.includes(attribute);
      const date = isDate ? packedDate(data) : null;
      return this.#count(date ?? `0x${data.subarray(0, MAX_STRING_BYTES).toString('hex')}`);
    }
    // EXT_I with a string, EXT_T with a number, EXT alone: their meaning is the document type's.
    const extension = `{extension ${token & 0x3f}`;
    if (token < 0x80) return `${extension}: ${this.#inline()}}`;
    return token < 0xc0 ? `${extension}: ${this.#cursor.multiByteInteger()}}` : `${extension}}`;
  }

  #inline(): string {
    const { bytes, at } = this.#cursor;
    const text = this.#terminated(bytes, at);
    this.#cursor.take(text.length + this.#width);
    return this.#decode(text);
  }

  #fromTable(index: number): string {
    if (index >= this.#strings.length) throw new OutOfBytes('a string is not in its table');
    return this.#decode(this.#terminated(this.#strings, index));
  }

  #terminated(bytes: Buffer, from: number): Buffer {
    const end = textEnd(bytes, from, this.#width);
    if (end < 0) throw new OutOfBytes('a text has no end');
    return bytes.subarray(from, end);
  }

  get #width(): 1 | 2 {
    return this.#charset.startsWith('utf-16') ? 2 : 1;
  }

  #decode(bytes: Buffer): string {
    return this.#count(decodeText(bytes, this.#charset, MAX_STRING_BYTES).text);
  }

  #count(text: string): string {
    this.#text += text.length;
    if (this.#text > MAX_TEXT) throw new OutOfBytes('it has too much text');
    return text;
  }

  #hex(token: number, page: number): string {
    const hex = `0x${token.toString(16).padStart(2, '0')}`;
    return page === 0 ? hex : `${page}:${hex}`;
  }
}

/** Where the terminator of a text is: one zero, or two in a character set of two bytes. -1 when there is none. */
function textEnd(bytes: Buffer, from: number, width: 1 | 2): number {
  if (width === 1) return bytes.indexOf(0, from);
  for (let at = from; at + 1 < bytes.length; at += 2) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) return at;
  }
  return -1;
}

/** Tokens that mean the same in every document type; LITERAL and its like are handled as tags and attributes. */
function isGlobal(token: number): boolean {
  const low = token & TAG_MASK;
  if (token === ENTITY || token === STR_I || token === STR_T || token === OPAQUE) return true;
  return token >= 0x40 && low <= 2;
}

function characterOf(code: number): string {
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? '\ufffd' : String.fromCodePoint(code);
}

/** A date of packed digits, year to second, with zeros at the end left out (WAP-167 §8.2.2). Null if it is none. */
function packedDate(data: Buffer): string | null {
  const digits = data.toString('hex').padEnd(14, '0');
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(digits);
  if (match === null || data.length < 4) return null;
  const [, year, month, day, hour, minute, second] = match;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}
