import { createHmac, randomBytes } from 'node:crypto';
import type { SipUri } from '../../sip/uri.ts';
import { type Flow, isSecure, uriTransport } from './flow.ts';

const TOKEN = /^([0-9a-f]{16})\.([0-9a-f]{16})\.([0-9a-f]{16})$/;

/** What a route needs of a flow. */
type End = Pick<Flow, 'id' | 'transport' | 'sentBy'>;

/**
 * Record-Route values that name the flows of both ends of a dialog, so that requests within it find the
 * other end in either direction. A keyed hash keeps strangers from making their own (RFC 5626 §5.2).
 */
export class DialogRoutes {
  readonly #key = randomBytes(32);

  /**
   * The Record-Route values for a dialog between two flows, topmost first: one where both reach the core by the same
   * address and transport, else the callee's before the caller's, so that each end meets its own first (RFC 5658 §3).
   * `isSips`: the request goes to a sips URI (RFC 3261 §16.6 step 4).
   */
  recordRoutes(caller: End, callee: End, isSips = false): readonly string[] {
    const pair = `${caller.id}.${callee.id}`;
    const user = `${pair}.${this.#seal(pair)}`;
    return [...new Set([callee, caller].map((end) => `<${uriAt(end, user, isSips)}>`))];
  }

  /**
   * Flows that may lead to the other end of the dialog which a Route URI of this core names, likeliest first.
   * Null when the URI names no dialog of this core. An end that reconnected sends on neither of its flows:
   * then both are named, and the open one is the other end.
   */
  otherFlows(route: SipUri, arrivedOn: string): readonly string[] | null {
    const [, caller, callee, seal] = TOKEN.exec(route.user ?? '') ?? [];
    if (caller === undefined || callee === undefined || this.#seal(`${caller}.${callee}`) !== seal)
      return null;
    return caller === callee ? [caller] : [callee, caller].filter((id) => id !== arrivedOn);
  }

  #seal(pair: string): string {
    return createHmac('sha256', this.#key).update(pair).digest('hex').slice(0, 16);
  }
}

function uriAt(end: End, user: string, isSips: boolean): string {
  const scheme = isSips && isSecure(end) ? 'sips' : 'sip';
  return `${scheme}:${user}@${end.sentBy};transport=${uriTransport(end)};lr`;
}
