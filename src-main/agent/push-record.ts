import { hash } from 'node:crypto';
import { newPushId } from '../history/push-id.ts';
import type { DeliveryEntry, PushBody, PushRecord, PushState, ReferenceRecord } from '../history/records.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import type { Sender } from './checks.ts';
import type { ContentVerdict, PushedContent } from './judge-content.ts';
import { isoNow } from './now.ts';

const ASCII = /^[\0-\x7f]*$/;

/** What a push is known by before it is decided on: everything of its record that the request itself tells. */
export type NewRecord = Omit<PushRecord, 'state' | 'code' | 'reason' | 'body'>;

/** A line of a timeline that a record begins with: its time is that of the record. */
export type FirstLine = Omit<DeliveryEntry, 'at' | 'file'>;

/**
 * The record of a push whose content is taken and answered 200: `waiting`, `receiving` when its content is to be
 * fetched, or `received`. `lines` are written with it: one of its own would cost a second write for each.
 */
export function takenRecord(
  base: NewRecord,
  { bytes }: PushedContent,
  { hold, references, leftOut, preview, mismatch }: Extract<ContentVerdict, { readonly kind: 'take' }>,
  lines: readonly FirstLine[],
): PushRecord {
  // Not spread into another object: with so many fields that would become a dictionary, which is slow and large.
  return Object.assign(base, {
    preview,
    mismatch,
    state: stateOf(hold, references),
    code: 200,
    reason: hold,
    references,
    body: bodyOf(bytes),
    delivery: [
      ...base.delivery,
      ...[...leftOut.map(leftOutLine), ...lines].map((line) => ({ at: base.at, ...line, file: null })),
    ],
  });
}

function leftOutLine(what: string): FirstLine {
  const detail = `${what} The sender can do without it.`;
  return { side: 'local', ok: false, title: 'Content left out', detail };
}

function stateOf(hold: string | null, references: readonly ReferenceRecord[]): PushState {
  if (hold !== null) return 'waiting';
  return references.length === 0 ? 'received' : 'receiving';
}

function bodyOf(bytes: Buffer): PushBody {
  return bytes.length === 0 ? { kind: 'none' } : { kind: 'content', sha256: hash('sha256', bytes, 'hex') };
}

/** The beginning of the record of a MESSAGE, a NOTIFY or an INVITE. */
export function recordOf(
  request: IncomingRequest,
  facts: { readonly terminal: string; readonly application: string | null; readonly sender: Sender },
): NewRecord {
  const at = isoNow();
  const detail = facts.application === null ? '' : `for ${facts.application}`;
  return {
    id: newPushId(),
    terminal: facts.terminal,
    method: methodOf(request),
    at,
    application: facts.application,
    from: facts.sender.uri,
    asserted: facts.sender.asserted,
    callId: request.call_id,
    headers: headerText(request),
    contentType: request.getHeader('content-type') ?? null,
    bytes: request.body.length,
    preview: null,
    read: false,
    times: 1,
    mismatch: false,
    pinned: false,
    references: [],
    delivery: [{ at, side: 'in', ok: true, title: `${request.method} received`, detail, file: null }],
  };
}

function methodOf({ method }: IncomingRequest): PushRecord['method'] {
  return method === 'INVITE' || method === 'NOTIFY' || method === 'REFER' ? method : 'MESSAGE';
}

/** Start line and header fields as received, decoded for people: SIP headers are UTF-8 (RFC 3261 §7.3.1). */
function headerText(request: IncomingRequest): string {
  const end = request.data.indexOf('\r\n\r\n');
  const head = end === -1 ? request.data : request.data.slice(0, end);
  return ASCII.test(head) ? head : Buffer.from(head, 'latin1').toString('utf8');
}
