/** Longest line that is read, in characters. */
const MAX_LINE_LENGTH = 16 * 1024;
const LINE = /^[a-z]=/;
/** Bare CR too: sdp-transform and many peers would take it for the end of a line. */
const LINE_BREAKERS = /[\0\r]/;

/**
 * The lines of an SDP without line ends. A line that begins with a space continues an `a=file-selector` (X-11,
 * PRA-SDP-11) and is a fault elsewhere; spaces after the colon of an attribute go. Null when a line is no SDP.
 */
export function unfold(sdp: string): readonly string[] | null {
  const lines: string[] = [];
  for (const raw of sdp.split(/\r\n|\n/)) {
    if (raw.trim() === '') continue;
    if (raw.length > MAX_LINE_LENGTH || LINE_BREAKERS.test(raw)) return null;
    const last = lines.at(-1) ?? '';
    if (/^[ \t]/.test(raw)) {
      if (!last.startsWith('a=file-selector:')) return null;
      lines[lines.length - 1] = `${last} ${raw.trim()}`;
    } else if (LINE.test(raw)) {
      lines.push(raw.replace(/^(a=[\w-]+:)[ \t]+/, '$1').trimEnd());
    } else {
      return null;
    }
  }
  return lines;
}
