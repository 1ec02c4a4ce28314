import type { Element } from '@xmldom/xmldom';
import { parseXmlDocument } from '../../sip/xml-document.ts';
import type { PapCode } from './pap-codes.ts';

/** What a push initiator asks for. Times in ms since the epoch. */
export type PapRequest =
  | {
      readonly kind: 'push-message';
      readonly pushId: string;
      readonly addresses: readonly string[];
      readonly deliverAfter: number | null;
      readonly deliverBefore: number | null;
      /** Where the result is to be told. */
      readonly notifyTo: URL | null;
      readonly progressNotes: boolean;
      /** Set when it is to replace another push. */
      readonly replaces: string | null;
    }
  | { readonly kind: 'cancel-message'; readonly pushId: string; readonly addresses: readonly string[] }
  | { readonly kind: 'statusquery-message'; readonly pushId: string; readonly addresses: readonly string[] };

/** A message that is not understood; `reason` is a sentence. */
export type BadPap = { readonly kind: 'bad'; readonly code: PapCode; readonly reason: string };

/** Addresses in one message. */
export const MAX_ADDRESSES = 100;
const MAX_PUSH_ID_LENGTH = 500;
/**
 * The document type declaration that PAP asks for: a name and where it is told, without an internal subset, so that it
 * declares nothing. It is taken out before the parser, which refuses all others.
 */
const DOCTYPE =
  /^(\s{0,99}(?:<\?xml[^>]{0,200}\?>\s{0,99})?)<!DOCTYPE\s{1,99}pap(?:\s{1,99}(?:PUBLIC|SYSTEM)(?:\s{1,99}"[^"<>[\]]{0,500}"){1,2})?\s{0,99}>/;

/** Reads a PAP control entity (PAP 2.x §9). Never throws. */
export function readPap(bytes: Buffer): PapRequest | BadPap {
  const document = parseXmlDocument(Buffer.from(bytes.toString('latin1').replace(DOCTYPE, '$1'), 'latin1'));
  if (document.kind === 'bad') return bad(2000, document.reason);
  const { root } = document;
  if (root.localName !== 'pap') return bad(2000, 'The document is no pap.');
  const [message, ...others] = elementsOf(root);
  if (message === undefined || others.length > 0) return bad(2000, 'A pap holds one message.');
  const kind = message.localName ?? '';
  if (kind !== 'push-message' && kind !== 'cancel-message' && kind !== 'statusquery-message') {
    return bad(3001, `${kind.slice(0, 40)} is not served.`);
  }
  const pushId = message.getAttribute('push-id') ?? '';
  if (pushId === '' || pushId.length > MAX_PUSH_ID_LENGTH) return bad(2000, 'The message has no push-id.');
  const addresses = elementsOf(message)
    .filter(({ localName }) => localName === 'address')
    .map((address) => address.getAttribute('address-value') ?? '');
  if (addresses.length > MAX_ADDRESSES)
    return bad(2000, `More than ${MAX_ADDRESSES} addresses are not taken.`);
  if (kind !== 'push-message') return { kind, pushId, addresses };
  if (addresses.length === 0) return bad(2000, 'A push-message has an address.');
  return readPush(message, pushId, addresses);
}

function readPush(message: Element, pushId: string, addresses: readonly string[]): PapRequest | BadPap {
  const after = timeOf(message, 'deliver-after-timestamp');
  const before = timeOf(message, 'deliver-before-timestamp');
  if (after === undefined || before === undefined) return bad(2000, 'A time is like 2026-11-21T12:00:00Z.');
  const notify = message.getAttribute('ppg-notify-requested-to') ?? '';
  const notifyTo = notify === '' ? null : httpUrl(notify);
  if (notify !== '' && notifyTo === null) return bad(2000, 'Results are told to http or https URLs.');
  return {
    kind: 'push-message',
    pushId,
    addresses,
    deliverAfter: after,
    deliverBefore: before,
    notifyTo,
    progressNotes: message.getAttribute('progress-notes-requested') === 'true',
    replaces: message.getAttribute('replace-push-id') || null,
  };
}

/** Null where there is none, undefined where it is none. */
function timeOf(element: Element, name: string): number | null | undefined {
  const text = element.getAttribute(name);
  if (text === null || text === '') return null;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

function httpUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? url : null;
}

function elementsOf(parent: Element): readonly Element[] {
  return [...parent.childNodes].filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
}

function bad(code: PapCode, reason: string): BadPap {
  return { kind: 'bad', code, reason };
}
