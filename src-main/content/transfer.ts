import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

/** What became of taking an encoding off. `reason` and the warnings are sentences. */
export type TransferResult =
  | { readonly kind: 'ok'; readonly bytes: Buffer; readonly warnings: readonly string[] }
  | { readonly kind: 'bad'; readonly reason: string };

/** Most bytes that a compressed body may unfold to: beyond that it is a bomb. */
export const MAX_INFLATED_BYTES = 16 * 1024 * 1024;
/** Encodings that may lie upon each other, as in `gzip, br`. */
const MAX_LAYERS = 3;
const EQUALS = 0x3d;
const NOT_BASE64 = /[^A-Za-z0-9+/=\s]/;
const BEHIND_PADDING = /=\s*[^=\s]/;
const IDENTITIES: readonly string[] = ['', '7bit', '8bit', 'binary'];

/** Takes a Content-Transfer-Encoding off (RFC 2045 §6). The result is never longer than what came. Never throws. */
export function decodeTransfer(bytes: Buffer, encoding: string | null): TransferResult {
  const name = (encoding ?? '').trim().toLowerCase();
  if (IDENTITIES.includes(name)) return { kind: 'ok', bytes, warnings: [] };
  if (name === 'base64') return decodeBase64(bytes);
  if (name === 'quoted-printable') return decodeQuotedPrintable(bytes);
  return { kind: 'bad', reason: `The transfer encoding ${clip(name)} is unknown.` };
}

/** Takes quoted-printable off (RFC 2045 §6.7); what is no escape stays as it is, and is said. Never throws. */
export function decodeQuotedPrintable(bytes: Buffer): TransferResult {
  const out = Buffer.alloc(bytes.length);
  let length = 0;
  let faults = 0;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    if (byte !== EQUALS) {
      out[length++] = byte;
      at += 1;
      continue;
    }
    const lineEnd = softBreakEnd(bytes, at + 1);
    const code = bytes.toString('latin1', at + 1, at + 3);
    if (lineEnd > 0) {
      at = lineEnd;
    } else if (/^[0-9A-Fa-f]{2}$/.test(code)) {
      out[length++] = Number.parseInt(code, 16);
      at += 3;
    } else {
      out[length++] = byte;
      faults += 1;
      at += 1;
    }
  }
  const warnings = faults === 0 ? [] : ['Some of the quoted-printable escapes are malformed.'];
  return { kind: 'ok', bytes: out.subarray(0, length), warnings };
}

/**
 * Takes a Content-Encoding off, the last of several first (RFC 9110 §8.4). Resolves to `bad` for encodings that are not
 * known, for broken data, and when more than `maxBytes` would come out, before they do. Never rejects.
 */
export async function decodeContentEncoding(
  bytes: Buffer,
  encoding: string | null,
  maxBytes: number = MAX_INFLATED_BYTES,
): Promise<TransferResult> {
  const layers = (encoding ?? '').split(',', MAX_LAYERS + 1).map((name) => name.trim().toLowerCase());
  if (layers.length > MAX_LAYERS) return { kind: 'bad', reason: 'The content is encoded too many times.' };
  let current = bytes;
  for (const name of layers.reverse()) {
    const result = await inflateLayer(current, name, maxBytes);
    if (result.kind === 'bad') return result;
    current = result.bytes;
  }
  return { kind: 'ok', bytes: current, warnings: [] };
}

function decodeBase64(bytes: Buffer): TransferResult {
  const text = bytes.toString('latin1');
  const warnings = [
    ...(NOT_BASE64.test(text) ? ['Some characters are not base64 and were left out.'] : []),
    ...(BEHIND_PADDING.test(text) ? ['What stands behind the end of the base64 was left out.'] : []),
  ];
  return { kind: 'ok', bytes: Buffer.from(text.replace(/[-_]/g, ''), 'base64'), warnings };
}

/** Where the text goes on behind a soft line break, or -1: spaces and a line end, or the end of all. */
function softBreakEnd(bytes: Buffer, from: number): number {
  // Padding before the line end is removed (RFC 2045 §6.7, rule 3); lines have at most 76 characters.
  const limit = Math.min(bytes.length, from + 80);
  let at = from;
  while (at < limit && (bytes[at] === 0x20 || bytes[at] === 0x09)) at += 1;
  if (at === bytes.length) return at;
  if (bytes[at] === 0x0a) return at + 1;
  return bytes[at] === 0x0d && bytes[at + 1] === 0x0a ? at + 2 : -1;
}

type Inflater = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const INFLATERS: ReadonlyMap<string, readonly Inflater[]> = new Map([
  ['gzip', [promisify(gunzip) as Inflater]],
  ['x-gzip', [promisify(gunzip) as Inflater]],
  // Some senders leave the zlib wrapping out (RFC 9110 §8.4.1.2).
  ['deflate', [promisify(inflate) as Inflater, promisify(inflateRaw) as Inflater]],
  ['br', [promisify(brotliDecompress) as Inflater]],
]);

async function inflateLayer(bytes: Buffer, name: string, maxBytes: number): Promise<TransferResult> {
  if (name === '' || name === 'identity') return { kind: 'ok', bytes, warnings: [] };
  const inflaters = INFLATERS.get(name);
  if (inflaters === undefined)
    return { kind: 'bad', reason: `The content encoding ${clip(name)} is unknown.` };
  for (const one of inflaters) {
    try {
      return {
        kind: 'ok',
        bytes: await one(bytes, { maxOutputLength: Math.max(1, maxBytes) }),
        warnings: [],
      };
    } catch (error) {
      if (isTooLarge(error))
        return { kind: 'bad', reason: `The content unpacks to more than ${maxBytes} bytes.` };
    }
  }
  return { kind: 'bad', reason: `The content is no complete ${name}.` };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function clip(name: string): string {
  return name.replace(/[^\x21-\x7e]/g, '?').slice(0, 40);
}
