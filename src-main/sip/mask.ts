const CREDENTIALS = /^((?:Proxy-)?Authorization)([ \t]*:)(.*)$/gim;
const SECRET = /\b(response|auts|cnonce)([ \t]*=[ \t]*)("(?:[^"\\]|\\.)*"|[^,\s]+)/gi;
/** Stands for what is not shown. */
const MASK = '"***"';

/**
 * A SIP message as it may be shown, kept and exported: what digest credentials prove a password with is masked, in
 * Authorization and Proxy-Authorization (RFC 3261 §22).
 */
export function maskCredentials(message: string): string {
  const end = message.indexOf('\r\n\r\n');
  const head = end < 0 ? message : message.slice(0, end);
  const masked = head.replace(CREDENTIALS, (_line, name: string, colon: string, value: string) => {
    return `${name}${colon}${value.replace(SECRET, (_pair, key: string, equals: string) => `${key}${equals}${MASK}`)}`;
  });
  return end < 0 ? masked : masked + message.slice(end);
}
