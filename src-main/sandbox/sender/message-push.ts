import type { SipUserAgent } from '../../sip/user-agent.ts';
import { meaningOf, pushHeaders } from './headers.ts';
import type { LiveResult } from './result-board.ts';

export type MessagePush = {
  /** AOR or GRUU. */
  readonly to: string;
  readonly application: string;
  readonly contentType: string;
  readonly body: Buffer;
};

/** Pushes one MESSAGE and follows it to its final answer (PSA-PAG-02 to -06, -10). Never rejects. */
export async function pushMessage(
  ua: SipUserAgent,
  sender: string,
  push: MessagePush,
  live: LiveResult,
): Promise<void> {
  const outcome = await ua.request({
    method: 'MESSAGE',
    to: push.to,
    headers: [...pushHeaders(push.application, sender), `Content-Type: ${push.contentType}`],
    body: push.body.toString('latin1'),
  });
  switch (outcome.kind) {
    case 'response': {
      const { status_code: code, reason_phrase: phrase } = outcome.response;
      if (code < 300) live.end({ state: 'delivered', code, reason: 'accepted' });
      else live.end({ state: 'rejected', code, reason: meaningOf(code, phrase) });
      return;
    }
    case 'timeout':
      live.end({ state: 'failed', code: 408, reason: 'No answer came in time.' });
      return;
    case 'unreachable':
      live.end({ state: 'failed', reason: `The MESSAGE could not be sent to ${push.to}.` });
      return;
  }
}
