import type { HeaderLine } from './head.ts';

/** Lines longer than this are parsed each time: what a connection remembers stays small. */
export const MAX_REMEMBERED_LINE = 512;

type Remembered = { readonly bytes: Uint8Array; readonly line: HeaderLine };

/**
 * The header lines of the last head by their place: the chunks of a message repeat most of them byte for byte, and
 * what is the same need not be parsed again.
 */
export class HeaderMemo {
  readonly #lines: (Remembered | undefined)[] = [];

  /** The line at this place when it stands at `from`, CRLF included, just as last time; null otherwise. */
  match(place: number, bytes: Buffer, from: number): HeaderLine | null {
    const last = this.#lines[place];
    if (last === undefined || from + last.bytes.length > bytes.length) return null;
    const wanted = last.bytes;
    for (let at = 0; at < wanted.length; at += 1) if (bytes[from + at] !== wanted[at]) return null;
    return last.line;
  }

  /** Remembers the line at this place, which stands at `from`; its bytes are copied. */
  remember(place: number, bytes: Buffer, from: number, line: HeaderLine): void {
    if (line.length > MAX_REMEMBERED_LINE) return;
    this.#lines[place] = { bytes: Uint8Array.from(bytes.subarray(from, from + line.length)), line };
  }
}
