import { isUtf8 } from 'node:buffer';
import { decodeText } from '../content/charset.ts';
import { describeTree } from '../content/describe.ts';
import { hexDump } from '../content/hex-dump.ts';
import {
  type ContentHeaders,
  type ContentPart,
  MAX_PART_TEXT_BYTES,
  partsInOrder,
  readPartTree,
} from '../content/part-tree.ts';
import type { History } from '../history/history.ts';
import type { PushRecord, ReferenceRecord } from '../history/records.ts';
import type { ContentView, RawView } from '../ipc/contract.ts';
import { contentHeadersOf } from './content-headers.ts';
import { judgePart } from './part-use.ts';

/** Which content of a message: its own, or what it refers to, by the number of the reference. */
export type Which = 'own' | number;

/** Longest content of a message that is looked into; more than a MESSAGE may have. */
export const MAX_CONTENT_BYTES = 16 * 1024 * 1024;
const MAX_HEX_BYTES = 16 * 1024;
/** Control characters that no text has. */
const BINARY = /(?![\t\n\v\f\r\u007f-\u009f])\p{Cc}/u;

type Loaded = { readonly bytes: Buffer; readonly headers: ContentHeaders };

/** The content of a message for a window; null when there is none. */
export async function viewContent(
  history: History,
  record: PushRecord,
  which: Which,
): Promise<ContentView | null> {
  const loaded = await load(history, record, which);
  if (loaded === null) return tooLarge(record, which);
  const { bytes, headers } = loaded;
  const tree = await readPartTree(bytes, headers);
  const uses = partsInOrder(tree).map(({ part }) => judgePart(part));
  return {
    kind: 'parts',
    parts: describeTree(tree).parts.map((part, index) => {
      const use = uses[index];
      return {
        ...part,
        saveName: use?.saveName ?? 'content.bin',
        runsPrograms: use?.runsPrograms ?? false,
        canOpen: use !== undefined && use.openName !== null,
      };
    }),
    raw: viewRaw(bytes, tree),
  };
}

/** One part of a message, whole and without encodings. Rejects with a sentence when there is none. */
export async function readPart(
  history: History,
  record: PushRecord,
  which: Which,
  index: number,
): Promise<ContentPart> {
  const loaded = await load(history, record, which);
  if (loaded === null) throw new Error('This push has no such content.');
  const placed = partsInOrder(await readPartTree(loaded.bytes, loaded.headers))[index];
  if (placed === undefined) throw new Error('This content has no such part.');
  return placed.part;
}

async function load(history: History, record: PushRecord, which: Which): Promise<Loaded | null> {
  if (which === 'own') {
    const bytes = await history.content(record, MAX_CONTENT_BYTES);
    const headers = contentHeadersOf(record.headers);
    return bytes === null ? null : { bytes, headers: { ...headers, contentType: record.contentType } };
  }
  const reference = referenceOf(record, which);
  if (reference === undefined) return null;
  const bytes = await history.fetched(reference, MAX_CONTENT_BYTES);
  const contentType = reference.fetchedType ?? reference.contentType;
  return bytes === null ? null : { bytes, headers: { contentType } };
}

/** The reference that is meant; undefined for the message itself, or when there is none of this number. */
export function referenceOf({ references }: PushRecord, which: Which): ReferenceRecord | undefined {
  return which === 'own' ? undefined : references[which];
}

function tooLarge(record: PushRecord, which: Which): ContentView | null {
  const { body, bytes } = record;
  const reference = referenceOf(record, which);
  const isThere = which === 'own' ? body.kind === 'content' : (reference?.sha256 ?? null) !== null;
  const size = which === 'own' ? bytes : (reference?.received ?? 0);
  if (!isThere || size <= MAX_CONTENT_BYTES) return null;
  return { kind: 'too-large', bytes: size, shownBytes: MAX_CONTENT_BYTES };
}

/** A text whose character set is declared keeps it; a container, or what is encoded, is text when it looks like it. */
function viewRaw(bytes: Buffer, tree: ContentPart): RawView {
  const isPlain = tree.text !== null && tree.bytes.equals(bytes);
  const decoded = isPlain ? tree.text : decodeContainer(bytes);
  return {
    bytes: bytes.length,
    text: decoded?.text ?? null,
    charset: decoded?.charset ?? null,
    isTextTruncated: decoded?.truncated ?? false,
    hex: hexDump(bytes.subarray(0, MAX_HEX_BYTES)),
    isHexTruncated: bytes.length > MAX_HEX_BYTES,
  };
}

function decodeContainer(bytes: Buffer): ContentPart['text'] {
  const head = bytes.subarray(0, MAX_PART_TEXT_BYTES);
  // Escape sequences are text in ISO-2022.
  if (BINARY.test(head.toString('latin1').replaceAll('\u001b', ''))) return null;
  return decodeText(bytes, isUtf8(head) ? 'utf-8' : 'iso-8859-1', MAX_PART_TEXT_BYTES);
}
