import { announcedApplications, sameApplication } from '../sip/feature-tags.ts';
import { headerParameter, type NameAddr, parseNameAddrList } from '../sip/name-addr.ts';
import { parseSipUri, parseUri, uriParameter } from '../sip/uri.ts';
import type { IncomingResponse } from '../sip/user-agent.ts';
import type { Binding } from './events.ts';

/** Shortest expiry we follow, in seconds, so that a hostile 2xx cannot make us register in a loop. */
const MIN_EXPIRES_S = 10;
/** Longest expiry we follow: a week. Far longer ones do not fit Node's timers, which then run at once. */
const MAX_EXPIRES_S = 604_800;
/** Bindings of one user that are kept, ours among them; a registrar lists a handful. */
const MAX_BINDINGS = 100;
/** Values that are read of Path, Service-Route and P-Associated-URI. */
const MAX_VALUES = 20;
/** Shortest Flow-Timer that is followed, in seconds. */
const MIN_FLOW_TIMER_S = 5;

/** What a 2xx to REGISTER says about us. `expires` in seconds. */
export type RegisterAnswer = {
  readonly expires: number;
  readonly pubGruu: string | null;
  readonly tempGruu: string | null;
  readonly bindings: readonly Binding[];
  /** Whether our Contact came back with every application of its push tag (RFC 3840 §6). */
  readonly repeatsTags: boolean;
  /** The core keeps our flow: `Require: outbound` (RFC 5626 §4.2.1). */
  readonly outbound: boolean;
  /** Flow-Timer in seconds (RFC 5626 §4.4). */
  readonly flowTimer: number | null;
  readonly path: readonly string[];
  /** Replaces the one before, also when empty (RFC 3608 §6.1). */
  readonly serviceRoute: readonly string[];
  /** P-Associated-URI (RFC 7315 §4.1). */
  readonly identities: readonly string[];
  readonly server: string | null;
  /** Option tags of Supported, lower case. */
  readonly supported: readonly string[];
};

export type RegisterQuestion = {
  readonly instanceId: string;
  /** User part of our Contact, unique to this terminal. */
  readonly contactUser: string;
  /** The applications registered; none when push is withdrawn. */
  readonly applications: readonly string[];
  /** Seconds asked for. */
  readonly asked: number;
};

/**
 * Reads a 2xx to REGISTER: our binding by instance id, else by Contact; its expiry, where the Contact's own
 * wins over the Expires header; the GRUUs; and all bindings of the user. Null when none is ours.
 */
export function readRegisterAnswer(
  response: IncomingResponse,
  question: RegisterQuestion,
): RegisterAnswer | null {
  const contacts = nameAddrs(response, 'contact');
  const ours =
    contacts.find((contact) => instanceOf(contact) === question.instanceId.toLowerCase()) ??
    contacts.find((contact) => parseSipUri(contact.uri)?.user === question.contactUser);
  if (ours === undefined) return null;
  const header = seconds(response.getHeader('expires'));
  const granted = expiresOf(ours) ?? header ?? question.asked;
  // A binding without life is none (RFC 3261 §10.2.1.1).
  if (granted === 0) return null;
  const flowTimer = seconds(response.getHeader('flow-timer'));
  return {
    expires: Math.min(MAX_EXPIRES_S, Math.max(MIN_EXPIRES_S, granted)),
    pubGruu: gruuOf(ours, 'pub-gruu'),
    tempGruu: gruuOf(ours, 'temp-gruu'),
    bindings: contacts
      .filter((contact, index) => index < MAX_BINDINGS || contact === ours)
      .map((contact) => toBinding(contact, expiresOf(contact) ?? header, contact === ours)),
    repeatsTags: repeats(ours, question.applications),
    outbound: optionTags(response, 'require').includes('outbound'),
    flowTimer: flowTimer === null ? null : Math.max(MIN_FLOW_TIMER_S, flowTimer),
    path: values(response, 'path'),
    serviceRoute: values(response, 'service-route'),
    identities: nameAddrs(response, 'p-associated-uri')
      .slice(0, MAX_VALUES)
      .flatMap(({ uri }) => (parseUri(uri) === null ? [] : [uri])),
    server: response.getHeader('server')?.slice(0, 200) ?? null,
    supported: optionTags(response, 'supported'),
  };
}

function toBinding(contact: NameAddr, expires: number | null, ours: boolean): Binding {
  return {
    contact: contact.uri,
    instance: instanceOf(contact),
    expires,
    expiresAt: expires === null ? null : new Date(Date.now() + expires * 1000).toISOString(),
    pubGruu: gruuOf(contact, 'pub-gruu'),
    applications: announcedApplications(contact.parameters),
    ours,
  };
}

function repeats(ours: NameAddr, applications: readonly string[]): boolean {
  const echoed = announcedApplications(ours.parameters);
  return applications.every((wanted) => echoed.some((one) => sameApplication(one, wanted)));
}

function nameAddrs(response: IncomingResponse, name: string): readonly NameAddr[] {
  return response.getHeaders(name).flatMap((value) => parseNameAddrList(value) ?? []);
}

/** Values of a route-like header, in order, as they are to be sent back; malformed ones are left out. */
function values(response: IncomingResponse, name: string): readonly string[] {
  return response
    .getHeaders(name)
    .filter((value) => parseNameAddrList(value)?.every(({ uri }) => parseSipUri(uri) !== null) === true)
    .slice(0, MAX_VALUES);
}

function optionTags(response: IncomingResponse, name: string): readonly string[] {
  return response
    .getHeaders(name)
    .flatMap((value) => value.split(','))
    .map((tag) => tag.trim().toLowerCase())
    .slice(0, MAX_VALUES);
}

function instanceOf(contact: NameAddr): string | null {
  const value = headerParameter(contact, '+sip.instance');
  return value === undefined ? null : value.replace(/^<|>$/g, '').toLowerCase();
}

function expiresOf(contact: NameAddr): number | null {
  return seconds(headerParameter(contact, 'expires'));
}

function seconds(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Number(text) : null;
}

/** A GRUU is opaque; spaces and empty parameters seen in the spec's samples are dropped, and it must be a SIP URI with gr. */
function gruuOf(contact: NameAddr, name: 'pub-gruu' | 'temp-gruu'): string | null {
  const value = headerParameter(contact, name);
  if (value === undefined) return null;
  const text = value.replace(/\s+/g, '').replace(/;{2,}/g, ';').replace(/;$/, '');
  const uri = parseSipUri(text);
  return uri !== null && uriParameter(uri, 'gr') !== undefined ? text : null;
}
