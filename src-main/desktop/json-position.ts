/** Objects and lists inside each other. */
const MAX_DEPTH = 64;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\r\n]*/y;

/**
 * Where a text stops being JSON (RFC 8259), in a sentence with line and column, both from 1; null when it is JSON.
 * The engine's own words name no place in short texts, and differ between engines.
 */
export function jsonProblem(text: string): string | null {
  const scanner = new Scanner(text);
  try {
    scanner.value(0);
    scanner.end();
    return null;
  } catch (error) {
    if (error instanceof WrongJson) return `line ${error.line}, column ${error.column}: ${error.message}`;
    throw error;
  }
}

class WrongJson extends Error {
  readonly line: number;
  readonly column: number;

  constructor(text: string, offset: number, message: string) {
    super(message);
    const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
    this.line = lines.length;
    this.column = (lines.at(-1)?.length ?? 0) + 1;
  }
}

/** Goes through a text value by value, and throws where it is no JSON. */
class Scanner {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): void {
    this.#take(SPACE);
    if (depth > MAX_DEPTH) throw this.#wrong(`nested more than ${MAX_DEPTH} deep`);
    if (this.#takeChar('{')) this.#items('}', () => this.#member(depth));
    else if (this.#takeChar('[')) this.#items(']', () => this.value(depth + 1));
    else if (this.#text[this.#offset] === '"') this.#string();
    else if (!this.#take(NUMBER) && !this.#take(WORD)) throw this.#expected('a value');
  }

  end(): void {
    this.#take(SPACE);
    if (this.#offset < this.#text.length) throw this.#expected('the end of the file');
  }

  #items(close: string, item: () => void): void {
    this.#take(SPACE);
    if (this.#takeChar(close)) return;
    for (;;) {
      item();
      this.#take(SPACE);
      if (this.#takeChar(close)) return;
      if (!this.#takeChar(',')) throw this.#expected(`a comma or ${close}`);
    }
  }

  #member(depth: number): void {
    this.#take(SPACE);
    if (this.#text[this.#offset] !== '"') throw this.#expected('a name in double quotes');
    this.#string();
    this.#take(SPACE);
    if (!this.#takeChar(':')) throw this.#expected('a colon');
    this.value(depth + 1);
  }

  #string(): void {
    if (!this.#take(STRING)) throw this.#wrong('this text does not end, or holds what JSON does not allow');
  }

  #takeChar(char: string): boolean {
    if (this.#text[this.#offset] !== char) return false;
    this.#offset += 1;
    return true;
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#offset;
    const [found] = pattern.exec(this.#text) ?? [];
    this.#offset += found?.length ?? 0;
    return found !== undefined;
  }

  #expected(what: string): WrongJson {
    const found = this.#text[this.#offset];
    return this.#wrong(
      `expected ${what}, found ${found === undefined ? 'the end of the file' : `“${found}”`}`,
    );
  }

  #wrong(message: string): WrongJson {
    return new WrongJson(this.#text, this.#offset, message);
  }
}
