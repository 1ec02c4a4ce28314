import { randomBytes } from 'node:crypto';
import { HeaderFields } from '../../sip/header-fields.ts';
import { type SipRequest, SipResponse } from '../../sip/message.ts';
import { newTag, reasonPhrase } from '../../sip/reply.ts';

/** Phrases of statuses that only a registrar or proxy sends. */
const CORE_PHRASES: ReadonlyMap<number, string> = new Map([
  [401, 'Unauthorized'],
  [406, 'Not Acceptable'],
  [407, 'Proxy Authentication Required'],
  [412, 'Conditional Request Failed'],
  [423, 'Interval Too Brief'],
  [430, 'Flow Failed'],
  [489, 'Bad Event'],
]);

/** Starts every To tag the core makes itself, so that the ACK to its own answers is known without state. */
const OWN_TAG_START = `${randomBytes(6).toString('hex')}.`;

/** True for a To tag that this core made. */
export function isOwnTag(tag: string | undefined): boolean {
  return tag?.startsWith(OWN_TAG_START) === true;
}

/**
 * Builds the core's own response to a request (RFC 3261 §8.2.6.2). To gains a tag unless it has one or
 * the code is 100. `headers` are name and value pairs.
 */
export function respond(
  request: SipRequest,
  code: number,
  headers: readonly (readonly [string, string])[] = [],
  reason: string = CORE_PHRASES.get(code) ?? reasonPhrase(code),
): SipResponse {
  const fields = new HeaderFields();
  for (const via of request.headers('Via')) fields.append('Via', via);
  const to = request.header('To');
  const needsTag = to !== undefined && code !== 100 && request.toTag === undefined;
  const tagged = needsTag ? `${to};tag=${OWN_TAG_START}${newTag()}` : to;
  const repeated = { From: request.header('From'), To: tagged, 'Call-ID': request.header('Call-ID') };
  // What is missing in a malformed request is missing in its answer: there is nothing to repeat.
  for (const [name, value] of Object.entries(repeated)) {
    if (value !== undefined) fields.append(name, value);
  }
  fields.append('CSeq', request.header('CSeq') ?? '');
  if (code !== 100) fields.append('Server', 'Push-Terminal-Core');
  for (const [name, value] of headers) fields.append(name, value);
  return new SipResponse(code, reason, fields);
}
