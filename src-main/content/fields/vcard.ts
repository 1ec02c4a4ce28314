import { decodeText } from '../charset.ts';
import type { ContentType } from '../mime.ts';
import { decodeQuotedPrintable } from '../transfer.ts';
import { bounded, type ContentField, type ContentFields, field } from './field.ts';

const TYPES: readonly string[] = ['text/vcard', 'text/x-vcard', 'text/directory'];
const MAX_CARD_BYTES = 256 * 1024;
const MAX_LINES = 2000;
/** Pictures, sounds and keys: their size is told, not their content. */
const BINARY: ReadonlySet<string> = new Set(['PHOTO', 'LOGO', 'SOUND', 'KEY']);
/** Values of several components between semicolons (RFC 6350 §6.2.2, §6.3.1, §6.6.4). */
const STRUCTURED: ReadonlySet<string> = new Set(['N', 'ADR', 'ORG', 'GENDER', 'CLIENTPIDMAP']);
/** A group, a name, parameters whose values may be quoted, a colon (RFC 6350 §3.3). */
const LINE = /^(?:[\w-]+\.)?([\w-]+)((?:;(?:[^":;]|"[^"]*")*)*):/;

/** Reads the cards of a vCard 2.1, 3.0 or 4.0 (RFC 6350, RFC 2426). Null when there is no card. */
export function vcardFields(bytes: Buffer, contentType: ContentType): ContentFields | null {
  if (!TYPES.includes(contentType.type)) return null;
  const { text, warnings, truncated } = decodeText(
    bytes,
    contentType.parameters.get('charset') ?? null,
    MAX_CARD_BYTES,
  );
  if (!/^BEGIN:VCARD[ \t]*$/im.test(text)) return null;
  const lines = unfold(text).slice(0, MAX_LINES);
  const fields = lines.map(readLine).filter((one) => one !== null);
  const cards = lines.filter((line) => /^BEGIN:VCARD\s*$/i.test(line)).length;
  return bounded({
    title: cards > 1 ? `${cards} contacts` : 'Contact',
    fields,
    warnings: [
      ...warnings,
      ...(truncated || lines.length === MAX_LINES ? ['The contacts are shown in part.'] : []),
    ],
  });
}

/** Lines that go on with a space (RFC 6350 §3.2), or in vCard 2.1 behind the `=` of quoted-printable. */
function unfold(text: string): readonly string[] {
  const lines: string[][] = [];
  let isQuoted = false;
  let goesOn = false;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const isFolded = !goesOn && /^[ \t]/.test(line);
    const last = goesOn || isFolded ? lines.at(-1) : undefined;
    if (last === undefined) isQuoted = /^[^:]*;(?:ENCODING=)?QUOTED-PRINTABLE/i.test(line);
    goesOn = isQuoted && line.endsWith('=');
    const piece = line.slice(isFolded ? 1 : 0, goesOn ? -1 : undefined);
    if (last === undefined) lines.push([piece]);
    else last.push(piece);
  }
  return lines.map((pieces) => pieces.join('')).filter((line) => line !== '');
}

function readLine(line: string): ContentField | null {
  const match = LINE.exec(line);
  const name = match?.[1]?.toUpperCase();
  if (match === null || name === undefined) return field('unreadable line', line);
  if (name === 'BEGIN' || name === 'END') return null;
  const parameters = match[2] ?? '';
  const raw = line.slice(match[0].length);
  const label = [name, ...typesOf(parameters)].join(' ');
  const isData = /ENCODING=(?:B|BASE64)(?:;|$)|;BASE64(?:;|$)/i.test(parameters) || /^data:/i.test(raw);
  if (isData || (BINARY.has(name) && raw.length > 1000))
    return field(label, `${raw.length} characters of data`);
  const value = /QUOTED-PRINTABLE/i.test(parameters) ? unquotePrintable(raw, parameters) : raw;
  const isUri = name === 'URL' || name === 'SOURCE' || /VALUE="?uri/i.test(parameters);
  return field(label, isUri ? value : readableValue(name, value), isUri ? 'uri' : 'text');
}

/** TYPE=home,work, or the bare words of vCard 2.1. */
function typesOf(parameters: string): readonly string[] {
  return parameters
    .split(';')
    .flatMap((parameter) => {
      const [key = '', value] = parameter.split('=', 2);
      if (value === undefined) return /^(?:quoted-printable|base64|8bit|7bit)$/i.test(key) ? [] : [key];
      return key.toUpperCase() === 'TYPE' ? value.replaceAll('"', '').split(',') : [];
    })
    .map((type) => type.trim().toLowerCase())
    .filter((type) => type !== '')
    .slice(0, 10);
}

function unquotePrintable(raw: string, parameters: string): string {
  const decoded = decodeQuotedPrintable(Buffer.from(raw));
  const charset = /CHARSET="?([\w-]{1,40})/i.exec(parameters)?.[1] ?? null;
  return decoded.kind === 'ok' ? decodeText(decoded.bytes, charset, MAX_CARD_BYTES).text : raw;
}

/** Takes the escapes off (RFC 6350 §3.4); components that are there, with commas between them. */
function readableValue(name: string, value: string): string {
  const components = STRUCTURED.has(name) ? value.split(/(?<!\\);/) : [value];
  return components
    .map((component) =>
      component.replace(/\\([\\,;nN])/g, (_, code: string) => (/n/i.test(code) ? '\n' : code)),
    )
    .map((component) => component.trim())
    .filter((component) => component !== '')
    .join(', ');
}
