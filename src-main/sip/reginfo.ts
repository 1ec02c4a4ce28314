import type { Element, Node } from '@xmldom/xmldom';
import { formatParameters, type HeaderParameter, parseParameters } from './name-addr.ts';
import { escapeXml, MAX_XML_BYTES, parseXmlDocument } from './xml-document.ts';

/** MIME type of registration information (RFC 3680 §5). */
export const REGINFO_TYPE = 'application/reginfo+xml';
/** Largest registration document that is read, in bytes. */
export const MAX_REGINFO_BYTES = MAX_XML_BYTES;

/** One contact of a registration (RFC 3680 §5.1). Texts are Unicode. */
export type RegContact = {
  readonly id: string;
  readonly state: 'active' | 'terminated';
  /** What brought the contact into its state: `registered`, `refreshed`, `deactivated` and so on. */
  readonly event: string;
  /** Seconds left of the binding. */
  readonly expires: number | null;
  readonly uri: string;
  readonly displayName: string | null;
  readonly callId: string | null;
  readonly cseq: number | null;
  /** Instance id without quotes and angle brackets (`urn:uuid:…`). */
  readonly instance: string | null;
  readonly pubGruu: string | null;
  readonly tempGruu: string | null;
  /** CSeq of the REGISTER that made the oldest temporary GRUU still valid (RFC 5628 §5). */
  readonly tempGruuFirstCseq: number | null;
  /** The other Contact parameters RFC 3261 does not know: feature tags above all. Values are unquoted. */
  readonly parameters: readonly HeaderParameter[];
};

/** The contacts of one address of record. */
export type RegRegistration = {
  readonly aor: string;
  readonly id: string;
  readonly state: 'init' | 'active' | 'terminated';
  readonly contacts: readonly RegContact[];
};

/** A registration information document. `partial`: only what changed since the version before. */
export type RegInfo = {
  readonly version: number;
  readonly state: 'full' | 'partial';
  readonly registrations: readonly RegRegistration[];
};

type Bad = { readonly kind: 'bad'; readonly reason: string };
type Read<T> = { readonly kind: 'ok'; readonly value: T } | Bad;

export type RegInfoResult = { readonly kind: 'ok'; readonly info: RegInfo } | Bad;

/** Most registrations of one document or table, and contacts in all of them together. */
export const MAX_REGISTRATIONS = 500;
export const MAX_CONTACTS = 2000;
/** Parameters of one contact. */
export const MAX_CONTACT_PARAMETERS = 64;
/** Longest text or attribute that is taken, in characters. */
const MAX_TEXT_LENGTH = 8192;
/** Versions fit 32 bits (RFC 3680 §5.1). */
const MAX_VERSION = 2 ** 32 - 1;
const REGINFO = 'urn:ietf:params:xml:ns:reginfo';
const GRUUINFO = 'urn:ietf:params:xml:ns:gruuinfo';
const INSTANCE = '+sip.instance';
const NUMBER = /^\d{1,15}$/;
const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const URI_TEXT = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/;

/**
 * Parses an `application/reginfo+xml` body (RFC 3680 §5) with GRUUs (RFC 5628 §5). Elements of other namespaces
 * and unknown ones are skipped. A mandatory part that is missing or wrong makes the document bad; an optional
 * number that is none counts as absent. Never throws.
 */
export function parseRegInfo(body: Uint8Array): RegInfoResult {
  const document = parseXmlDocument(body);
  if (document.kind === 'bad') return document;
  const { root } = document;
  if (root.namespaceURI !== REGINFO || root.localName !== 'reginfo')
    return bad('The document is no reginfo.');
  const version = numberOf(root, 'version');
  const state = wordOf(root, 'state', ['full', 'partial']);
  if (version === null || version > MAX_VERSION) return bad('reginfo has no valid version.');
  if (state === null) return bad('reginfo has no valid state.');
  const read = readAll(root, 'registration', MAX_REGISTRATIONS, readRegistration);
  if (read.kind === 'bad') return read;
  const registrations = read.value;
  if (countContacts(registrations) > MAX_CONTACTS) return bad('The document has too many contacts.');
  if (hasTwins(registrations)) return bad('Two registrations have the same id.');
  return { kind: 'ok', info: { version, state, registrations } };
}

