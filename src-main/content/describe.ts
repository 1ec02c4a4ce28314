import { describeImage } from './describe-image.ts';
import type { ContentFields } from './fields/field.ts';
import { recogniseContent } from './fields/recognise.ts';
import { hexDump } from './hex-dump.ts';
import {
  type ContentHeaders,
  type ContentPart,
  type NamedHeader,
  partsInOrder,
  readPartTree,
} from './part-tree.ts';
import { prettyJson, prettyXml } from './pretty.ts';

/** One part of a content as data for a window. All texts are claims of the sender; nothing in them is to be opened. */
export type DescribedPart = {
  /** 0 for the content itself; parts within a container follow it, one deeper. */
  readonly depth: number;
  readonly kind: ContentPart['kind'];
  /** What it is, in a few words. */
  readonly label: string;
  /** Type and subtype in lower case; guessed when none is declared. */
  readonly contentType: string;
  /** Content-Type as it was written, with its parameters. */
  readonly declared: string | null;
  readonly parameters: readonly NamedHeader[];
  readonly sniffedType: string | null;
  readonly isMismatch: boolean;
  readonly disposition: string | null;
  readonly fileName: string | null;
  readonly contentId: string | null;
  readonly role: ContentPart['role'];
  readonly headers: readonly NamedHeader[];
  /** How many, without encodings. */
  readonly bytes: number;
  readonly text: string | null;
  readonly charset: string | null;
  /** True when `text` is only the beginning. */
  readonly isTruncated: boolean;
  /** JSON and XML laid out anew. */
  readonly pretty: string | null;
  readonly fields: ContentFields | null;
  /** `data:` URL of a raster image. */
  readonly image: string | null;
  /** HTML as it came: it must be sanitised and shown without scripts and network. */
  readonly html: string | null;
  /** Dump of the first bytes. */
  readonly hex: string;
  readonly isHexTruncated: boolean;
  /** Sentences. */
  readonly warnings: readonly string[];
};

/** A content taken apart; the first part is the content itself. */
export type ContentDescription = { readonly parts: readonly DescribedPart[] };

/** Content beyond this is not looked at. */
export const MAX_DESCRIBED_BYTES = 64 * 1024 * 1024;
const MAX_HEX_BYTES = 4 * 1024;
/** Text, layouts and HTML of all parts together, in characters. */
const MAX_TOTAL_TEXT = 2 * 1024 * 1024;
/** Pictures of all parts together, in bytes. */
const MAX_TOTAL_IMAGE_BYTES = 8 * 1024 * 1024;
const MAX_PARAMETERS = 50;
const HTML_TYPE = /^(?:text\/html|application\/xhtml\+xml)$/;
const CONTAINER_LABELS: Readonly<Record<Exclude<ContentPart['kind'], 'leaf'>, string>> = {
  external: 'Content elsewhere',
  multipart: 'Several parts',
  cpim: 'CPIM message',
  push: 'Push message',
};

type Budget = { text: number; imageBytes: number };

/**
 * Describes a pushed content truthfully: its parts, each with text, known fields, picture, HTML source and hex, and
 * what is suspicious about it in words. Size of the answer is bounded. Never rejects (see readPartTree for the clauses).
 */
export async function describeContent(bytes: Buffer, headers: ContentHeaders): Promise<ContentDescription> {
  const { parts } = describeTree(await readPartTree(bytes.subarray(0, MAX_DESCRIBED_BYTES), headers));
  if (bytes.length <= MAX_DESCRIBED_BYTES) return { parts };
  const warning = `Only the first ${MAX_DESCRIBED_BYTES} bytes are looked at.`;
  const tell = (part: DescribedPart): DescribedPart => ({
    ...part,
    bytes: bytes.length,
    warnings: [warning, ...part.warnings],
  });
  return { parts: parts.map((part, index) => (index === 0 ? tell(part) : part)) };
}

