/** Characters of a message that stand in lists. */
const MAX_PREVIEW_LENGTH = 120;

/** First line of a text in UTF-8, short enough for a list; null for other content. */
export function previewOf(content: Buffer, contentType: string | undefined): string | null {
  if (contentType === undefined || !/^text\/plain\b/i.test(contentType)) return null;
  const [line = ''] = content
    .toString('utf8', 0, MAX_PREVIEW_LENGTH * 4)
    .trimStart()
    .split(/[\r\n]/);
  if (/^[ -~]+$/.test(line)) return line.slice(0, MAX_PREVIEW_LENGTH);
  // Control characters have no place in a list, and bidi controls could turn what stands beside it.
  const text = line
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .slice(0, MAX_PREVIEW_LENGTH);
  return text === '' ? null : text;
}
