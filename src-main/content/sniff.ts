import { isAscii } from 'node:buffer';

type Signature = { readonly type: string; readonly at: number; readonly bytes: readonly number[] };

const ascii = (text: string): readonly number[] => [...Buffer.from(text, 'latin1')];

const SIGNATURES: readonly Signature[] = [
  { type: 'image/png', at: 0, bytes: [0x89, ...ascii('PNG\r\n'), 0x1a, 0x0a] },
  { type: 'image/jpeg', at: 0, bytes: [0xff, 0xd8, 0xff] },
  { type: 'image/gif', at: 0, bytes: ascii('GIF8') },
  { type: 'image/webp', at: 8, bytes: ascii('WEBP') },
  { type: 'application/pdf', at: 0, bytes: ascii('%PDF-') },
  { type: 'application/zip', at: 0, bytes: [...ascii('PK'), 3, 4] },
  { type: 'application/gzip', at: 0, bytes: [0x1f, 0x8b] },
  { type: 'video/mp4', at: 4, bytes: ascii('ftyp') },
  { type: 'application/x-executable', at: 0, bytes: [0x7f, ...ascii('ELF')] },
  { type: 'application/x-msdownload', at: 0, bytes: ascii('MZ') },
  { type: 'application/x-shellscript', at: 0, bytes: ascii('#!') },
];
/** How much of the content is looked at. */
const SNIFFED_BYTES = 4096;

/**
 * Guesses a media type from the first bytes, to show where a sender declares something else. Null when nothing fits.
 */
export function sniffType(bytes: Buffer): string | null {
  const head = bytes.subarray(0, SNIFFED_BYTES);
  const found = SIGNATURES.find((signature) => begins(head, signature));
  if (found !== undefined) return found.type;
  const text = textOf(head);
  if (text === null || text === '') return null;
  if (/^\s*(?:<!doctype html|<html|<head|<body|<script)/i.test(text)) return 'text/html';
  if (/^\s*(?:<\?xml[^>]*>\s*)?<svg[\s>]/i.test(text)) return 'image/svg+xml';
  if (/^\s*<\?xml/i.test(text)) return 'application/xml';
  return 'text/plain';
}

function begins(head: Buffer, { at, bytes }: Signature): boolean {
  // Not `every`, which makes a function for each; a head that is too short has undefined there.
  for (let index = 0; index < bytes.length; index += 1) if (head[at + index] !== bytes[index]) return false;
  return true;
}

function textOf(head: Buffer): string | null {
  if (isBinary(head)) return null;
  if (isAscii(head)) return head.toString('latin1');
  // Streaming, so that a character cut at the end of the sample is no fault.
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
  } catch {
    return null;
  }
}

/** Whether there is a control character that no text has; tab, line ends and form feed are text. */
function isBinary(bytes: Buffer): boolean {
  // Not `for of`, whose iterator costs more than the look.
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 && (byte < 0x09 || byte > 0x0d)) return true;
  }
  return false;
}
