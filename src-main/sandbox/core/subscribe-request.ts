import type { SipRequest } from '../../sip/message.ts';
import { headerParameter, parseNameAddr, parseParameters } from '../../sip/name-addr.ts';
import type { EventPackage } from './event-package.ts';

/** A refusal of a SUBSCRIBE, and headers that say why. */
export type SubscribeRefusal = {
  readonly kind: 'refused';
  readonly code: number;
  readonly reason?: string;
  readonly headers?: readonly (readonly [string, string])[];
};

/** What a SUBSCRIBE asks for. `target` is null when it has no Contact. */
export type SubscribeWish = {
  readonly kind: 'wish';
  readonly seconds: number;
  readonly target: string | null;
};

/** The value of Event: a package and the `id` that tells subscriptions of one dialog apart. */
export type EventHeader = { readonly name: string; readonly id: string | null };

/** Shortest and longest time granted, in seconds. Shorter wishes get 423, longer ones are cut. */
const MIN_EXPIRES = 60;
const MAX_EXPIRES = 600_000;
const SUPPORTED = new Set(['gruu']);
const EVENT = /^\s*([A-Za-z0-9\-.!%*_+`'~]+)\s*(;.*)?$/;
const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

/** Parses an Event value (RFC 6665 §8.2.1); null when it is absent or none. */
export function parseEvent(value: string | undefined): EventHeader | null {
  const match = EVENT.exec(value ?? '');
  const parameters = parseParameters(match?.[2] ?? '');
  if (match?.[1] === undefined || parameters === null) return null;
  const id = headerParameter({ parameters }, 'id');
  if (id !== undefined && !TOKEN.test(id)) return null;
  return { name: match[1], id: id ?? null };
}

/** Writes an Event value. */
export function formatEvent({ name, id }: EventHeader): string {
  return id === null ? name : `${name};id=${id}`;
}

/** Reads what a SUBSCRIBE to an event package asks for (RFC 6665 §4.2.1, RFC 3680 §4.4 and §4.5). */
export function readSubscribe(
  request: SipRequest,
  { types, defaultSeconds }: Pick<EventPackage, 'types' | 'defaultSeconds'>,
): SubscribeWish | SubscribeRefusal {
  const unknown = request.headers('Require').filter((tag) => !SUPPORTED.has(tag.toLowerCase()));
  if (unknown.length > 0) {
    return { kind: 'refused', code: 420, headers: [['Unsupported', unknown.join(', ')]] };
  }
  const accepted = request.headers('Accept').map((type) => (type.split(';')[0] ?? '').trim().toLowerCase());
  const acceptable = new Set(['*/*', ...types.flatMap((type) => [type, type.replace(/\/.*/, '/*')])]);
  if (accepted.length > 0 && !accepted.some((type) => acceptable.has(type))) {
    return { kind: 'refused', code: 406, headers: [['Accept', types.join(', ')]] };
  }
  const contacts = request.headers('Contact').map(parseNameAddr);
  const target = contacts[0]?.uri ?? null;
  if (contacts.length > 1 || (contacts.length === 1 && target === null)) {
    return { kind: 'refused', code: 400, reason: 'Malformed Contact' };
  }
  const seconds = readSeconds(request.header('Expires')) ?? defaultSeconds;
  if (seconds > 0 && seconds < MIN_EXPIRES) {
    return { kind: 'refused', code: 423, headers: [['Min-Expires', String(MIN_EXPIRES)]] };
  }
  return { kind: 'wish', seconds: Math.min(seconds, MAX_EXPIRES), target };
}

/** A malformed time counts as absent (RFC 3261 §20.19). */
function readSeconds(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Number(text) : null;
}
