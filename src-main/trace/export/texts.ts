import { isUtf8 } from 'node:buffer';
import type { TraceRecord } from '../records.ts';
import { hostPort, type TraceSummary } from '../summary.ts';

/** A record as readable text: who, when, over what, and the message; in the manner of ngrep. */
export function textOf(
  { at, direction, kind, link, bytes, elided, kept }: TraceRecord,
  summary: TraceSummary,
): string {
  const [from, to] = direction === 'out' ? [link.local, link.remote] : [link.remote, link.local];
  const way = `${link.transport} ${hostPort(from)} -> ${hostPort(to)}`;
  const head = `# ${isoMicros(at)} ${way} ${link.protocol.toUpperCase()} ${link.terminal} ${bytes} bytes`;
  if (kind !== 'message')
    return `${head}\n[${summary.title}${summary.note === '' ? '' : `, ${summary.note}`}]\n\n`;
  const left = elided > 0 ? `[${elided} bytes of its content were not kept]\n` : '';
  return `${head}\n${readable(kept)}${left}\n`;
}

/** A record as one line of JSON. The message is `text` where it is UTF-8, else `base64`. */
export function jsonLineOf(record: TraceRecord, summary: TraceSummary): string {
  const { kind, elided, kept } = record;
  const { at, id: _id, ...facts } = summary;
  const raw =
    kind === 'gap' ? {} : isUtf8(kept) ? { text: kept.toString() } : { base64: kept.toString('base64') };
  return `${JSON.stringify({ at: isoMicros(at), ...facts, elided, ...raw })}\n`;
}

/** ISO 8601 in UTC with microseconds. */
export function isoMicros(at: number): string {
  const millis = new Date(Math.floor(at / 1000)).toISOString();
  return `${millis.slice(0, -1)}${String(at % 1000).padStart(3, '0')}Z`;
}

/** A message with plain line ends; bytes that are no text as dots. */
export function readable(bytes: Buffer): string {
  const text = isUtf8(bytes) ? bytes.toString() : bytes.toString('latin1');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be replaced.
  const clean = text.replaceAll('\r\n', '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '.');
  return clean.endsWith('\n') ? clean : `${clean}\n`;
}
