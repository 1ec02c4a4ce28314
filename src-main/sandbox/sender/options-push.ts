import { announcedApplications } from '../../sip/feature-tags.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import type { IncomingResponse, SipUserAgent } from '../../sip/user-agent.ts';
import { meaningOf, pushHeaders } from './headers.ts';
import type { LiveResult } from './result-board.ts';
import type { Capabilities } from './results.ts';

/** Asks a terminal by OPTIONS what it can do (PSA-CAP-04). Never rejects. */
export async function pushOptions(
  ua: SipUserAgent,
  sender: string,
  { to, application }: { readonly to: string; readonly application: string },
  live: LiveResult,
): Promise<void> {
  const outcome = await ua.request({
    method: 'OPTIONS',
    to,
    headers: [
      ...pushHeaders({ application }, sender),
      `Contact: <${ua.contactUri()}>`,
      'Accept: application/sdp',
    ],
  });
  if (outcome.kind === 'timeout') {
    live.end({ state: 'failed', code: 408, reason: 'No answer came in time.' });
  } else if (outcome.kind === 'unreachable') {
    live.end({ state: 'failed', reason: `The OPTIONS could not be sent to ${to}.` });
  } else {
    const { status_code: code, reason_phrase: phrase } = outcome.response;
    if (code >= 300) live.end({ state: 'rejected', code, reason: meaningOf(code, phrase) });
    else
      live.end({ state: 'delivered', code, reason: 'answered', capabilities: readAnswer(outcome.response) });
  }
}

function readAnswer(response: IncomingResponse): Capabilities {
  const contact = parseNameAddr(response.getHeader('contact') ?? '');
  const { body } = response;
  const media = /^m=message \S+ (\S+)/m.exec(body)?.[1] ?? null;
  return {
    contact: contact?.uri ?? null,
    applications: contact === null ? [] : announcedApplications(contact.parameters),
    methods: response.getHeaders('allow'),
    types: response.getHeaders('accept'),
    extensions: response.getHeaders('supported'),
    files:
      media !== null && /^a=file-selector/m.test(body) ? { transport: media, types: fileTypes(body) } : null,
  };
}

function fileTypes(sdp: string): readonly string[] {
  const wrapped = /^a=accept-wrapped-types:([^\r\n]*)/m.exec(sdp)?.[1];
  const types = wrapped ?? /^a=accept-types:([^\r\n]*)/m.exec(sdp)?.[1] ?? '';
  return types.split(' ').filter((type) => type !== '');
}
