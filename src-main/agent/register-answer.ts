import { announcedApplications, parseContactPreferences } from '../sip/feature-tags.ts';
import { headerParameter, type NameAddr, parseNameAddrList } from '../sip/name-addr.ts';
import { parseSipUri, uriParameter } from '../sip/uri.ts';
import type { IncomingResponse } from '../sip/user-agent.ts';
import type { Binding } from './events.ts';

/** Shortest expiry we follow, in seconds, so that a hostile 2xx cannot make us register in a loop. */
const MIN_EXPIRES_S = 10;
/** Bindings of one user that are read; a registrar lists a handful. */
const MAX_BINDINGS = 100;

/** What a 2xx to REGISTER says about us. `expires` in seconds. */
export type RegisterAnswer = {
  readonly expires: number;
  readonly pubGruu: string | null;
  readonly tempGruu: string | null;
  readonly bindings: readonly Binding[];
  readonly warnings: readonly string[];
};

export type RegisterQuestion = {
  readonly instanceId: string;
  /** User part of our Contact, unique to this terminal. */
  readonly contactUser: string;
  /** The push tag as registered. */
  readonly pushTag: string;
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
  const contacts = response
    .getHeaders('contact')
    .flatMap((value) => parseNameAddrList(value) ?? [])
    .slice(0, MAX_BINDINGS);
  const ours =
    contacts.find((contact) => instanceOf(contact) === question.instanceId.toLowerCase()) ??
    contacts.find((contact) => parseSipUri(contact.uri)?.user === question.contactUser);
  if (ours === undefined) return null;
  const header = seconds(response.getHeader('expires'));
  const expires = Math.max(MIN_EXPIRES_S, expiresOf(ours) ?? header ?? question.asked);
  const pubGruu = gruuOf(ours, 'pub-gruu');
  const tempGruu = gruuOf(ours, 'temp-gruu');
  return {
    expires,
    pubGruu,
    tempGruu,
    bindings: contacts.map((contact) => ({
      contact: contact.uri,
      instance: instanceOf(contact),
      expires: expiresOf(contact) ?? header,
      ours: contact === ours,
    })),
    warnings: warningsFor(ours, pubGruu, question.pushTag),
  };
}

function warningsFor(ours: NameAddr, pubGruu: string | null, pushTag: string): readonly string[] {
  const warnings: string[] = [];
  if (pubGruu === null) {
    warnings.push('The core gave no public GRUU, so no sender can choose this terminal alone.');
  }
  const wanted = parseContactPreferences([pushTag]).flatMap(({ features }) =>
    announcedApplications(features),
  );
  const echoed = announcedApplications(ours.parameters);
  if (wanted.some((application) => !echoed.includes(application))) {
    warnings.push('The core does not repeat the push tags, so it may send pushes for any application here.');
  }
  return warnings;
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
