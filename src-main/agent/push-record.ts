import { newPushId } from '../history/push-id.ts';
import type { PushRecord } from '../history/records.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import type { Sender } from './checks.ts';

const ASCII = /^[\0-\x7f]*$/;

/** What a push is known by before it is decided on: everything of its record that the request itself tells. */
export function recordOf(
  request: IncomingRequest,
  facts: { readonly terminal: string; readonly application: string | null; readonly sender: Sender },
): Omit<PushRecord, 'state' | 'code' | 'reason' | 'body'> {
  const at = new Date().toISOString();
  const detail = facts.application === null ? '' : `for ${facts.application}`;
  return {
    id: newPushId(),
    terminal: facts.terminal,
    method: request.method === 'INVITE' ? 'INVITE' : 'MESSAGE',
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
    reference: null,
    delivery: [{ at, side: 'in', ok: true, title: `${request.method} received`, detail, file: null }],
  };
}

/** Start line and header fields as received, decoded for people: SIP headers are UTF-8 (RFC 3261 §7.3.1). */
function headerText(request: IncomingRequest): string {
  const end = request.data.indexOf('\r\n\r\n');
  const head = end === -1 ? request.data : request.data.slice(0, end);
  return ASCII.test(head) ? head : Buffer.from(head, 'latin1').toString('utf8');
}
