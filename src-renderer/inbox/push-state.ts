import {
  type FileRecord,
  isMessage,
  type ProgressView,
  type PushRecord,
} from '../../src-main/ipc/contract.ts';
import type { Tone } from '../components/ui.tsx';
import { percentOf } from '../format.ts';

/** What pushes of well-known types are called. */
const KNOWN_CONTENTS: ReadonlyMap<string, string> = new Map([
  ['text/vnd.wap.si', 'Service Indication'],
  ['application/vnd.wap.sic', 'Service Indication'],
  ['text/vnd.wap.sl', 'Service Loading'],
  ['application/vnd.wap.slc', 'Service Loading'],
  ['application/vnd.wap.mms-message', 'MMS message'],
  ['application/vnd.omaloc-supl-init', 'SUPL INIT'],
  ['text/vnd.wap.connectivity-xml', 'Provisioning'],
  ['application/vnd.wap.connectivity-wbxml', 'Provisioning'],
  ['application/vnd.syncml.notification', 'Device management notification'],
  ['application/vnd.wap.emn+xml', 'Mail notification'],
  ['application/vnd.wap.emn+wbxml', 'Mail notification'],
  ['text/vcard', 'vCard'],
  ['text/x-vcard', 'vCard'],
  ['text/html', 'HTML page'],
  ['application/xhtml+xml', 'HTML page'],
  ['application/json', 'JSON'],
  ['application/pdf', 'PDF document'],
  ['application/octet-stream', 'Binary data'],
  ['message/cpim', 'CPIM message'],
]);
/** And those of a whole family of types. */
const KNOWN_FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^image\//, 'Picture'],
  [/^audio\//, 'Sound'],
  [/^video\//, 'Video'],
  [/^multipart\//, 'Several parts'],
  [/\+json$/, 'JSON'],
  [/[/+]xml$/, 'XML'],
];

/** The chip of a push: its state in a word, with the percentage while files arrive. */
export function describeState(
  record: PushRecord,
  progress: readonly ProgressView[],
): { readonly tone: Tone; readonly text: string } {
  switch (record.state) {
    case 'received':
      return { tone: 'ok', text: isFetched(record) ? 'Fetched' : '200 OK' };
    case 'waiting':
      return { tone: 'warn', text: 'Waiting for you' };
    case 'receiving': {
      if (record.method === 'REFER') return { tone: 'info', text: 'Subscribing' };
      const { received, total } = transferTotals(record, progress);
      const percent = percentOf(received, total);
      return { tone: 'info', text: percent === null ? 'Receiving' : `Receiving ${percent} %` };
    }
    case 'completed':
      return { tone: 'ok', text: record.method === 'REFER' ? 'Subscribed' : 'Completed' };
    case 'reported':
      return { tone: 'ok', text: 'Reported' };
    case 'declined':
      return { tone: 'quiet', text: isMessage(record) ? 'Denied' : 'Declined' };
    case 'cancelled':
      return { tone: 'quiet', text: 'Cancelled' };
    case 'failed':
      return describeFailure(filesOf(record));
    case 'refused':
      return { tone: 'bad', text: `${record.code ?? 'Refused'}${timesOf(record)}` };
  }
}

/** What is left of a failed transfer says more than that it failed. */
function describeFailure(files: readonly FileRecord[]): { readonly tone: Tone; readonly text: string } {
  if (files.some(({ leftover }) => leftover?.kind === 'quarantined'))
    return { tone: 'bad', text: 'Quarantined' };
  if (files.some(({ leftover }) => leftover?.kind === 'part')) return { tone: 'warn', text: 'Unfinished' };
  if (files.some(({ state }) => state === 'kept')) return { tone: 'warn', text: 'Kept' };
  return { tone: 'bad', text: 'Failed' };
}

/** ` ×120` for a push that was refused so often. */
function timesOf({ times }: PushRecord): string {
  return times > 1 ? ` ×${times}` : '';
}

/** What a push is called in the list. */
export function titleOf(record: PushRecord): string {
  if (record.state === 'refused') return refusalTitle(record);
  if (record.body.kind === 'refer') return referTitle(record.state, record.body.event);
  const files = filesOf(record);
  const [first] = files;
  if (first === undefined) return messageTitle(record);
  if (files.length === 1) return record.state === 'waiting' ? `${first.name} offered` : first.name;
  return record.state === 'waiting'
    ? `${files.length} files offered`
    : `${first.name} and ${files.length - 1} more`;
}

export function filesOf(record: PushRecord): readonly FileRecord[] {
  return record.body.kind === 'files' ? record.body.files : [];
}

/** Bytes received and wanted of a push, and their speed. Total is null when a size is not known. */
export function transferTotals(
  record: PushRecord,
  progress: readonly ProgressView[],
): { readonly received: number; readonly total: number | null; readonly bytesPerSecond: number } {
  if (record.references.length > 0) return { ...fetchTotals(record), bytesPerSecond: 0 };
  const wanted = filesOf(record).filter(({ state }) => state !== 'declined' && state !== 'offered');
  const views = progress.filter(({ offer }) => offer === record.id);
  const received = wanted.reduce((sum, file) => sum + receivedOf(file, views), 0);
  const known = wanted.every((file) => file.bytes !== null);
  return {
    received,
    total: known ? wanted.reduce((sum, file) => sum + (file.bytes ?? 0), 0) : null,
    bytesPerSecond: views.reduce((sum, view) => sum + view.bytesPerSecond, 0),
  };
}

/** Bytes of all that a message refers to. */
export function fetchTotals({ references }: PushRecord): {
  readonly received: number;
  readonly total: number | null;
} {
  const received = references.reduce((sum, one) => sum + one.received, 0);
  const known = references.every(({ bytes }) => bytes !== null);
  return { received, total: known ? references.reduce((sum, one) => sum + (one.bytes ?? 0), 0) : null };
}

function isFetched({ references }: PushRecord): boolean {
  return references.some(({ sha256 }) => sha256 !== null);
}

/** What a message says is told only once it is allowed; until then, what it is. */
function messageTitle(record: PushRecord): string {
  const isAllowed = record.state !== 'waiting' && record.state !== 'declined';
  if (isAllowed && record.preview !== null) return record.preview;
  const [first, ...others] = record.references;
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return `${referenceTitle(first.url)}${more}`;
  }
  if (record.bytes === 0) return 'Empty push';
  const type = (record.contentType?.split(';')[0] ?? '').trim().toLowerCase();
  return (isAllowed ? nameOfType(type) : undefined) ?? 'Message';
}

function nameOfType(type: string): string | undefined {
  return KNOWN_CONTENTS.get(type) ?? KNOWN_FAMILIES.find(([family]) => family.test(type))?.[1];
}

/** `firmware.bin at lab.test` for `https://lab.test/files/firmware.bin?x`. */
export function referenceTitle(url: string): string {
  if (!URL.canParse(url)) return 'Content elsewhere';
  const { host, pathname } = new URL(url);
  const name = pathname.split('/').findLast((part) => part !== '') ?? '';
  return host === '' ? 'Content elsewhere' : `${name === '' ? 'Content' : name} at ${host}`;
}

function receivedOf(file: FileRecord, views: readonly ProgressView[]): number {
  if (file.state === 'verified') return file.received;
  return views.find(({ index }) => index === file.index)?.received ?? file.received;
}

function referTitle(state: PushRecord['state'], event: string): string {
  const name = event.split(';')[0] ?? event;
  return state === 'waiting' ? `Subscribe to ${name}?` : `Subscription to ${name}`;
}

function refusalTitle(record: PushRecord): string {
  if (record.reason?.startsWith('More pushes were refused')) return 'Refused: many pushes';
  if (record.method === 'REFER' && record.code !== 403) return `Refused: REFER`;
  switch (record.code) {
    case 403:
      return forbiddenTitle(record.reason ?? '');
    case 415:
      return 'Refused: content type';
    case 488:
      return 'Refused: nothing it takes';
    case 400:
      return 'Refused: malformed';
    default:
      return `Refused: ${record.code ?? ''}`;
  }
}

/** What the terminal forbade, told from its own words: what follows them is the sender's. */
function forbiddenTitle(reason: string): string {
  if (/^(?:The push names no|No) application\b/.test(reason)) return 'Refused: application';
  if (reason.startsWith('A rule ')) return 'Refused: by a rule';
  return reason.startsWith('The core asserts no')
    ? 'Refused: sender not asserted'
    : 'Refused: sender not trusted';
}
