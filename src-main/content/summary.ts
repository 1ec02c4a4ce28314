import { decodeText } from './charset.ts';
import type { ContentFields } from './fields/field.ts';
import { recogniseContent } from './fields/recognise.ts';
import { type ContentType, parseContentType } from './mime.ts';
import { type ContentPart, partsInOrder } from './part-tree.ts';

/** Characters of a content that stand in lists. */
const MAX_SUMMARY_LENGTH = 120;
/** Bytes of a text that are read for them, and its blank beginning. */
const MAX_TEXT_BYTES = 1024;
/** Longest content that is looked into for known facts. */
const MAX_RECOGNISED_BYTES = 64 * 1024;
/** Control characters have no place in a list, and bidi controls could turn what stands beside it. */
const INVISIBLE = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
const PLAIN = /^text\/plain\b/i;
const UTF8: readonly (string | undefined)[] = [undefined, 'utf-8', 'us-ascii'];

/** The facts that tell what a content of a known kind is about, most telling first; all that are there stand in a list. */
type Telling = {
  /** Whether the kind stands before them: the facts alone would not tell it. */
  readonly titled: boolean;
  /** Each is one fact; of several names the first that is there. */
  readonly facts: readonly (readonly string[])[];
};
const SI: Telling = { titled: false, facts: [['text'], ['href']] };
const SL: Telling = { titled: true, facts: [['href']] };
const EMAIL: Telling = { titled: true, facts: [['mailbox']] };
const CARD: Telling = {
  titled: false,
  facts: [
    ['FN', 'N', 'ORG'],
    ['TEL', 'EMAIL'],
  ],
};
const PROVISIONING: Telling = {
  titled: true,
  facts: [
    [
      'APPLICATION / NAME',
      'PXLOGICAL / NAME',
      'NAPDEF / NAME',
      'APPLICATION / ADDR',
      'PXLOGICAL / PROXY-ID',
      'NAPDEF / NAPID',
    ],
  ],
};
const TELLING: ReadonlyMap<string, Telling> = new Map([
  ['text/vnd.wap.si', SI],
  ['application/vnd.wap.sic', SI],
  ['text/vnd.wap.sl', SL],
  ['application/vnd.wap.slc', SL],
  [
    'application/vnd.wap.mms-message',
    { titled: true, facts: [['Subject'], ['From'], ['X-Mms-Content-Location']] },
  ],
  ['text/vcard', CARD],
  ['text/x-vcard', CARD],
  ['text/directory', CARD],
  ['application/vnd.omaloc-supl-init', { titled: true, facts: [['requestor', 'client'], ['notification']] }],
  ['application/vnd.syncml.notification', { titled: true, facts: [['server id']] }],
  ['application/vnd.wap.emn+xml', EMAIL],
  ['application/vnd.wap.emn+wbxml', EMAIL],
  ['text/vnd.wap.connectivity-xml', PROVISIONING],
  ['application/vnd.wap.connectivity-wbxml', PROVISIONING],
]);

/**
 * What a content says, in a line short enough for a list: the first line of a text, or the telling facts of a kind that is
 * recognised. Null for all other.
 */
export function summaryOf(bytes: Buffer, contentType: string | null): string | null {
  if (contentType === null) return null;
  if (PLAIN.test(contentType)) return firstLine(bytes, contentType);
  const type = parseContentType(contentType);
  return type === null ? null : factsOf(bytes, type);
}

/** The same of a content that is taken apart: the subject of a CPIM message, else the first part that says something. */
export function summaryOfTree(tree: ContentPart): string | null {
  for (const { part } of partsInOrder(tree)) {
    const subject = part.kind === 'cpim' ? part.headers.find(({ name }) => name === 'Subject') : undefined;
    const said =
      subject !== undefined
        ? shortened(subject.value)
        : part.kind === 'leaf'
          ? summaryOf(part.bytes, part.declared ?? part.contentType.type)
          : null;
    if (said !== null) return said;
  }
  return null;
}

function firstLine(bytes: Buffer, contentType: string): string | null {
  const charset = contentType.includes(';')
    ? parseContentType(contentType)?.parameters.get('charset')
    : undefined;
  const text = UTF8.includes(charset?.toLowerCase())
    ? bytes.toString('utf8', 0, MAX_TEXT_BYTES)
    : decodeText(bytes, charset ?? null, MAX_TEXT_BYTES).text;
  const [line = ''] = text.trimStart().split(/[\r\n]/, 1);
  return /^[ -~]+$/.test(line) ? line.slice(0, MAX_SUMMARY_LENGTH).trimEnd() : shortened(line);
}

function factsOf(bytes: Buffer, type: ContentType): string | null {
  const telling = TELLING.get(type.type);
  if (telling === undefined || bytes.length > MAX_RECOGNISED_BYTES) return null;
  const found = recogniseContent(bytes, type);
  if (found.kind !== 'recognised') return null;
  const facts = telling.facts.map((names) => factOf(found.content, names)).filter((fact) => fact !== '');
  if (facts.length === 0) return null;
  const said = facts.join(' · ');
  return shortened(telling.titled ? `${found.content.title}: ${said}` : said);
}

/** The value of the first of the names that is there; what stands behind a name, as in `TEL home`, does not count. */
function factOf({ fields }: ContentFields, names: readonly string[]): string {
  for (const name of names) {
    const found = fields.find((one) => one.name === name || one.name.startsWith(`${name} `));
    const value = found?.value.trim() ?? '';
    if (value !== '') return value;
  }
  return '';
}

function shortened(text: string): string | null {
  const line = text.slice(0, MAX_TEXT_BYTES).replace(/\s+/g, ' ').replace(INVISIBLE, '').trim();
  // By characters, so that none is cut in half.
  const short = line.length > MAX_SUMMARY_LENGTH ? [...line].slice(0, MAX_SUMMARY_LENGTH).join('') : line;
  return short === '' ? null : short;
}
