import { randomBytes } from 'node:crypto';
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** An MSRP URI (RFC 4975 §9). Host, session id and parameters are kept as written. */
export type MsrpUri = {
  readonly scheme: 'msrp' | 'msrps';
  readonly userinfo: string | null;
  /** Host name or IP literal, IPv6 without its brackets. */
  readonly host: string;
  readonly port: number | null;
  readonly sessionId: string | null;
  /** `tcp` for every URI this product makes. */
  readonly transport: string;
  /** Further `;name=value` parameters, each without its semicolon. */
  readonly parameters: readonly string[];
};

const MAX_URI_LENGTH = 1024;
const MAX_PATH_URIS = 16;
const SESSION_ID_BYTES = 18;
const IDENT_BYTES = 12;

const URI =
  /^(msrps?):\/\/(?:([A-Za-z0-9\-._~%!$&'()*+,;=:]*)@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~%]+)(?::([0-9]{1,5}))?(?:\/([A-Za-z0-9\-._~+=/]+))?;([A-Za-z0-9]+)((?:;[^;\s]+)*)$/i;
const TOKEN_PARAMETER = /^[!#-'*+\-.0-9A-Z^-~]+(?:=[!#-'*+\-.0-9A-Z^-~]+)?$/;
const LAST_LABEL_NUMERIC = /(?:^|\.)[0-9]+$/;

/**
 * Parses one MSRP URI. Returns null where the grammar of RFC 4975 §9 is not met, a port is out of
 * range, or an IP literal has no port (§6).
 */
export function parseUri(text: string): MsrpUri | null {
  if (text.length > MAX_URI_LENGTH) return null;
  const match = URI.exec(text);
  if (match === null) return null;
  const [, scheme = '', userinfo, authorityHost = '', portText, sessionId, transport = '', tail = ''] = match;
  const host = authorityHost.startsWith('[') ? authorityHost.slice(1, -1) : authorityHost;
  const isIp = authorityHost.startsWith('[') ? isIPv6(host) : isIPv4(host);
  if (!isIp && (authorityHost.startsWith('[') || LAST_LABEL_NUMERIC.test(host))) return null;
  const port = portText === undefined ? null : Number(portText);
  if (port !== null && (port < 1 || port > 65535)) return null;
  if (isIp && port === null) return null;
  const parameters = tail === '' ? [] : tail.slice(1).split(';');
  if (!parameters.every((parameter) => TOKEN_PARAMETER.test(parameter))) return null;
  return {
    scheme: scheme.toLowerCase() === 'msrps' ? 'msrps' : 'msrp',
    userinfo: userinfo ?? null,
    host,
    port,
    sessionId: sessionId ?? null,
    transport,
    parameters,
  };
}

/** Parses the value of a To-Path, From-Path or SDP `path`: URIs parted by single spaces. Null if any is bad. */
export function parsePath(text: string): readonly MsrpUri[] | null {
  const parts = text.split(' ', MAX_PATH_URIS + 1);
  if (parts.length > MAX_PATH_URIS) return null;
  const path: MsrpUri[] = [];
  for (const part of parts) {
    const uri = parseUri(part);
    if (uri === null) return null;
    path.push(uri);
  }
  return path;
}

/** URIs never change, and those of a session are written again with every answer. */
const written = new WeakMap<MsrpUri, string>();

/** Writes a URI as it goes on the wire. */
export function formatUri(uri: MsrpUri): string {
  const known = written.get(uri);
  if (known !== undefined) return known;
  const text = writeUri(uri);
  written.set(uri, text);
  return text;
}

function writeUri(uri: MsrpUri): string {
  const host = uri.host.includes(':') ? `[${uri.host}]` : uri.host;
  const user = uri.userinfo === null ? '' : `${uri.userinfo}@`;
  const port = uri.port === null ? '' : `:${uri.port}`;
  const session = uri.sessionId === null ? '' : `/${uri.sessionId}`;
  const parameters = uri.parameters.map((parameter) => `;${parameter}`).join('');
  return `${uri.scheme}://${user}${host}${port}${session};${uri.transport}${parameters}`;
}

/** Writes a path: its URIs parted by single spaces, the next hop first. */
export function formatPath(path: readonly MsrpUri[]): string {
  const [only] = path;
  return path.length === 1 && only !== undefined ? formatUri(only) : path.map(formatUri).join(' ');
}

/**
 * Compares two URIs by RFC 4975 §6.1: scheme, host and transport without case, IP addresses by value,
 * ports exactly (none is not 2855), session ids with case. User part and parameters do not count.
 */
export function sameUri(a: MsrpUri, b: MsrpUri): boolean {
  return (
    a.sessionId === b.sessionId &&
    a.port === b.port &&
    a.scheme === b.scheme &&
    a.transport.toLowerCase() === b.transport.toLowerCase() &&
    (a.host === b.host || comparableHost(a.host) === comparableHost(b.host))
  );
}

/** A fresh URI for one session at our own address: `tcp`, an unguessable session id (RFC 4975 §8.2, §14.1). */
export function newSessionUri(host: string, port: number, scheme: 'msrp' | 'msrps' = 'msrp'): MsrpUri {
  return { scheme, userinfo: null, host, port, sessionId: newSessionId(), transport: 'tcp', parameters: [] };
}

/** A session id of 24 characters and 144 random bits (RFC 4975 §14.1 asks for 80). */
export function newSessionId(): string {
  return randomBytes(SESSION_ID_BYTES).toString('base64url');
}

/** A transaction id of 24 characters and 96 random bits (RFC 4975 §7.1 asks for 64). */
export function newTransactionId(): string {
  return randomBytes(IDENT_BYTES).toString('hex');
}

/** A Message-ID of 24 characters and 96 random bits (RFC 4975 §7.1.1). */
export function newMessageId(): string {
  return randomBytes(IDENT_BYTES).toString('hex');
}

function comparableHost(host: string): string {
  if (isIPv6(host)) return new SocketAddress({ address: host, family: 'ipv6' }).address;
  return host
    .replace(/%[0-9A-Fa-f]{2}/g, (encoded) => {
      const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
      return /[A-Za-z0-9\-._~]/.test(character) ? character : encoded;
    })
    .toLowerCase();
}
