import type { Outcome, SipUserAgent } from '../../sip/user-agent.ts';
import type { Reference } from './content-host.ts';
import { type Fault, HUGE_BODY_BYTES } from './faults.ts';
import { type Addressing, meaningOf, pushHeaders } from './headers.ts';
import type { LiveResult } from './result-board.ts';
import { statusOfSip } from './status.ts';

export type MessagePush = Addressing & {
  /** AOR or GRUU. */
  readonly to: string;
  readonly contentType: string;
  readonly body: Buffer;
  /** Refers to the content, however small it is (PSA-PAG-05). */
  readonly byReference?: boolean;
  /** Sends the content in the request however large that is, to see what a terminal makes of it. */
  readonly inline?: boolean;
  /** Seconds that referenced content has to be fetched. */
  readonly waitSeconds?: number;
};

/** What a message push needs of its sender. */
export type MessageParts = {
  readonly ua: SipUserAgent;
  /** AOR that sends. */
  readonly sender: string;
  readonly refer: (contentType: string, bytes: Buffer, fault?: Fault) => Promise<Reference>;
};

/** Largest MESSAGE that carries its content itself, in bytes of the whole request (RFC 3428 §8, X-12). */
export const MAX_MESSAGE_BYTES = 1300;
const DEFAULT_FETCH_WAIT_S = 30;
const BY_REFERENCE: readonly (Fault | undefined)[] = ['wrong-hash', 'lost-connection', 'slow-sender'];

/**
 * Pushes one MESSAGE and follows it to its final answer, and to the fetch of content it only refers to (PSA-PAG-02 to
 * -10, -12). Never rejects.
 */
export async function pushMessage(parts: MessageParts, push: MessagePush, live: LiveResult): Promise<void> {
  try {
    await send(parts, push, live);
  } catch (error) {
    live.end({ state: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
}

async function send({ ua, sender, refer }: MessageParts, push: MessagePush, live: LiveResult): Promise<void> {
  const { to, fault } = push;
  const requestOf = ({ contentType, body }: { contentType: string; body: Buffer }) => ({
    method: 'MESSAGE',
    to,
    headers: [...pushHeaders(push, sender), `Content-Type: ${contentType}`],
    body: body.toString('latin1'),
  });
  let request = requestOf(fault === 'huge-body' ? { ...push, body: padded(push.body) } : push);
  let reference: Reference | null = null;
  const isLarge = push.inline !== true && fault !== 'huge-body' && ua.sizeOf(request) > MAX_MESSAGE_BYTES;
  if (push.byReference === true || isLarge || BY_REFERENCE.includes(fault)) {
    reference = await refer(push.contentType, push.body, fault);
    request = requestOf(reference);
  }
  const outcome = await ua.request(request);
  if (reference === null || !isAccepted(outcome)) {
    endWith(outcome, to, live);
    return;
  }
  live.change({ state: 'transferring', code: 200, reason: 'accepted, the content is not fetched yet' });
  const isFetched = await isInTime(reference.fetched, (push.waitSeconds ?? DEFAULT_FETCH_WAIT_S) * 1000);
  if (isFetched) live.end({ state: 'delivered', reason: 'accepted, content fetched' });
  else live.end({ state: 'failed', reason: 'Accepted, but the content was not fetched in time.' });
}

function isAccepted(outcome: Outcome): boolean {
  return outcome.kind === 'response' && outcome.response.status_code < 300;
}

function endWith(outcome: Outcome, to: string, live: LiveResult): void {
  switch (outcome.kind) {
    case 'response': {
      const { status_code: code, reason_phrase: phrase } = outcome.response;
      const status = statusOfSip(code, outcome.response.hasHeader('retry-after'));
      if (code < 300) live.end({ state: 'delivered', code, reason: 'accepted', status });
      else live.end({ state: 'rejected', code, reason: meaningOf(code, phrase), status });
      return;
    }
    case 'timeout':
      live.end({ state: 'failed', code: 408, reason: 'No answer came in time.' });
      return;
    case 'unreachable':
      live.end({ state: 'failed', reason: `The MESSAGE could not be sent to ${to}.` });
      return;
  }
}

function padded(body: Buffer): Buffer {
  return Buffer.concat([body, Buffer.alloc(Math.max(0, HUGE_BODY_BYTES - body.length), ' ')]);
}

/** Whether something comes to pass within so many milliseconds. */
export async function isInTime(promise: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
    // Whoever waits keeps a server or a flow open; one that was closed need not hold the process.
    timer.unref();
  });
  const inTime = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
