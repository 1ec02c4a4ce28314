import { safeFileName } from './file-name.ts';
import { type ContentType, parseContentType } from './mime.ts';

/** A parsed Content-Disposition: type and parameter names in lower case. */
export type Disposition = { readonly type: string; readonly parameters: ReadonlyMap<string, string> };

/** Pieces of one continued parameter (RFC 2231 §3). */
const MAX_PIECES = 20;
const EXTENDED = /^([\w-]{1,40})'[\w-]{0,40}'(.*)$/s;

/** Parses a Content-Disposition (RFC 2183 §2). Null when it has no type. */
export function parseDisposition(value: string): Disposition | null {
  // The same grammar as that of Content-Type, without the part before the slash.
  const parsed = parseContentType(`x/${value.trimStart()}`);
  return parsed === null ? null : { type: parsed.type.slice(2), parameters: parsed.parameters };
}

/**
 * The file name that a part goes by, safe for a disk: `filename` of its Content-Disposition, else `name` of its
 * Content-Type, each also encoded or continued (RFC 2183 §2.3, RFC 2231 §3, §4). Null when it has none.
 */
export function fileNameOf(disposition: Disposition | null, contentType: ContentType): string | null {
  const name =
    readParameter(disposition?.parameters ?? new Map(), 'filename') ??
    readParameter(contentType.parameters, 'name');
  return name === null || name === '' ? null : safeFileName(name);
}

/** A parameter in its plain, encoded or continued form; null when it is in none. */
function readParameter(parameters: ReadonlyMap<string, string>, name: string): string | null {
  const encoded = parameters.get(`${name}*`);
  if (encoded !== undefined) return decodeExtended(encoded);
  const pieces: string[] = [];
  let isEncoded = false;
  for (let index = 0; index < MAX_PIECES; index += 1) {
    const starred = parameters.get(`${name}*${index}*`);
    const piece = starred ?? parameters.get(`${name}*${index}`);
    if (piece === undefined) break;
    isEncoded ||= starred !== undefined;
    // A plain piece among encoded ones is text as it stands.
    pieces.push(starred === undefined ? piece.replaceAll('%', '%25') : piece);
  }
  if (pieces.length > 0)
    return isEncoded ? decodeExtended(pieces.join('')) : pieces.join('').replaceAll('%25', '%');
  return parameters.get(name) ?? null;
}

/** `charset'language'percent-encoded`; what is none of it stays as it is (RFC 2231 §4). */
function decodeExtended(value: string): string {
  const match = EXTENDED.exec(value);
  const bytes = percentDecoded(match?.[2] ?? value);
  try {
    return new TextDecoder(match?.[1] ?? 'utf-8').decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

function percentDecoded(text: string): Buffer {
  const latin1 = Buffer.from(text).toString('latin1');
  return Buffer.from(
    latin1.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}
