import { z } from 'zod';
import type { DeliveryEntry, PushRecord } from './records.ts';

const leftoverSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('quarantined'), path: z.string() }),
  z.object({ kind: z.literal('part'), path: z.string(), bytes: z.number() }),
]);

const reportSchema = z.object({
  messageId: z.string().nullable().default(null),
  chunks: z.number(),
  answered: z.number(),
  refused: z.number(),
  bytes: z.number(),
  total: z.number().nullable(),
  firstAt: z.string().nullable(),
  lastAt: z.string().nullable(),
  asked: z.object({ success: z.boolean(), failure: z.enum(['yes', 'no', 'partial']) }).nullable(),
  check: z.object({ at: z.string(), result: z.enum(['matches', 'no-hash', 'failed']) }).nullable(),
  reports: z.array(
    z.object({
      at: z.string(),
      state: z.enum(['sent', 'owed']),
      messageId: z.string(),
      range: z.string(),
      status: z.string(),
    }),
  ),
});

const fileSessionSchema = z.object({
  localPath: z.string(),
  remotePath: z.string(),
  setup: z.enum(['active', 'passive']),
  peer: z.string().nullable(),
  fingerprint: z.string().nullable(),
  peerFingerprints: z.array(z.string()),
});

const timerSchema = z.object({ seconds: z.number(), refresher: z.enum(['us', 'peer']), at: z.string() });

const fileSchema = z.object({
  index: z.int(),
  name: z.string(),
  type: z.string().nullable(),
  bytes: z.number().nullable(),
  hash: z.string().nullable(),
  disposition: z.enum(['render', 'attachment']),
  date: z.string().nullable(),
  state: z.enum(['offered', 'accepted', 'receiving', 'verified', 'kept', 'declined', 'failed', 'aborted']),
  received: z.number(),
  path: z.string().nullable(),
  sha1: z.string().nullable(),
  reason: z.string().nullable(),
  icon: z.string().nullable().default(null),
  known: z.object({ path: z.string(), at: z.string() }).nullable().default(null),
  from: z.number().default(1),
  ruled: z.boolean().default(false),
  leftover: leftoverSchema.nullable().default(null),
  // Older rows have none of the following.
  report: reportSchema.nullable().default(null),
  session: fileSessionSchema.nullable().default(null),
});

const bodySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('content'), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  z.object({
    kind: z.literal('files'),
    sessionIdentity: z.string(),
    sdp: z.string(),
    files: z.array(fileSchema),
    timer: timerSchema.nullable().default(null),
  }),
  z.object({
    kind: z.literal('refer'),
    target: z.string(),
    event: z.string(),
    silent: z.boolean(),
    subscription: z.string().nullable(),
    result: z.number().nullable(),
  }),
]);

const referenceSchema = z.object({
  place: z.int().min(0).default(0),
  url: z.string(),
  contentType: z.string().nullable(),
  bytes: z.number().nullable(),
  hash: z.string().nullable(),
  expires: z.string().nullable(),
  received: z.number(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  fetchedType: z.string().nullable(),
  warnings: z.array(z.string()),
  optional: z.boolean().default(false),
  problem: z.string().nullable().default(null),
});

/** A record as it stands in its row: all but the timeline, which has rows of its own. */
export const storedRecordSchema = z.object({
  id: z.string(),
  terminal: z.string(),
  method: z.enum(['MESSAGE', 'NOTIFY', 'INVITE', 'REFER']),
  at: z.string(),
  application: z.string().nullable(),
  from: z.string(),
  asserted: z.boolean(),
  callId: z.string(),
  headers: z.string(),
  contentType: z.string().nullable(),
  bytes: z.number(),
  preview: z.string().nullable().default(null),
  state: z.enum([
    'received',
    'waiting',
    'receiving',
    'completed',
    'reported',
    'declined',
    'cancelled',
    'failed',
    'refused',
  ]),
  code: z.number().nullable(),
  reason: z.string().nullable(),
  read: z.boolean(),
  times: z.int().default(1),
  mismatch: z.boolean().default(false),
  pinned: z.boolean().default(false),
  body: bodySchema,
  references: z.array(referenceSchema).default([]),
});

export type StoredRecord = Omit<PushRecord, 'delivery'>;

const deliverySchema = z.object({
  at: z.string(),
  side: z.enum(['in', 'out', 'local']),
  ok: z.boolean(),
  title: z.string(),
  detail: z.string(),
  file: z.number().nullable(),
});

/** Reads a row's record; null when the disk holds something else. */
export function readStoredRecord(text: string): StoredRecord | null {
  return storedRecordSchema.safeParse(renewed(parseJson(text))).data ?? null;
}

/** Rows of versions that kept one reference of a message at most. */
function renewed(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || !('reference' in stored)) return stored;
  const { reference, ...rest } = stored;
  return { ...rest, references: reference === null ? [] : [reference] };
}

/** Reads a line of a timeline; null when the disk holds something else. */
export function readDeliveryEntry(text: string): DeliveryEntry | null {
  return deliverySchema.safeParse(parseJson(text)).data ?? null;
}

/** Reads the lines a timeline began with; those that the disk spoilt are left out. */
export function readTimeline(text: string): readonly DeliveryEntry[] {
  const lines = parseJson(text);
  return Array.isArray(lines) ? lines.flatMap((line) => deliverySchema.safeParse(line).data ?? []) : [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
