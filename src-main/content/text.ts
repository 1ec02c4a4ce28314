import { TextDecoder } from 'node:util';

/** A text body made safe to show. `truncated` tells that bytes beyond the limit were left out. */
export type DecodedText = { readonly text: string; readonly truncated: boolean };

/** What would turn, hide or break the text around it: controls but tab and line ends, bidi and zero-width characters. */
const INVISIBLE = /(?![\t\n\r])\p{Cc}|[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/**
 * Decodes the first `maxBytes` of a text body by its charset parameter; UTF-8 when it names none or one nobody knows.
 * Control and bidi characters are shown as their code points. Never throws.
 */
export function decodeText(bytes: Buffer, charset: string | null, maxBytes: number): DecodedText {
  const head = bytes.subarray(0, maxBytes);
  // Streaming, so that a character cut at the limit is left out and not replaced.
  const text = decoderFor(charset).decode(head, { stream: head.length < bytes.length });
  return { text: showInvisible(text), truncated: head.length < bytes.length };
}

/** Replaces control, bidi and zero-width characters by a visible `[U+202E]`; tab and line ends stay. */
export function showInvisible(text: string): string {
  return text.replace(
    INVISIBLE,
    (character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
}

function decoderFor(charset: string | null): TextDecoder {
  try {
    return new TextDecoder(charset ?? 'utf-8');
  } catch {
    return new TextDecoder();
  }
}
