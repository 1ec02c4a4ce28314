import { createHash } from 'node:crypto';
import { newPushId } from './push-id.ts';
import type { PushRecord } from './records.ts';

/** A record for tests; the given fields replace the example's. */
export function exampleRecord(change: Partial<PushRecord> = {}): PushRecord {
  return {
    id: newPushId(),
    terminal: 'bob-desk',
    method: 'MESSAGE',
    at: '2026-11-21T12:00:00.000Z',
    application: 'mms.ua',
    from: 'sip:psa@push.test',
    asserted: true,
    callId: 'call-1',
    headers: 'MESSAGE sip:bob@push.test SIP/2.0',
    contentType: 'text/plain',
    bytes: 5,
    preview: null,
    state: 'received',
    code: 200,
    reason: null,
    read: false,
    times: 1,
    mismatch: false,
    pinned: false,
    body: { kind: 'none' },
    references: [],
    delivery: [],
    ...change,
  };
}

/** A message with content, and the content. */
export function exampleMessage(text: string): { readonly record: PushRecord; readonly content: Buffer } {
  const content = Buffer.from(text);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { record: exampleRecord({ bytes: content.length, body: { kind: 'content', sha256 } }), content };
}

/** An offer of one file. */
export function exampleOffer(change: Partial<PushRecord> = {}): PushRecord {
  const file = {
    index: 0,
    name: 'picture.jpg',
    type: 'image/jpeg',
    bytes: 4,
    hash: null,
    disposition: 'render',
    date: null,
    state: 'offered',
    received: 0,
    path: null,
    sha1: null,
    reason: null,
    icon: null,
    known: null,
    from: 1,
    ruled: false,
    leftover: null,
    report: null,
    session: null,
  } as const;
  return exampleRecord({
    method: 'INVITE',
    state: 'waiting',
    code: null,
    body: { kind: 'files', sessionIdentity: 'sip:psa@10.0.0.1', sdp: 'v=0', timer: null, files: [file] },
    ...change,
  });
}
