import type { StoredRecord } from './record-schema.ts';
import type { PushRecord } from './records.ts';

/** Longest content that stands beside its push in the database; longer content is a file of the vault. */
export const MAX_SMALL_CONTENT_BYTES = 64 * 1024;

/** Where the content of a push is kept. */
export type ContentPlace =
  | { readonly kind: 'none' }
  | { readonly kind: 'small'; readonly bytes: Buffer }
  | { readonly kind: 'vault'; readonly sha256: string };

/** What is written of a new push: all of it made before the transaction, which should be short. */
export type NewPush = {
  readonly stored: StoredRecord;
  readonly record: string;
  readonly timeline: string;
  readonly search: string;
  readonly content: ContentPlace;
};

/** Makes the row of a push. Throws when the record names content that is not given. */
export function newPush(push: PushRecord, content: Buffer | undefined): NewPush {
  return {
    stored: push,
    // A field that is undefined is not written; to take one out would cost more than to make all anew.
    record: JSON.stringify({ ...push, delivery: undefined }),
    timeline: JSON.stringify(push.delivery),
    search: searchText(push, content),
    content: placeOf(push, content),
  };
}

function placeOf({ body }: StoredRecord, content: Buffer | undefined): ContentPlace {
  if (body.kind !== 'content') return { kind: 'none' };
  if (content === undefined) throw new Error('A push with content needs its bytes.');
  const isSmall = content.length <= MAX_SMALL_CONTENT_BYTES;
  return isSmall ? { kind: 'small', bytes: content } : { kind: 'vault', sha256: body.sha256 };
}

/** Bytes of text content that search looks at. */
const MAX_PREVIEW_BYTES = 2_000;

/** Bytes on disk of a push: its content, or its verified files. */
export function keptBytes(record: StoredRecord): number {
  if (record.body.kind === 'content') return record.bytes + fetchedBytes(record);
  if (record.body.kind !== 'files') return 0;
  return record.body.files.reduce((sum, file) => (isKept(file) ? sum + file.received : sum), 0);
}

function fetchedBytes({ references }: StoredRecord): number {
  return references.reduce((sum, { sha256, received }) => (sha256 === null ? sum : sum + received), 0);
}

function isKept({ state }: { readonly state: string }): boolean {
  return state === 'verified' || state === 'kept';
}

/** What search looks at, in lower case: sender, application, Call-ID, file names and the beginning of a text or what other content says. */
function searchText(record: StoredRecord, content: Buffer | undefined): string {
  const names = record.body.kind === 'files' ? record.body.files.map((file) => file.name) : [];
  const isText = /^text\/|\bjson\b|\bxml\b/i.test(record.contentType ?? '');
  const preview = isText ? (content?.toString('utf8', 0, MAX_PREVIEW_BYTES) ?? '') : (record.preview ?? '');
  return [record.from, record.application ?? '', record.callId, ...names, preview].join('\n').toLowerCase();
}

/** What stands for an application in queries: spellings that mean the same are one; '' for none. */
export function applicationColumn(application: string | null): string {
  return (application ?? '')
    .trim()
    .toLowerCase()
    .replace(/^urn:/, '')
    .replace(/^x-wap-application:/, '');
}

/** A text column of a row, or '' when the disk holds something else. */
export function textOf(row: unknown, column: string): string {
  const value = columnOf(row, column);
  return typeof value === 'string' ? value : '';
}

/** A binary column of a row, or null when it holds something else. */
export function bytesOf(row: unknown, column: string): Buffer | null {
  const value = columnOf(row, column);
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : null;
}

/** A number column of a row, or 0 when the disk holds something else. */
export function numberOf(row: unknown, column: string): number {
  const value = columnOf(row, column);
  return typeof value === 'number' ? value : 0;
}

function columnOf(row: unknown, column: string): unknown {
  return typeof row === 'object' && row !== null ? Reflect.get(row, column) : undefined;
}
