import { parseNameAddr, parseParameters, splitList } from './name-addr.ts';
import { parseEvent } from './subscription-state.ts';
import { formatUri, parseUri, type SipUri, unescapeUri, uriParameter } from './uri.ts';

/** What a REFER asks for (RFC 3515 §2.1, RFC 3261 §19.1.1). */
export type Reference = {
  /** The URI without method and headers. */
  readonly target: SipUri;
  /** Upper case; INVITE when it names none. */
  readonly method: string;
  /** The Event it asks for, as written, with its package and parameters; null when it names none. */
  readonly event: ReferredEvent | null;
  /** Accept-Contact values. */
  readonly acceptContact: readonly string[];
  /** Names of the header fields that were left out: only Event and Accept-Contact are taken (PRA-REF-04). */
  readonly leftOut: readonly string[];
};

export type ReferredEvent = {
  readonly text: string;
  readonly type: string;
  /** Parameter by lower-case name; null for one without value. */
  readonly parameters: ReadonlyMap<string, string | null>;
};

export type ReferToReading =
  | { readonly kind: 'ok'; readonly reference: Reference }
  /** Not one well-formed Refer-To: 400. */
  | { readonly kind: 'malformed'; readonly reason: string }
  /** Another scheme than sip. */
  | { readonly kind: 'foreign'; readonly scheme: string };

/** Header fields that one URI may ask for. */
const MAX_HEADERS = 32;
const MAX_VALUE_LENGTH = 2_000;
/** Names listed of those that were left out. */
const MAX_LEFT_OUT = 8;

/** Reads the Refer-To of a REFER, all of its values as they came. Never throws. */
export function readReferTo(values: readonly string[]): ReferToReading {
  const all = values.flatMap((value) => splitList(value));
  const [only] = all;
  if (only === undefined) return malformed('The REFER has no Refer-To.');
  if (all.length > 1) return malformed('The REFER has several Refer-To values; one is allowed.');
  const address = parseNameAddr(only);
  if (address === null) return malformed('Refer-To is malformed.');
  const scheme = address.uri.slice(0, address.uri.indexOf(':')).toLowerCase();
  if (scheme !== 'sip') return { kind: 'foreign', scheme };
  const uri = parseUri(address.uri);
  if (uri?.kind !== 'sip') return malformed('The URI of Refer-To is malformed.');
  return readReference(uri);
}

function readReference(uri: SipUri): ReferToReading {
  const texts = uri.headers === null ? [] : uri.headers.split('&');
  if (texts.length > MAX_HEADERS) return malformed('The URI of Refer-To asks for too many header fields.');
  const fields = texts.map(readField);
  if (fields.some(({ value }) => value === null)) {
    return malformed('The URI of Refer-To holds a header value that no header may have.');
  }
  const valuesOf = (...names: readonly string[]): readonly string[] =>
    fields.flatMap(({ name, value }) => (names.includes(name.toLowerCase()) ? [value ?? ''] : []));
  const events = valuesOf('event', 'o');
  if (events.length > 1) return malformed('The URI of Refer-To asks for several events.');
  const event = events[0] === undefined ? null : readEvent(events[0]);
  if (events.length === 1 && event === null) return malformed('The Event in Refer-To is malformed.');
  const taken = new Set(['event', 'o', 'accept-contact', 'a']);
  return {
    kind: 'ok',
    reference: {
      target: {
        ...uri,
        headers: null,
        parameters: uri.parameters.filter(({ name }) => name.toLowerCase() !== 'method'),
      },
      method: (uriParameter(uri, 'method') ?? 'INVITE').toUpperCase(),
      event,
      acceptContact: valuesOf('accept-contact', 'a'),
      leftOut: fields
        .map(({ name }) => name)
        .filter((name) => !taken.has(name.toLowerCase()))
        .slice(0, MAX_LEFT_OUT),
    },
  };
}

/** Writes a Refer-To value that asks for a SUBSCRIBE (PSA-REF-03 to -06). */
export function formatReferTo(reference: {
  readonly target: SipUri;
  readonly method: string;
  readonly event: string;
  readonly acceptContact: string;
}): string {
  const { target, method, event, acceptContact } = reference;
  const uri = {
    ...target,
    parameters: [...target.parameters, { name: 'method', value: method }],
    headers: `Event=${escapeHeader(event)}&Accept-Contact=${escapeHeader(acceptContact)}`,
  };
  return `<${formatUri(uri)}>`;
}

function readField(text: string): { readonly name: string; readonly value: string | null } {
  const equals = text.indexOf('=');
  const name = unescapeUri(equals < 0 ? text : text.slice(0, equals));
  const value = equals < 0 ? '' : unescapeUri(text.slice(equals + 1));
  // A body may hold line ends, but is left out; in a header they would begin another one.
  const isHeader = name.toLowerCase() !== 'body';
  const isWhole = !isHeader || (value.length <= MAX_VALUE_LENGTH && /^[\t\x20-\x7e\x80-\xff]*$/.test(value));
  return { name: name.replace(/[^\x21-\x7e]/g, '?'), value: isWhole ? value : null };
}

function readEvent(text: string): ReferredEvent | null {
  const event = parseEvent(text);
  if (event === null) return null;
  const semicolon = text.indexOf(';');
  const parameters = semicolon < 0 ? [] : (parseParameters(text.slice(semicolon)) ?? []);
  return {
    text: text.trim(),
    type: event.type,
    parameters: new Map(parameters.map(({ name, value }) => [name.toLowerCase(), value])),
  };
}

/** Escapes what may not stand in a header of a URI (RFC 3261 §25.1, hvalue). */
function escapeHeader(text: string): string {
  return text.replace(
    /[^A-Za-z0-9\-_.!~*'()[\]/?:+$]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function malformed(reason: string): ReferToReading {
  return { kind: 'malformed', reason };
}
