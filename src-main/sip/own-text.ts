/**
 * A copy of latin1 text, which may be a piece of a longer one and then holds on to all of it. In a window, which has no
 * Buffer and no long texts, the text itself.
 */
export function ownText(text: string): string {
  return 'Buffer' in globalThis ? Buffer.from(text, 'latin1').toString('latin1') : text;
}
