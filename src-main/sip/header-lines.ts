import { type HeaderField, HeaderFields, longHeaderName } from './header-fields.ts';
import { remember } from './remember.ts';

/** RFC 3261 §25.1. */
export const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
/** Could make another reader see other header fields; a NUL may only stand behind a backslash (RFC 3261 §25.1). */
const STRAY = /[\r\n]|(?<!\\)\0/;

/**
 * Reads the lines between start line and body: names in long form, folded lines unfolded. `problem` says what is wrong
 * with the first bad line, or is null; what could be read is there all the same.
 */
export function parseHeaderLines(lines: readonly string[]): {
  readonly fields: HeaderFields;
  readonly problem: string | null;
} {
  const fields: HeaderField[] = [];
  let problem: string | null = null;
  for (const line of unfold(lines)) {
    const colon = line.indexOf(':');
    const name = fieldName(line.slice(0, Math.max(colon, 0)));
    // A stray CR, LF or NUL could make another reader see other header fields.
    if (name === null || STRAY.test(line)) problem ??= 'A line is no header field.';
    else fields.push({ name, value: line.slice(colon + 1).trim() });
  }
  if (isContinuation(lines[0])) problem = 'The first header line is a continuation.';
  return { fields: new HeaderFields(fields), problem };
}

/** The long form of what stands before the colon, or null when it is no name. */
const fieldName = remember((text) => {
  const name = text.trimEnd();
  return TOKEN.test(name) ? longHeaderName(name) : null;
});

function isContinuation(line: string | undefined): boolean {
  return line !== undefined && (line.startsWith(' ') || line.startsWith('\t'));
}

/** Lines with their continuations, one space between; what continues nothing is left out. */
function unfold(lines: readonly string[]): readonly string[] {
  if (!lines.some(isContinuation)) return lines;
  const unfolded: string[][] = [];
  for (const line of lines) {
    if (isContinuation(line)) unfolded.at(-1)?.push(line.trim());
    else unfolded.push([line]);
  }
  return unfolded.map((parts) => parts.join(' '));
}
