import type { SipRequest, SipResponse } from '../../sip/message.ts';

/** Hops a request without Max-Forwards gets (RFC 3261 §16.6 step 3). */
const DEFAULT_MAX_FORWARDS = 70;
/** Identity headers that only the core may write (RFC 3325 §5, RFC 6050 §5.1.2, CORE-PAG-01). */
const CORE_ONLY_HEADERS = ['P-Asserted-Identity', 'P-Preferred-Identity', 'P-Asserted-Service'];

/** How one copy of a request leaves the core. */
export type Forwarding = {
  /** Request-URI of the copy: the registered contact. */
  readonly uri: string;
  /** The core's own Via. */
  readonly via: string;
  /** Topmost first; none outside dialogs. */
  readonly recordRoutes: readonly string[];
  /** Route values put before those that are left (the Path of a binding, RFC 3327 §5.3). */
  readonly path: readonly string[];
  /** URI of the sender that the core asserts, or null for none. */
  readonly assertedIdentity: string | null;
  /** The URI first targeted, for P-Called-Party-ID (RFC 7315 §4.2), or null within a dialog. */
  readonly calledParty: string | null;
};

/** The copy of a request to send to one target (RFC 3261 §16.6). */
export function forwardedRequest(request: SipRequest, forwarding: Forwarding): SipRequest {
  const copy = request.clone();
  const { fields } = copy;
  copy.uri = forwarding.uri;
  const hops = request.header('Max-Forwards');
  fields.replace('Max-Forwards', [String(hops === undefined ? DEFAULT_MAX_FORWARDS : Number(hops) - 1)]);
  for (const name of CORE_ONLY_HEADERS) fields.remove(name);
  if (forwarding.assertedIdentity !== null && !wantsPrivacy(request)) {
    fields.append('P-Asserted-Identity', `<${forwarding.assertedIdentity}>`);
  }
  fields.remove('P-Called-Party-ID');
  if (forwarding.calledParty !== null) fields.append('P-Called-Party-ID', `<${forwarding.calledParty}>`);
  if (forwarding.path.length > 0) fields.replace('Route', [...forwarding.path, ...copy.headers('Route')]);
  for (const route of [...forwarding.recordRoutes].reverse()) fields.prepend('Record-Route', route);
  fields.prepend('Via', forwarding.via);
  return copy;
}

/**
 * Makes a branch's response fit to go upstream (RFC 3261 §16.7): our Via is popped, and identities the far end
 * claims are replaced by the one the core asserts, if any (CORE-PAG-02).
 */
export function prepareUpstream(
  response: SipResponse,
  request: SipRequest,
  assertedIdentity: string | null,
): void {
  response.fields.replace('Via', request.headers('Via'));
  for (const name of CORE_ONLY_HEADERS) response.fields.remove(name);
  if (assertedIdentity !== null && response.code >= 200 && response.code < 300) {
    response.fields.append('P-Asserted-Identity', `<${assertedIdentity}>`);
  }
}

/** `Privacy: id` keeps the asserted identity inside the core (RFC 3325 §7, §9.3). */
function wantsPrivacy(request: SipRequest): boolean {
  return request
    .headers('Privacy')
    .some((value) => value.split(';').some((token) => token.trim().toLowerCase() === 'id'));
}
