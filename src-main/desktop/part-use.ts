import { isDangerousType } from '../content/file-name.ts';
import type { ContentPart } from '../content/part-tree.ts';

/** Types that the system may open, with the file extension they get; only when the bytes are of that type. */
const OPENED_TYPES: ReadonlyMap<string, { readonly extension: string; readonly sniffed: string }> = new Map([
  ['application/pdf', { extension: '.pdf', sniffed: 'application/pdf' }],
  ['image/png', { extension: '.png', sniffed: 'image/png' }],
  ['image/jpeg', { extension: '.jpg', sniffed: 'image/jpeg' }],
  ['text/plain', { extension: '.txt', sniffed: 'text/plain' }],
  ['text/vcard', { extension: '.vcf', sniffed: 'text/plain' }],
  ['text/x-vcard', { extension: '.vcf', sniffed: 'text/plain' }],
]);
/** Extensions of what is only saved. */
const SAVED_EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['image/gif', '.gif'],
  ['image/webp', '.webp'],
  ['image/svg+xml', '.svg'],
  ['text/html', '.html'],
  ['application/json', '.json'],
  ['application/xml', '.xml'],
  ['text/xml', '.xml'],
  ['application/zip', '.zip'],
]);
const VCARD_BEGIN = /^\s*BEGIN:VCARD\b/i;

/** What may be done with a part outside of the window. */
export type PartUse = {
  readonly saveName: string;
  readonly runsPrograms: boolean;
  /** The name under which the system may open a copy, with an extension of ours; null when it may not. */
  readonly openName: string | null;
};

/** Judges a part by its name, its declared type and its bytes. */
export function judgePart(part: ContentPart): PartUse {
  const { type } = part.contentType;
  const opened = OPENED_TYPES.get(type);
  const extension = opened?.extension ?? SAVED_EXTENSIONS.get(type) ?? '.bin';
  const saveName = part.fileName ?? `content${extension}`;
  const runsPrograms = isDangerousType(saveName, type) || isDangerousType('', part.sniffedType);
  const isSafe =
    opened !== undefined &&
    part.kind === 'leaf' &&
    !runsPrograms &&
    !part.isMismatch &&
    part.sniffedType === opened.sniffed &&
    (opened.extension !== '.vcf' || VCARD_BEGIN.test(part.bytes.toString('latin1', 0, 100)));
  return { saveName, runsPrograms, openName: isSafe ? `${stemOf(saveName)}${opened.extension}` : null };
}

function stemOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return (dot <= 0 ? name : name.slice(0, dot)).slice(0, 60);
}
