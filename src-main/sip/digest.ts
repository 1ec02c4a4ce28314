import { createHash, randomBytes } from 'node:crypto';
import { quoteText } from './name-addr.ts';

/**
 * Digest authentication for SIP: RFC 8760 over RFC 7616 and RFC 2617, and AKAv1-MD5 of RFC 3310.
 * Header texts are latin1 strings, one character a byte; user names and passwords are ordinary strings
 * and go on the wire and into hashes as UTF-8.
 */

/** One challenge of a WWW-Authenticate or Proxy-Authenticate header. */
export type DigestChallenge = {
  readonly realm: string;
  readonly nonce: string;
  /** As received; null means MD5. */
  readonly algorithm: string | null;
  readonly opaque: string | null;
  readonly qop: readonly string[];
  /** The nonce was too old, the password was right. */
  readonly stale?: boolean;
};

/**
 * What only the user knows: a password as a string, or AKA's RES as bytes, none when AUTS is sent (RFC 3310 §3.3, §3.4).
 * Bytes answer AKAv1-MD5 alone, and a string everything else, so that neither is ever hashed as the other.
 */
export type DigestSecret = string | Buffer;

/** The request to authenticate and who asks. `body` is a latin1 string, used by auth-int only. */
export type DigestRequest = {
  readonly username: string;
  readonly password: DigestSecret;
  readonly method: string;
  readonly uri: string;
  readonly body: string;
};

/** Values of an Authorization or Proxy-Authorization header. `nc` is its eight hex digits. */
export type DigestCredentials = {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: string | null;
  readonly opaque: string | null;
  readonly qop: string | null;
  readonly nc: string | null;
  readonly cnonce: string | null;
  /** Base64 of AKA's AUTS (RFC 3310 §3.4). */
  readonly auts: string | null;
};

/** Hashes by algorithm, for passwords and for AKA. AKAv1-MD5-sess is not one: RFC 3310 §3.1 advises against it. */
const HASHES: Readonly<Record<'password' | 'aka', ReadonlyMap<string, string>>> = {
  password: new Map([
    ['md5', 'md5'],
    ['md5-sess', 'md5'],
    ['sha-256', 'sha256'],
    ['sha-256-sess', 'sha256'],
    ['sha-512-256', 'sha512-256'],
    ['sha-512-256-sess', 'sha512-256'],
  ]),
  aka: new Map([['akav1-md5', 'md5']]),
};
const PARAMETER = /([A-Za-z0-9_*-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))[ \t]*/y;
const SEPARATORS = /[\s,]*/y;

/**
 * Parses header values that hold one challenge each, keeping their order of preference (RFC 8760 §2.4).
 * Challenges of other schemes, or without realm or nonce, are left out.
 */
export function parseChallenges(values: readonly string[]): readonly DigestChallenge[] {
  return values.flatMap((value) => {
    const parameters = parseDigestParameters(value);
    const realm = parameters?.get('realm');
    const nonce = parameters?.get('nonce');
    if (parameters === null || realm === undefined || nonce === undefined) return [];
    const challenge: DigestChallenge = {
      realm,
      nonce,
      algorithm: parameters.get('algorithm') ?? null,
      opaque: parameters.get('opaque') ?? null,
      qop: (parameters.get('qop') ?? '').split(',').flatMap((option) => option.trim().toLowerCase() || []),
      stale: parameters.get('stale')?.toLowerCase() === 'true',
    };
    return [challenge];
  });
}

/** The first challenge whose algorithm and qop can be answered by a password or by AKA, or null (RFC 8760 §2.4). */
export function pickChallenge(
  challenges: readonly DigestChallenge[],
  by: 'password' | 'aka' = 'password',
): DigestChallenge | null {
  return (
    challenges.find(({ algorithm, qop }) => pickQop(qop) !== null && hashOf(algorithm, by) !== null) ?? null
  );
}

/**
 * The value of Authorization or Proxy-Authorization that answers a challenge, or null when its algorithm
 * or every qop it offers is unknown. `auth` is preferred to `auth-int`, because proxies may change bodies' headers.
 * `nonceCount` starts at 1 and must grow with every use of one nonce; `auts` is base64 (RFC 3310 §3.4).
 */
export function answerChallenge(
  challenge: DigestChallenge,
  request: DigestRequest,
  options: { readonly nonceCount?: number; readonly cnonce?: string; readonly auts?: string } = {},
): string | null {
  const qop = pickQop(challenge.qop);
  if (qop === null) return null;
  const nc = (options.nonceCount ?? 1).toString(16).padStart(8, '0');
  const cnonce = options.cnonce ?? randomBytes(16).toString('hex');
  const sendsClientNonce = qop !== '' || isSession(challenge.algorithm);
  const response = digestResponse({
    ...request,
    realm: challenge.realm,
    nonce: challenge.nonce,
    algorithm: challenge.algorithm,
    qop: qop === '' ? null : qop,
    nc,
    cnonce,
  });
  if (response === null) return null;
  const parts = [
    `username=${quoteText(utf8AsLatin1(request.username))}`,
    `realm=${quoteText(challenge.realm)}`,
    `nonce=${quoteText(challenge.nonce)}`,
    `uri=${quoteText(request.uri)}`,
    `response="${response}"`,
  ];
  if (challenge.algorithm !== null) parts.push(`algorithm=${challenge.algorithm}`);
  if (sendsClientNonce) parts.push(`cnonce="${cnonce}"`);
  if (qop !== '') parts.push(`qop=${qop}`, `nc=${nc}`);
  if (challenge.opaque !== null) parts.push(`opaque=${quoteText(challenge.opaque)}`);
  if (options.auts !== undefined) parts.push(`auts="${options.auts}"`);
  return `Digest ${parts.join(', ')}`;
}

