import { randomBytes } from 'node:crypto';
import { formatPushTag } from '../../sip/feature-tags.ts';
import { formatReferTo } from '../../sip/refer-to.ts';
import { newTag, sendReply } from '../../sip/reply.ts';
import { parseEvent, parseSubscriptionState } from '../../sip/subscription-state.ts';
import { parseSipUri } from '../../sip/uri.ts';
import type { IncomingRequest, SipUserAgent } from '../../sip/user-agent.ts';
import { meaningOf } from './headers.ts';
import type { LiveResult } from './result-board.ts';

export type ReferPush = {
  /** AOR or GRUU of the terminal. */
  readonly to: string;
  readonly application: string;
  /** Whom it is to subscribe to; the sender when absent (PSA-REF-03). */
  readonly target?: string;
  /** Asks for no subscription to what comes of it (RFC 4488). */
  readonly silent?: boolean;
  /** Seconds to wait for the last NOTIFY. */
  readonly waitSeconds: number;
};

const EVENT = 'ua-profile;profile-type=oma-app';

/**
 * Asks a terminal by REFER to subscribe to pushes (PSA-REF-01 to -08), and follows the NOTIFYs about it: delivered once
 * the terminal tells of a 200. Never rejects.
 */
export async function pushRefer(
  ua: SipUserAgent,
  sender: string,
  push: ReferPush,
  live: LiveResult,
): Promise<void> {
  const { to, application, silent = false } = push;
  const target = parseSipUri(push.target ?? sender);
  if (target === null) {
    live.end({ state: 'failed', reason: `${push.target} is no SIP address.` });
    return;
  }
  const callId = randomBytes(12).toString('hex');
  const fromTag = newTag();
  const acceptContact = `*;${formatPushTag([application])}`;
  // The first NOTIFY may come before the 202 (RFC 3515 §2.4.4).
  ua.expectNotify(callId, fromTag, (request) => receiveNotify(request, live));
  const timer = setTimeout(() => {
    live.end({ state: 'failed', reason: 'The terminal never told what came of it.' });
  }, push.waitSeconds * 1000);
  const outcome = await ua.request({
    method: 'REFER',
    to,
    callId,
    fromTag,
    headers: [
      `Contact: <${ua.contactUri()}>`,
      `Refer-To: ${formatReferTo({ target, method: 'SUBSCRIBE', event: EVENT, acceptContact })}`,
      `Accept-Contact: ${acceptContact}`,
      `P-Preferred-Identity: <${sender}>`,
      ...(silent ? ['Refer-Sub: false', 'Supported: norefersub'] : []),
    ],
  });
  if (outcome.kind !== 'response') {
    const reason =
      outcome.kind === 'timeout' ? 'No answer came in time.' : `The REFER could not be sent to ${to}.`;
    live.end({ state: 'failed', code: outcome.kind === 'timeout' ? 408 : null, reason });
  } else {
    const { status_code: code, reason_phrase: phrase } = outcome.response;
    const isSilent = /^\s*false/i.test(outcome.response.getHeader('refer-sub') ?? '');
    if (code >= 300) live.end({ state: 'rejected', code, reason: meaningOf(code, phrase) });
    else if (isSilent) live.end({ state: 'delivered', code, reason: 'accepted, without a report' });
    else live.change({ code });
  }
  await live.done;
  clearTimeout(timer);
  ua.forgetNotify(callId, fromTag);
}

function receiveNotify(request: IncomingRequest, live: LiveResult): void {
  if (parseEvent(request.getHeader('event') ?? '')?.type !== 'refer') {
    sendReply(request, { code: 489, headers: ['Allow-Events: refer'] });
    return;
  }
  const state = parseSubscriptionState(request.getHeader('subscription-state') ?? '');
  const status = /^SIP\/2\.0 ([1-6]\d\d) ?([^\r\n]*)/.exec(request.body);
  if (state === null || status === null) {
    sendReply(request, { code: 400 });
    return;
  }
  sendReply(request, { code: 200 });
  const code = Number(status[1]);
  const phrase = status[2] ?? '';
  if (state.state === 'pending') live.change({ state: 'ringing', reason: 'the user is asked' });
  else if (state.state !== 'terminated')
    live.change({ state: 'transferring', reason: 'the terminal subscribes' });
  else if (code >= 200 && code < 300)
    live.end({ state: 'delivered', code, reason: 'the terminal has subscribed' });
  else live.end({ state: 'rejected', code, reason: meaningOf(code, phrase) });
}
