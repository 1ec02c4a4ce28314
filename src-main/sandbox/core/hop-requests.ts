import { HeaderFields } from '../../sip/header-fields.ts';
import { SipRequest, type SipResponse } from '../../sip/message.ts';

/** ACK to a non-2xx final answer of a branch (RFC 3261 §17.1.1.3). */
export function acknowledgement(request: SipRequest, response: SipResponse): SipRequest {
  return sameTransaction(request, 'ACK', response.header('To') ?? '');
}

/** CANCEL of a branch (RFC 3261 §9.1). */
export function cancellation(request: SipRequest): SipRequest {
  return sameTransaction(request, 'CANCEL', request.header('To') ?? '');
}

function sameTransaction(request: SipRequest, method: 'ACK' | 'CANCEL', to: string): SipRequest {
  const fields = new HeaderFields();
  fields.append('Via', request.header('Via') ?? '');
  fields.append('Max-Forwards', '70');
  for (const route of request.headers('Route')) fields.append('Route', route);
  fields.append('From', request.header('From') ?? '');
  fields.append('To', to);
  fields.append('Call-ID', request.callId);
  fields.append('CSeq', `${request.cseq.number} ${method}`);
  return new SipRequest(method, request.uri, fields);
}
