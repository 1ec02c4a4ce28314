import { escapeXml } from '../../sip/xml-document.ts';
import { PAP_CODES, type PapCode } from './pap-codes.ts';
import type { AddressState } from './pap-gateway.ts';

const HEAD = [
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 2.0//EN" "http://www.wapforum.org/DTD/pap_2.0.dtd">',
  '<pap product-name="Push Terminal">',
];

/** `push-response`: whether a push was accepted for processing. `notes` tell its progress. */
export function pushResponse(
  pushId: string,
  code: PapCode,
  desc: string | undefined,
  notes: readonly string[],
): string {
  const time = timeText(Date.now());
  return document([
    `<push-response${attributes({ 'push-id': pushId, 'reply-time': time })}>`,
    ...notes.map((note) => `<progress-note${attributes({ stage: note, time })}/>`),
    `<response-result${codeOf(code, desc)}/>`,
    '</push-response>',
  ]);
}

/** `cancel-response`: what became of the cancellation for each address. */
export function cancelResponse(
  pushId: string,
  results: readonly { readonly address: string | null; readonly code: PapCode }[],
): string {
  return document([
    `<cancel-response${attributes({ 'push-id': pushId })}>`,
    ...results.map(({ address, code }) =>
      address === null
        ? `<cancel-result${codeOf(code)}/>`
        : `<cancel-result${codeOf(code)}>${addressElement(address)}</cancel-result>`,
    ),
    '</cancel-response>',
  ]);
}

/** `statusquery-response`: where a push stands, address by address; none where it is not known. */
export function statusResponse(pushId: string, states: readonly AddressState[]): string {
  const unknown = `<statusquery-result${attributes({ 'message-state': 'unknown' })}${codeOf(2004)}/>`;
  return document([
    `<statusquery-response${attributes({ 'push-id': pushId })}>`,
    ...(states.length === 0 ? [unknown] : []),
    ...states.map(
      ({ address, state, code, desc, at }) =>
        `<statusquery-result${attributes({ 'event-time': timeText(at), 'message-state': state })}${codeOf(code, desc)}>` +
        `${addressElement(address)}</statusquery-result>`,
    ),
    '</statusquery-response>',
  ]);
}

/** `resultnotification-message`: how a push ended for one address. */
export function resultNotification(
  pushId: string,
  receivedAt: number,
  { address, state, code, desc, at }: AddressState,
): string {
  const own = {
    'push-id': pushId,
    'received-time': timeText(receivedAt),
    'event-time': timeText(at),
    'message-state': state,
  };
  return document([
    `<resultnotification-message${attributes(own)}${codeOf(code, desc)}>`,
    addressElement(address),
    '</resultnotification-message>',
  ]);
}

/** `badmessage-response`: the message is not understood. */
export function badMessage(code: PapCode, reason: string): string {
  return document([`<badmessage-response${codeOf(code, reason)}/>`]);
}

function document(lines: readonly string[]): string {
  return [...HEAD, ...lines, '</pap>', ''].join('\r\n');
}

function addressElement(address: string): string {
  return `<address${attributes({ 'address-value': address })}/>`;
}

function codeOf(code: PapCode, desc: string = PAP_CODES[code]): string {
  return attributes({ code: String(code), desc });
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('');
}

/** `2026-11-21T12:00:00Z`: PAP knows no fractions. */
function timeText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