/** Parses the value of Authorization or Proxy-Authorization; null when it is no whole Digest answer. */
export function parseCredentials(value: string): DigestCredentials | null {
  const parameters = parseDigestParameters(value);
  if (parameters === null) return null;
  const [username, realm, nonce, uri, response] = ['username', 'realm', 'nonce', 'uri', 'response'].map(
    (name) => parameters.get(name),
  );
  if (
    username === undefined ||
    realm === undefined ||
    nonce === undefined ||
    uri === undefined ||
    response === undefined
  ) {
    return null;
  }
  return {
    username: Buffer.from(username, 'latin1').toString('utf8'),
    realm,
    nonce,
    uri,
    response: response.toLowerCase(),
    algorithm: parameters.get('algorithm') ?? null,
    opaque: parameters.get('opaque') ?? null,
    qop: parameters.get('qop')?.toLowerCase() ?? null,
    nc: parameters.get('nc') ?? null,
    cnonce: parameters.get('cnonce') ?? null,
    auts: parameters.get('auts') ?? null,
  };
}

/**
 * The `response` value of RFC 7616 §3.4.1 in lower-case hex, or null for an unknown qop or an algorithm that this
 * kind of secret does not answer.
 */
export function digestResponse(
  input: DigestRequest & {
    readonly realm: string;
    readonly nonce: string;
    readonly algorithm: string | null;
    readonly qop: string | null;
    readonly nc: string | null;
    readonly cnonce: string | null;
  },
): string | null {
  const { nonce, nc, cnonce, qop, password } = input;
  const isText = typeof password === 'string';
  const hash = hashOf(input.algorithm, isText ? 'password' : 'aka');
  if (hash === null) return null;
  const secret = isText ? utf8AsLatin1(password) : password.toString('latin1');
  let a1 = hash(`${utf8AsLatin1(input.username)}:${input.realm}:${secret}`);
  if (isSession(input.algorithm)) a1 = hash(`${a1}:${nonce}:${cnonce ?? ''}`);
  if (qop === null) return hash(`${a1}:${nonce}:${hash(`${input.method}:${input.uri}`)}`);
  if (qop !== 'auth' && qop !== 'auth-int') return null;
  const a2 =
    qop === 'auth' ? `${input.method}:${input.uri}` : `${input.method}:${input.uri}:${hash(input.body)}`;
  return hash(`${a1}:${nonce}:${nc ?? ''}:${cnonce ?? ''}:${qop}:${hash(a2)}`);
}

function parseDigestParameters(value: string): ReadonlyMap<string, string> | null {
  const scheme = /^\s*digest\s+/i.exec(value);
  if (scheme === null) return null;
  const parameters = new Map<string, string>();
  let at = scheme[0].length;
  while (at < value.length) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(value);
    if (match === null) return null;
    const name = (match[1] ?? '').toLowerCase();
    if (parameters.has(name)) return null;
    parameters.set(name, match[2] === undefined ? (match[3] ?? '') : match[2].replace(/\\(.)/g, '$1'));
    SEPARATORS.lastIndex = PARAMETER.lastIndex;
    SEPARATORS.exec(value);
    if (SEPARATORS.lastIndex === PARAMETER.lastIndex && SEPARATORS.lastIndex < value.length) return null;
    at = SEPARATORS.lastIndex;
  }
  return parameters;
}

/** The qop to use: `auth`, `auth-int`, an empty string when none is offered (RFC 2069), null when none is known. */
function pickQop(offered: readonly string[]): 'auth' | 'auth-int' | '' | null {
  if (offered.length === 0) return '';
  if (offered.includes('auth')) return 'auth';
  return offered.includes('auth-int') ? 'auth-int' : null;
}

function isSession(algorithm: string | null): boolean {
  return /-sess$/i.test(algorithm ?? '');
}

/** The hash of an algorithm name as hex over a latin1 string; null when it is none for this kind of secret. */
function hashOf(algorithm: string | null, by: 'password' | 'aka'): ((text: string) => string) | null {
  const name = HASHES[by].get((algorithm ?? 'MD5').toLowerCase());
  if (name === undefined) return null;
  return (text) => createHash(name).update(text, 'latin1').digest('hex');
}

function utf8AsLatin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