/** Contacts of all registrations together. */
export function countContacts(registrations: readonly RegRegistration[]): number {
  return registrations.reduce((sum, { contacts }) => sum + contacts.length, 0);
}

/**
 * Writes a registration information document (RFC 3680 §5, RFC 5628 §5), to be sent as UTF-8. Characters that
 * XML forbids become `?`. `parseRegInfo` reads back the same, but for blanks around texts.
 */
export function formatRegInfo(info: RegInfo): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<reginfo xmlns="${REGINFO}" xmlns:gr="${GRUUINFO}"`,
    `${attribute('version', info.version)}${attribute('state', info.state)}>\n`,
    ...info.registrations.map(formatRegistration),
    '</reginfo>\n',
  ].join('');
}

function readRegistration(element: Element): Read<RegRegistration> {
  const aor = uriOf(attributeOf(element, 'aor'));
  const id = attributeOf(element, 'id');
  const state = wordOf(element, 'state', ['init', 'active', 'terminated']);
  if (aor === null) return bad('A registration has no valid aor.');
  if (id === null) return bad('A registration has no id.');
  if (state === null) return bad('A registration has no valid state.');
  const contacts = readAll(element, 'contact', MAX_CONTACTS, readContact);
  if (contacts.kind === 'bad') return contacts;
  if (hasTwins(contacts.value)) return bad('Two contacts of a registration have the same id.');
  return { kind: 'ok', value: { aor, id, state, contacts: contacts.value } };
}

function readContact(element: Element): Read<RegContact> {
  const id = attributeOf(element, 'id');
  const state = wordOf(element, 'state', ['active', 'terminated']);
  const event = attributeOf(element, 'event');
  const uri = uriOf(textOf(childrenOf(element, REGINFO, 'uri')[0]));
  if (id === null) return bad('A contact has no id.');
  if (state === null) return bad('A contact has no valid state.');
  if (event === null) return bad('A contact has no event.');
  if (uri === null) return bad('A contact has no valid URI.');
  const unknown = readAll(element, 'unknown-param', MAX_CONTACT_PARAMETERS, readParameter);
  if (unknown.kind === 'bad') return unknown;
  const [pub] = childrenOf(element, GRUUINFO, 'pub-gruu');
  const [temp] = childrenOf(element, GRUUINFO, 'temp-gruu');
  const tempGruu = temp === undefined ? null : uriOf(attributeOf(temp, 'uri'));
  const isInstance = ({ name }: HeaderParameter): boolean => name.toLowerCase() === INSTANCE;
  return {
    kind: 'ok',
    value: {
      id,
      state,
      event,
      expires: numberOf(element, 'expires'),
      uri,
      displayName: textOf(childrenOf(element, REGINFO, 'display-name')[0]),
      callId: attributeOf(element, 'callid'),
      cseq: numberOf(element, 'cseq'),
      instance: unknown.value.find(isInstance)?.value?.replace(/^<|>$/g, '') || null,
      pubGruu: pub === undefined ? null : uriOf(attributeOf(pub, 'uri')),
      tempGruu,
      // The RFC's text says `cseq` where its schema and samples say `first-cseq`.
      tempGruuFirstCseq:
        temp === undefined || tempGruu === null
          ? null
          : (numberOf(temp, 'first-cseq') ?? numberOf(temp, 'cseq')),
      parameters: unknown.value.filter((parameter) => !isInstance(parameter)),
    },
  };
}

/** The content is the value as in a header, quotes included (RFC 5628 §7); some write it without. */
function readParameter(element: Element): Read<HeaderParameter> {
  const name = attributeOf(element, 'name');
  const text = textOf(element);
  if (name === null || text === null || !TOKEN.test(name)) return bad('An unknown-param is malformed.');
  if (text === '') return { kind: 'ok', value: { name, value: null, quoted: false } };
  const parsed = parseParameters(`${name}=${text}`);
  const [parameter = null] = parsed?.length === 1 ? parsed : [];
  return { kind: 'ok', value: parameter ?? { name, value: text, quoted: true } };
}

/** Reads every child of this name in the reginfo namespace; bad when one is, or when they are more than `most`. */
function readAll<T>(
  parent: Element,
  name: string,
  most: number,
  read: (element: Element) => Read<T>,
): Read<readonly T[]> {
  const elements = childrenOf(parent, REGINFO, name);
  if (elements.length > most) return bad(`The document has too many ${name} elements.`);
  const values: T[] = [];
  for (const element of elements) {
    const one = read(element);
    if (one.kind === 'bad') return one;
    values.push(one.value);
  }
  return { kind: 'ok', value: values };
}

function childrenOf(parent: Element, namespace: string, name: string): readonly Element[] {
  const found: Element[] = [];
  for (let node = parent.firstChild; node !== null; node = node.nextSibling) {
    if (!isElement(node)) continue;
    if (node.namespaceURI === namespace && node.localName === name) found.push(node);
  }
  return found;
}

function isElement(node: Node): node is Element {
  return node.nodeType === node.ELEMENT_NODE;
}

/** Null when absent, empty or too long. */
function attributeOf(element: Element, name: string): string | null {
  const value = element.getAttributeNS(null, name)?.trim() ?? '';
  return value === '' || value.length > MAX_TEXT_LENGTH ? null : value;
}

function numberOf(element: Element, name: string): number | null {
  const value = attributeOf(element, name);
  return value !== null && NUMBER.test(value) ? Number(value) : null;
}

function wordOf<T extends string>(element: Element, name: string, words: readonly T[]): T | null {
  const value = attributeOf(element, name);
  return words.find((word) => word === value) ?? null;
}

function textOf(element: Element | undefined): string | null {
  const text = element?.textContent?.trim() ?? null;
  return text === null || text.length > MAX_TEXT_LENGTH ? null : text;
}

function uriOf(text: string | null): string | null {
  return text !== null && URI_TEXT.test(text) ? text : null;
}

function hasTwins(items: readonly { readonly id: string }[]): boolean {
  return new Set(items.map(({ id }) => id)).size < items.length;
}

function formatRegistration({ aor, id, state, contacts }: RegRegistration): string {
  const attributes = `${attribute('aor', aor)}${attribute('id', id)}${attribute('state', state)}`;
  return `<registration${attributes}>\n${contacts.map(formatContact).join('')}</registration>\n`;
}

function formatContact(contact: RegContact): string {
  const attributes = [
    attribute('id', contact.id),
    attribute('state', contact.state),
    attribute('event', contact.event),
    attribute('expires', contact.expires),
    attribute('callid', contact.callId),
    attribute('cseq', contact.cseq),
  ].join('');
  const instance = { name: INSTANCE, value: `<${contact.instance}>`, quoted: true };
  const parameters = contact.instance === null ? contact.parameters : [instance, ...contact.parameters];
  const { displayName, pubGruu, tempGruu, tempGruuFirstCseq } = contact;
  return [
    `<contact${attributes}>\n<uri>${escapeXml(contact.uri)}</uri>\n`,
    displayName === null ? '' : `<display-name>${escapeXml(displayName)}</display-name>\n`,
    ...parameters.map(formatParameter),
    pubGruu === null ? '' : `<gr:pub-gruu${attribute('uri', pubGruu)}/>\n`,
    tempGruu === null
      ? ''
      : `<gr:temp-gruu${attribute('uri', tempGruu)}${attribute('first-cseq', tempGruuFirstCseq)}/>\n`,
    '</contact>\n',
  ].join('');
}

function formatParameter(parameter: HeaderParameter): string {
  const text = formatParameters([parameter]).slice(`;${parameter.name}=`.length);
  return `<unknown-param${attribute('name', parameter.name)}>${escapeXml(text)}</unknown-param>\n`;
}

/** One attribute with a blank before it; nothing when there is no value. */
function attribute(name: string, value: string | number | null): string {
  return value === null ? '' : ` ${name}="${escapeXml(String(value))}"`;
}

function bad(reason: string): Bad {
  return { kind: 'bad', reason };
}
