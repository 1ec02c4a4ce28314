import { fileNameOf, parseDisposition } from '../../content/disposition.ts';
import { safeFileName } from '../../content/file-name.ts';
import { parseContentType } from '../../content/mime.ts';

/** Characters of a preview that make a name. */
const MAX_PREVIEW_LENGTH = 60;
const OCTETS = { type: 'application/octet-stream', parameters: new Map<string, string>() };

const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['text/plain', 'txt'],
  ['text/html', 'html'],
  ['text/csv', 'csv'],
  ['text/vcard', 'vcf'],
  ['text/x-vcard', 'vcf'],
  ['text/xml', 'xml'],
  ['application/xml', 'xml'],
  ['application/json', 'json'],
  ['application/pdf', 'pdf'],
  ['application/zip', 'zip'],
  ['application/vnd.wap.mms-message', 'mms'],
  ['application/vnd.wap.wbxml', 'wbxml'],
  ['application/vnd.wap.connectivity-wbxml', 'wbxml'],
  ['application/vnd.syncml.notification', 'bin'],
  ['message/cpim', 'cpim'],
  ['message/rfc822', 'eml'],
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
  ['image/svg+xml', 'svg'],
  ['audio/mpeg', 'mp3'],
  ['audio/amr', 'amr'],
  ['video/mp4', 'mp4'],
  ['video/3gpp', '3gp'],
]);

/** What a message tells about a name for its content. */
export type NamedPush = {
  /** Start line and header fields as received. */
  readonly headers: string;
  readonly type: string | null;
  /** What it says in a line; only that of a text makes a name. */
  readonly preview: string | null;
  /** ISO 8601. */
  readonly at: string;
  /** Where the content was fetched, or null where it came with the push. */
  readonly url?: string | null;
};

/**
 * A safe file name for the content of a message: by its Content-Disposition, where it was fetched, its
 * Content-Location, its first line, else by the time it came (RFC 2183 §2.3, RFC 2557 §4.2).
 */
export function nameOfPush({ headers, type, preview, at, url = null }: NamedPush): string {
  const extension = extensionOf(type);
  const disposition = parseDisposition(headerOf(headers, 'Content-Disposition') ?? '');
  const given =
    fileNameOf(disposition, parseContentType(type ?? '') ?? OCTETS) ??
    lastOfPath(url ?? headerOf(headers, 'Content-Location'));
  if (given !== null) return given;
  const line = (/^text\/plain\b/i.test(type ?? '') ? (preview ?? '') : '')
    .replace(/[/\\]/g, ' ')
    .slice(0, MAX_PREVIEW_LENGTH)
    .trim();
  const time = at.replace(/\.\d+Z$/, '').replace(/:/g, '-');
  return safeFileName(`${line === '' ? `push-${time}` : line}.${extension}`);
}

/** The usual ending of files of a media type: `txt`, or `bin` for types without one. */
function extensionOf(type: string | null): string {
  const bare = (type?.split(';')[0] ?? '').trim().toLowerCase();
  const known = EXTENSIONS.get(bare);
  if (known !== undefined) return known;
  if (bare.endsWith('+xml')) return 'xml';
  if (bare.endsWith('+json')) return 'json';
  return bare.startsWith('text/') ? 'txt' : 'bin';
}

/** The last part of the path of an address, unescaped; null when it is no file name. */
function lastOfPath(location: string | null): string | null {
  const last = location
    ?.replace(/[?#].*$/, '')
    .split(/[/\\:]/)
    .at(-1);
  const dot = last?.lastIndexOf('.') ?? -1;
  if (last === undefined || dot < 1 || dot === last.length - 1) return null;
  try {
    return safeFileName(decodeURIComponent(last));
  } catch {
    return safeFileName(last);
  }
}

function headerOf(headers: string, name: string): string | null {
  const unfolded = headers.replace(/\r?\n[ \t]+/g, ' ');
  return new RegExp(`^${name}[ \\t]*:[ \\t]*(.*)$`, 'im').exec(unfolded)?.[1]?.trim() ?? null;
}
