import type { IncomingMessage, IncomingRequest } from 'jssip/lib/SIPMessage.js';
import type { Reply } from './reply.ts';

/** Seconds that a session may last without a refresh, and who of the two sends the refreshes. */
export type Agreement = { readonly seconds: number; readonly refresher: 'us' | 'peer' };

/** What a 2xx to an INVITE or UPDATE says about the session timer; null switches it off (RFC 4028 §7.2). */
export type IntervalAnswer =
  | { readonly kind: 'ok'; readonly headers: readonly string[]; readonly agreed: Agreement | null }
  | { readonly kind: 'refuse'; readonly reply: Reply };

/** What one message asks for. Malformed headers count as absent (RFC 3261 §16.3). */
type Asked = {
  readonly seconds: number | null;
  readonly refresher: 'uac' | 'uas' | null;
  readonly minimum: number | null;
  readonly supported: boolean;
};

/** The least interval there is, and ours (RFC 4028 §5), in seconds. */
export const MIN_SECONDS = 90;
/** The interval we ask for (RFC 4028 §4 recommends half an hour), in seconds. */
export const DEFAULT_SECONDS = 1800;
/** Longer intervals are lowered to a day, or to the peer's Min-SE, in seconds. */
const MAX_SECONDS = 86_400;
/** Roles in a request of the peer. */
const ROLE_OF = { us: 'uas', peer: 'uac' } as const;
const DELTA_SECONDS = /^\d{1,10}$/;

/**
 * The answer of the UAS to the session timer of an INVITE or UPDATE (RFC 4028 §9 and its table 2, X-14, X-15): 422
 * where a peer that knows timers asks for too little; else the headers of the 2xx. `Require: timer` stands only where
 * the peer supports it. A peer without support gets a timer only where a proxy asked for one, and we refresh. What the
 * request leaves open stays as in `current`, the agreement so far.
 */
export function answerInterval(request: IncomingRequest, current: Agreement | null): IntervalAnswer {
  const asked = askedBy(request);
  if (asked.seconds !== null && asked.seconds < MIN_SECONDS && asked.supported) {
    return { kind: 'refuse', reply: { code: 422, headers: [`Min-SE: ${MIN_SECONDS}`] } };
  }
  const wanted = asked.seconds ?? (asked.supported ? (current?.seconds ?? DEFAULT_SECONDS) : null);
  const floor = Math.max(asked.minimum ?? 0, MIN_SECONDS);
  // Nobody may ask for less than 90 s, and a UAS may not raise it (RFC 4028 §9).
  if (wanted === null || wanted < MIN_SECONDS) return { kind: 'ok', headers: [], agreed: null };
  const seconds = asked.seconds === null ? Math.max(wanted, floor) : lowered(wanted, floor);
  const refresher = asked.supported ? (asked.refresher ?? ROLE_OF[current?.refresher ?? 'peer']) : 'uas';
  return {
    kind: 'ok',
    headers: [
      `Session-Expires: ${seconds};refresher=${refresher}`,
      ...(asked.supported ? ['Require: timer'] : []),
    ],
    agreed: { seconds, refresher: refresher === 'uac' ? 'peer' : 'us' },
  };
}

/**
 * What a 2xx to an INVITE or UPDATE of ours agreed on. A refresher is mandatory in it; without one, it is us who
 * asked (RFC 4028 §7.2).
 */
export function agreedIn(response: IncomingMessage): Agreement | null {
  const { seconds, refresher } = askedBy(response);
  if (seconds === null || seconds < MIN_SECONDS) return null;
  return { seconds: Math.min(seconds, MAX_SECONDS), refresher: refresher === 'uas' ? 'peer' : 'us' };
}

/**
 * Header lines for an INVITE or UPDATE that we send. `agreed` is null before there is a session: then the peer may
 * choose who refreshes. A refresh keeps interval and refresher (RFC 4028 §7.4); `minimum` is the largest Min-SE seen.
 */
export function intervalHeaders(agreed: Agreement | null, minimum: number): readonly string[] {
  const seconds = Math.max(agreed?.seconds ?? DEFAULT_SECONDS, minimum);
  const refresher = agreed === null ? '' : `;refresher=${agreed.refresher === 'us' ? 'uac' : 'uas'}`;
  return [
    'Supported: timer',
    `Session-Expires: ${seconds}${refresher}`,
    ...(minimum > MIN_SECONDS ? [`Min-SE: ${minimum}`] : []),
  ];
}

/** Min-SE of a request or a 422 in seconds, at least 90. */
export function minimumIn(message: IncomingMessage): number {
  return Math.max(askedBy(message).minimum ?? 0, MIN_SECONDS);
}

/** Whether a message lists an option tag or a method in a header such as Supported, Require or Allow. */
export function lists(message: IncomingMessage, header: string, token: string): boolean {
  const all = message.getHeaders(header).flatMap((value) => value.split(','));
  return all.some((one) => one.trim().toLowerCase() === token.toLowerCase());
}

function askedBy(message: IncomingMessage): Asked {
  const [value = '', ...parameters] = (message.getHeader('session-expires') ?? '').split(';');
  const refresher = parameters
    .map((parameter) => /^\s*refresher\s*=\s*(uac|uas)\s*$/i.exec(parameter)?.[1]?.toLowerCase())
    .find((found) => found !== undefined);
  return {
    seconds: secondsOf(value),
    refresher: refresher === 'uac' || refresher === 'uas' ? refresher : null,
    minimum: secondsOf((message.getHeader('min-se') ?? '').split(';')[0] ?? ''),
    supported: lists(message, 'supported', 'timer') || lists(message, 'require', 'timer'),
  };
}

function secondsOf(text: string): number | null {
  const trimmed = text.trim();
  return DELTA_SECONDS.test(trimmed) ? Number(trimmed) : null;
}

function lowered(wanted: number, floor: number): number {
  return Math.min(wanted, Math.max(MAX_SECONDS, floor));
}
