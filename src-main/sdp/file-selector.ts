/** A hash of a file: algorithm in lower case, value as upper-case hex with colons. */
export type FileHash = { readonly algorithm: string; readonly value: string };

/**
 * A file-selector (RFC 5547 §6). `verbatim` keeps name, type and size exactly as they came, for the answer, which
 * must copy them.
 */
export type FileSelector = {
  /** Decoded name, or null. */
  readonly name: string | null;
  /** Media type with parameters as a Content-Type value, or null. */
  readonly type: string | null;
  readonly size: number | null;
  readonly hashes: readonly FileHash[];
  readonly verbatim: readonly string[];
};

/** Longest file-selector that is read, in characters. */
const MAX_LENGTH = 8192;
const MAX_HASHES = 8;
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:;[\w!#$&^.+-]+=(?:"[^"]*"|[\w!#$&^.+-]+))*$/;
/** A parameter of a Content-Type value: name, quoted value, plain value. */
const TYPE_PARAMETER = /;\s*([\w!#$&^.+-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g;
const HASH = /^([A-Za-z0-9-]+):([0-9A-Fa-f]{2}(?::?[0-9A-Fa-f]{2})*)$/;

/**
 * Parses the value of `a=file-selector`. Selectors stand in any order; unknown ones and unknown hash algorithms are
 * kept out; hashes may come with colons or without, in either case. Null when it is malformed.
 */
export function parseFileSelector(text: string): FileSelector | null {
  const tokens = text.length > MAX_LENGTH ? null : tokenize(text);
  if (tokens === null) return null;
  let name: string | null = null;
  let type: string | null = null;
  let size: number | null = null;
  const hashes: FileHash[] = [];
  const verbatim: string[] = [];
  for (const token of tokens) {
    const colon = token.indexOf(':');
    const value = token.slice(colon + 1);
    switch (token.slice(0, Math.max(colon, 0)).toLowerCase()) {
      case 'name': {
        if (name !== null) return null;
        name = decodeName(value);
        if (name === null) return null;
        verbatim.push(token);
        break;
      }
      case 'type':
        if (type !== null || !MEDIA_TYPE.test(value)) return null;
        type = decodeType(value);
        verbatim.push(token);
        break;
      case 'size':
        if (size !== null || !/^\d{1,15}$/.test(value)) return null;
        size = Number(value);
        verbatim.push(token);
        break;
      case 'hash': {
        const hash = parseHash(value);
        if (hash === null) return null;
        if (hashes.length < MAX_HASHES) hashes.push(hash);
        break;
      }
      default:
        if (colon < 1) return null;
    }
  }
  return { name, type, size, hashes, verbatim };
}

/** Writes a selector for an offer (PSA-SDP-02). */
export function formatFileSelector(file: {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha1: string;
}): string {
  return `name:"${encodeName(file.name)}" type:${encodeType(file.type)} size:${file.size} hash:sha-1:${file.sha1}`;
}

/** `name` with `"`, `%` and control characters as %HH, the only escapes the grammar allows (RFC 5547 §6). */
function encodeName(name: string): string {
  return name.replace(/[%"\p{Cc}]/gu, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
      '',
    ),
  );
}

/** Parameter values have to be quoted in a file-selector, and hold no raw quote (RFC 5547 §6, value-string). */
function encodeType(type: string): string {
  const parameters = Array.from(type.matchAll(TYPE_PARAMETER), ([, name = '', quoted, plain = '']) => {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    return `;${name}="${encodeName(value)}"`;
  });
  return (type.split(';')[0] ?? '').trim() + parameters.join('');
}

/** The other way: %HH of a quoted parameter becomes what a Content-Type has to write in its place. */
function decodeType(type: string): string {
  return type.replace(/"([^"]*)"/g, (_match, value: string) => {
    return `"${decodePercent(value).replace(/["\\]/g, '\\$&')}"`;
  });
}

/** Splits at spaces outside quotes; null when a quote stays open. */
function tokenize(text: string): readonly string[] | null {
  const tokens = text.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
  const quotes = text.split('"').length - 1;
  return quotes % 2 === 0 ? tokens : null;
}

/** Names are quoted; %HH is decoded after splitting, never before; bytes are UTF-8. */
function decodeName(value: string): string | null {
  const quoted = /^"([^"]*)"$/.exec(value);
  return quoted?.[1] === undefined ? null : decodePercent(quoted[1]);
}

function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const decoded = bytes.replace(/%([0-9A-Fa-f]{2})/g, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1').toString('utf8');
}

function parseHash(value: string): FileHash | null {
  const match = HASH.exec(value);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  const digits = match[2].replaceAll(':', '').toUpperCase();
  return { algorithm: match[1].toLowerCase(), value: (digits.match(/../g) ?? []).join(':') };
}
