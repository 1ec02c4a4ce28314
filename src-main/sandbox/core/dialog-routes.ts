import { createHmac, randomBytes } from 'node:crypto';
import type { SipUri } from '../../sip/uri.ts';

const TOKEN = /^([0-9a-f]{16})\.([0-9a-f]{16})\.([0-9a-f]{16})$/;

/**
 * Record-Route values that name the flows of both ends of a dialog, so that requests within it find the
 * other end in either direction. A keyed hash keeps strangers from making their own (RFC 5626 §5.2).
 */
export class DialogRoutes {
  readonly #key = randomBytes(32);
  readonly #hostPort: string;

  /** `hostPort` is the core's own address as written in URIs. */
  constructor(hostPort: string) {
    this.#hostPort = hostPort;
  }

  /** The Record-Route value for a dialog between two flows. */
  recordRoute(callerFlowId: string, calleeFlowId: string): string {
    const pair = `${callerFlowId}.${calleeFlowId}`;
    return `<sip:${pair}.${this.#seal(pair)}@${this.#hostPort};transport=tcp;lr>`;
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
