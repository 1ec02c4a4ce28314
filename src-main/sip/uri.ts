import { remember } from './remember.ts';

/** One `;name` or `;name=value` of a URI, as written (escapes kept). */
export type UriParameter = { readonly name: string; readonly value: string | null };

/** A SIP or SIPS URI (RFC 3261 §19.1). `user`, `password` and parameters keep their percent escapes. */
export type SipUri = {
  readonly kind: 'sip';
  readonly scheme: 'sip' | 'sips';
  readonly user: string | null;
  readonly password: string | null;
  /** Host name, IPv4 address, or IPv6 address in brackets, as written. */
  readonly host: string;
  readonly port: number | null;
  readonly parameters: readonly UriParameter[];
  /** What follows `?`, or null. */
  readonly headers: string | null;
};

/** A tel URI (RFC 3966). */
export type TelUri = {
  readonly kind: 'tel';
  readonly number: string;
  readonly parameters: readonly UriParameter[];
};

export type Uri = SipUri | TelUri;

/** Longest URI that is read, in characters. */
const MAX_URI_LENGTH = 8192;
const USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-Fa-f]{2})+$/;
const PASSWORD = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,]|%[0-9A-Fa-f]{2})*$/;
const HOST_PORT = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/;
const PARAMETER_TEXT = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+$/;
const HEADERS = /^(?:[A-Za-z0-9\-_.!~*'()[\]/?:+$&=]|%[0-9A-Fa-f]{2})*$/;
const TEL_NUMBER = /^\+?[0-9A-Fa-f*#().-]+$/;
/** Parameters that make two URIs differ when only one has them (RFC 3261 §19.1.4; `gr` by RFC 5627 §4.3). */
const DISTINGUISHING = new Set(['user', 'ttl', 'method', 'maddr', 'transport', 'gr']);

/** Parses a sip, sips or tel URI without angle brackets; null for anything else. Never throws. */
export const parseUri: (text: string) => Uri | null = remember((text) => {
  if (text.length > MAX_URI_LENGTH) return null;
  const colon = text.indexOf(':');
  const scheme = text.slice(0, Math.max(colon, 0)).toLowerCase();
  const rest = text.slice(colon + 1);
  if (scheme === 'tel') return parseTel(rest);
  return scheme === 'sip' || scheme === 'sips' ? parseSip(scheme, rest) : null;
});

/** `parseUri` for those who can only use a SIP or SIPS URI. */
export function parseSipUri(text: string): SipUri | null {
  const uri = parseUri(text);
  return uri?.kind === 'sip' ? uri : null;
}

/** Writes a URI. Reverses `parseUri` except for the case of the scheme. */
export function formatUri(uri: Uri): string {
  if (uri.kind === 'tel') return `tel:${uri.number}${formatParameters(uri.parameters)}`;
  const password = uri.password === null ? '' : `:${uri.password}`;
  const user = uri.user === null ? '' : `${uri.user}${password}@`;
  const port = uri.port === null ? '' : `:${uri.port}`;
  const headers = uri.headers === null ? '' : `?${uri.headers}`;
  return `${uri.scheme}:${user}${uri.host}${port}${formatParameters(uri.parameters)}${headers}`;
}

/** Value of a URI parameter with escapes decoded; an empty string when it has none; undefined when absent. */
export function uriParameter(uri: Uri, name: string): string | undefined {
  const found = uri.parameters.find((parameter) => parameter.name.toLowerCase() === name);
  return found === undefined ? undefined : unescapeUri(found.value ?? '');
}

/** True when two URIs are equivalent (RFC 3261 §19.1.4; tel URIs by RFC 3966 §4). */
export function sameUri(a: Uri, b: Uri): boolean {
  if (a.kind === 'tel' || b.kind === 'tel') {
    return a.kind === 'tel' && b.kind === 'tel' && telKey(a) === telKey(b) && sameParameters(a, b);
  }
  return (
    a.scheme === b.scheme &&
    sameEscaped(a.user, b.user) &&
    sameEscaped(a.password, b.password) &&
    a.host.toLowerCase() === b.host.toLowerCase() &&
    a.port === b.port &&
    sameParameters(a, b) &&
    sameHeaders(a.headers, b.headers)
  );
}

/**
 * The address of record a SIP URI names, as a key: lower-case host, decoded user, no port or parameters.
 * `sips:Bob@Push.test:5061;gr=x` gives `sip:Bob@push.test`.
 */
export function aorOf(uri: SipUri): string {
  const user = uri.user === null ? '' : `${unescapeUri(uri.user)}@`;
  return `sip:${user}${uri.host.toLowerCase()}`;
}

/** An address of record, as `aorOf` gives it, written as a URI: what may not stand in a user part is escaped. */
export function aorToUri(aor: string): string {
  const at = aor.lastIndexOf('@');
  if (at < 0) return aor;
  const user = Buffer.from(aor.slice('sip:'.length, at), 'latin1').toString('utf8');
  return `sip:${escapeUser(user)}${aor.slice(at)}`;
}

/**
 * True when a URI fits a trust pattern such as `*@push.test`, `sip:psa@push.test` or `tel:+1555*`.
 * `*` stands for any run of characters but never crosses the `@`. Without a scheme a pattern means sip and sips.
 * Port, parameters and headers are ignored; users compare by case, hosts do not.
 */
export function matchesTrustPattern(pattern: string, uri: Uri): boolean {
  const scheme = /^(sips?|tel):/i.exec(pattern);
  const rest = pattern.slice(scheme?.[0].length ?? 0);
  if (scheme?.[1]?.toLowerCase() === 'tel') return uri.kind === 'tel' && globMatches(rest, telKey(uri));
  if (uri.kind === 'tel' || (scheme?.[1]?.toLowerCase() === 'sips' && uri.scheme !== 'sips')) return false;
  const at = rest.lastIndexOf('@');
  const host = (rest.slice(at + 1).split(/[;?]/)[0] ?? '').toLowerCase();
  if (!globMatches(host, uri.host.toLowerCase())) return false;
  if (at < 0) return uri.user === null;
  return uri.user !== null && globMatches(unescapeUri(rest.slice(0, at)), unescapeUri(uri.user));
}

/** Decodes percent escapes byte by byte into characters below 256; malformed escapes stay as they are. */
export function unescapeUri(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Escapes what may not stand in the user part of a SIP URI; characters above 255 go as UTF-8. */
export function escapeUser(text: string): string {
  return text.replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/gu, (character) =>
    Array.from(
      Buffer.from(character, 'utf8'),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    ).join(''),
  );
}

function parseSip(scheme: 'sip' | 'sips', rest: string): SipUri | null {
  const at = rest.indexOf('@');
  const credentials = at < 0 ? null : rest.slice(0, at);
  const afterUser = rest.slice(at + 1);
  const question = afterUser.indexOf('?');
  const headers = question < 0 ? null : afterUser.slice(question + 1);
  const [hostPort = '', ...parameterTexts] = (question < 0 ? afterUser : afterUser.slice(0, question)).split(
    ';',
  );
  const host = HOST_PORT.exec(hostPort);
  const parameters = parseParameters(parameterTexts);
  if (host?.[1] === undefined || parameters === null) return null;
  const port = host[2] === undefined ? null : Number(host[2]);
  if ((port !== null && port > 65535) || (headers !== null && !HEADERS.test(headers))) return null;
  const passwordAt = credentials?.indexOf(':') ?? -1;
  const user = credentials === null || passwordAt < 0 ? credentials : credentials.slice(0, passwordAt);
  const password = credentials === null || passwordAt < 0 ? null : credentials.slice(passwordAt + 1);
  if ((user !== null && !USER.test(user)) || (password !== null && !PASSWORD.test(password))) return null;
  return { kind: 'sip', scheme, user, password, host: host[1], port, parameters, headers };
}

function parseTel(rest: string): TelUri | null {
  const [number = '', ...parameterTexts] = rest.split(';');
  const parameters = parseParameters(parameterTexts);
  return parameters !== null && TEL_NUMBER.test(number) ? { kind: 'tel', number, parameters } : null;
}

function parseParameters(texts: readonly string[]): readonly UriParameter[] | null {
  const parameters: UriParameter[] = [];
  const seen = new Set<string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? null : text.slice(equals + 1);
    const key = name.toLowerCase();
    if (!PARAMETER_TEXT.test(name) || (value !== null && value !== '' && !PARAMETER_TEXT.test(value)))
      return null;
    if (seen.has(key)) return null;
    seen.add(key);
    parameters.push({ name, value });
  }
  return parameters;
}

function formatParameters(parameters: readonly UriParameter[]): string {
  return parameters.map(({ name, value }) => (value === null ? `;${name}` : `;${name}=${value}`)).join('');
}

function sameEscaped(a: string | null, b: string | null): boolean {
  return a === b || (a !== null && b !== null && unescapeUnreserved(a) === unescapeUnreserved(b));
}

/** Escapes of reserved characters differ from the characters themselves (RFC 3261 §19.1.4). */
function unescapeUnreserved(text: string): string {
  return text.replace(/%[0-9A-Fa-f]{2}/g, (escaped) => {
    const character = unescapeUri(escaped);
    return ';/?:@&=+$,'.includes(character) ? escaped.toUpperCase() : character;
  });
}

function sameParameters(a: Uri, b: Uri): boolean {
  const [first, second] = [parameterMap(a), parameterMap(b)];
  for (const name of new Set([...first.keys(), ...second.keys()])) {
    const [one, other] = [first.get(name), second.get(name)];
    if (one === undefined || other === undefined) {
      if (DISTINGUISHING.has(name) || a.kind === 'tel') return false;
    } else if (one !== other) {
      return false;
    }
  }
  return true;
}

function parameterMap(uri: Uri): ReadonlyMap<string, string> {
  return new Map(
    uri.parameters.map(({ name, value }) => [name.toLowerCase(), unescapeUri(value ?? '').toLowerCase()]),
  );
}

function sameHeaders(a: string | null, b: string | null): boolean {
  const key = (headers: string | null): string =>
    (headers ?? '')
      .split('&')
      .map((header) => unescapeUri(header).toLowerCase())
      .sort()
      .join('&');
  return key(a) === key(b);
}

function telKey(uri: TelUri): string {
  return uri.number.replace(/[().-]/g, '').toLowerCase();
}

/** Glob with `*` only, without backtracking over more than the last star. */
function globMatches(pattern: string, text: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last))
    return false;
  let at = first.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at + last.length <= text.length;
}