/** Describes a content that is taken apart already; bounded the same way. */
export function describeTree(tree: ContentPart): ContentDescription {
  const budget: Budget = { text: MAX_TOTAL_TEXT, imageBytes: MAX_TOTAL_IMAGE_BYTES };
  return { parts: partsInOrder(tree).map(({ part, depth }) => describePart(part, depth, budget)) };
}

function describePart(part: ContentPart, depth: number, budget: Budget): DescribedPart {
  const { bytes, contentType } = part;
  const recognition = part.kind === 'leaf' ? recogniseContent(bytes, contentType) : null;
  const fields = recognition?.kind === 'recognised' ? recognition.content : null;
  const image = part.kind === 'leaf' ? describeImage(bytes, part.sniffedType, budget.imageBytes) : null;
  if (image?.kind === 'shown') budget.imageBytes -= bytes.length;
  const text = take(part.text?.text ?? null, budget);
  const wasLeftOut = part.text !== null && text === null;
  const isWhole = part.text?.truncated === false;
  return {
    depth,
    kind: part.kind,
    label: labelOf(part, fields, image?.kind === 'shown' ? image.size : null),
    contentType: contentType.type,
    declared: part.declared,
    parameters: [...contentType.parameters]
      .slice(0, MAX_PARAMETERS)
      .map(([name, value]) => ({ name, value })),
    sniffedType: part.sniffedType,
    isMismatch: part.isMismatch,
    disposition: part.disposition?.type ?? null,
    fileName: part.fileName,
    contentId: part.contentId,
    role: part.role,
    headers: part.headers,
    bytes: bytes.length,
    text,
    charset: part.text?.charset ?? null,
    isTruncated: part.text?.truncated ?? false,
    pretty: text !== null && isWhole ? take(prettyOf(text, part), budget) : null,
    fields,
    image: image?.kind === 'shown' ? image.url : null,
    html: text !== null && isHtml(part) ? take(text, budget) : null,
    hex: hexDump(bytes.subarray(0, MAX_HEX_BYTES)),
    isHexTruncated: bytes.length > MAX_HEX_BYTES,
    warnings: [
      ...part.warnings,
      ...(recognition?.kind === 'unreadable' ? [`It cannot be read as ${contentType.type}.`] : []),
      ...(fields?.warnings ?? []),
      ...(image?.kind === 'refused' ? [image.warning] : []),
      ...(part.text?.truncated ? ['Only the beginning of the text is shown.'] : []),
      ...(wasLeftOut ? ['The text is left out: the parts have too much text together.'] : []),
    ],
  };
}

/** The text when it still fits, and then it is counted. */
function take(text: string | null, budget: Budget): string | null {
  if (text === null || text.length > budget.text) return null;
  budget.text -= text.length;
  return text;
}

function prettyOf(text: string, part: ContentPart): string | null {
  const declared = part.contentType.type;
  if (/[/+]json$/.test(declared)) return prettyJson(text);
  const isXml = /[/+]xml$|^text\/vnd\.wap\.(?:si|sl|co|connectivity-xml)$/.test(declared);
  return isXml || part.sniffedType === 'application/xml' ? prettyXml(text) : null;
}

/** Declared as HTML, or declared as nothing and looking like it. */
function isHtml({ contentType, declared, sniffedType }: ContentPart): boolean {
  return HTML_TYPE.test(contentType.type) || (declared === null && sniffedType === 'text/html');
}

function labelOf(
  part: ContentPart,
  fields: ContentFields | null,
  size: { readonly width: number; readonly height: number } | null,
): string {
  if (part.kind !== 'leaf') return CONTAINER_LABELS[part.kind];
  if (fields !== null) return fields.title;
  if (size !== null)
    return `Picture (${(part.sniffedType ?? '').slice('image/'.length).toUpperCase()}, ${size.width} × ${size.height})`;
  if (isHtml(part)) return 'HTML';
  return part.fileName ?? (part.contentType.type === 'text/plain' ? 'Text' : part.contentType.type);
}
