/** Header fields that carry credentials or what is computed from them, with their continuation lines. */
const CREDENTIALS =
  /^((?:Proxy-)?Authorization|(?:Proxy-)?Authentication-Info)([ \t]*:)((?:[^\n]|\n[ \t])*)/gim;
/** Rules out at once nearly every message that has none. */
const SUSPECT = /authori[sz]ation|authentication-info/i;
const SECRET = /\b(response|auts|cnonce|rspauth)([ \t]*=\s*)("(?:[^"\\]|\\.)*(?:"|$)|[^,\s]+)/gi;
/** Schemes whose parameters are known; of any other nothing is shown. */
const DIGEST = /^\s*(?:Digest|AKAv\d\S*)\s/i;
const SCHEME = /^(\s*[\w-]+)\s[\s\S]*?(\r?)$/;
/** Stands for what is not shown. */
const MASK = '"***"';

/**
 * A SIP or MSRP message as it may be shown, kept and exported: what credentials prove a password or a SIM's key with is
 * masked, in Authorization, Proxy-Authorization, Authentication-Info and Proxy-Authentication-Info (RFC 3261 §22,
 * RFC 3310 §3, RFC 4976 §5.1); of schemes other than Digest all of the value.
 */
export function maskCredentials(message: string): string {
  if (!SUSPECT.test(message)) return message;
  const end = message.indexOf('\r\n\r\n');
  const head = end < 0 ? message : message.slice(0, end);
  const masked = head.replace(CREDENTIALS, (_line, name: string, colon: string, value: string) => {
    return `${name}${colon}${/info$/i.test(name) || DIGEST.test(value) ? maskSecrets(value) : maskAll(value)}`;
  });
  return end < 0 ? masked : masked + message.slice(end);
}

function maskSecrets(value: string): string {
  return value.replace(SECRET, (pair, key: string, equals: string) => {
    // A quote left open takes the line's own CR with it.
    return `${key}${equals}${MASK}${pair.endsWith('\r') ? '\r' : ''}`;
  });
}

function maskAll(value: string): string {
  return value.replace(SCHEME, (_all, scheme: string, end: string) => `${scheme} ***${end}`);
}
