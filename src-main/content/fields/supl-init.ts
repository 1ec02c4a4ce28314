import { BitCursor } from '../bit-cursor.ts';
import { OutOfBytes } from '../byte-cursor.ts';
import { decodeText } from '../charset.ts';
import { decodeGsm7 } from '../gsm7.ts';
import type { ContentType } from '../mime.ts';
import { type ContentField, type ContentFields, field, hexField } from './field.ts';
import {
  readAdditions,
  readEnumeration,
  readOpenType,
  readSetId,
  readSlpAddress,
  readSmallNumber,
} from './supl-values.ts';

const TYPE = 'application/vnd.omaloc-supl-init';
/** Shortest that can be a ULP message: length, version, session. */
const MIN_BYTES = 6;
const MESSAGES: readonly string[] = (
  'SUPL INIT,SUPL START,SUPL RESPONSE,SUPL POS INIT,SUPL POS,SUPL END,SUPL AUTH REQ,SUPL AUTH RESP,' +
  'SUPL TRIGGERED START,SUPL TRIGGERED RESPONSE,SUPL TRIGGERED STOP,SUPL NOTIFY,SUPL NOTIFY RESPONSE,' +
  'SUPL SET INIT,SUPL REPORT'
).split(',');
const METHODS: readonly string[] = (
  'A-GPS SET assisted,A-GPS SET based,A-GPS SET assisted preferred,A-GPS SET based preferred,autonomous GPS,AFLT,' +
  'enhanced cell id,E-OTD,OTDOA,no position,historical data retrieval,A-GNSS SET assisted,A-GNSS SET based,' +
  'A-GNSS SET assisted preferred,A-GNSS SET based preferred,autonomous GNSS,session info query'
).split(',');
const NOTIFICATIONS: readonly string[] = [
  'no notification, no verification',
  'notification only',
  'notification and verification, allowed when there is no answer',
  'notification and verification, denied when there is no answer',
  'privacy override',
];
const ENCODINGS: readonly string[] = ['UCS-2', 'GSM default', 'UTF-8'];
const FORMATS: readonly string[] =
  'logical name,email address,MSISDN,URL,SIP URL,MIN,MDN,IMS public identity'.split(',');

/**
 * Reads a SUPL INIT (OMA-TS-ULP §11, unaligned PER): session, positioning method, notification, SLP and quality. What
 * cannot be read is given as hex; where it ends early what came before is shown. Null when it is too short.
 */
export function suplInitFields(bytes: Buffer, contentType: ContentType): ContentFields | null {
  if (contentType.type !== TYPE || bytes.length < MIN_BYTES) return null;
  const cursor = new BitCursor(bytes);
  const fields: ContentField[] = [];
  const warnings: string[] = [];
  try {
    const length = cursor.bits(16);
    if (length !== bytes.length)
      warnings.push(`The message says it has ${length} bytes, but has ${bytes.length}.`);
    fields.push(field('version', [cursor.bits(8), cursor.bits(8), cursor.bits(8)].join('.')));
    readSession(cursor, fields);
    readMessage(cursor, fields);
  } catch (error) {
    if (!(error instanceof OutOfBytes)) throw error;
    warnings.push(`The SUPL message is incomplete: ${error.message}.`);
  }
  const rest = bytes.subarray(cursor.bytesUsed);
  return {
    title: fields.find(({ name }) => name === 'message')?.value ?? 'SUPL message',
    fields: rest.length === 0 ? fields : [...fields, hexField('not decoded', rest)],
    warnings,
  };
}

/** SessionID: both halves are optional in the encoding (ULP-Components). */
function readSession(cursor: BitCursor, fields: ContentField[]): void {
  const hasSet = cursor.flag();
  const hasSlp = cursor.flag();
  if (hasSet) {
    fields.push(field('SET session id', String(cursor.bits(16)), 'number'));
    fields.push(field('SET id', readSetId(cursor)));
  }
  if (hasSlp) {
    fields.push(hexField('SLP session id', cursor.octets(4)));
    fields.push(field('SLP id', readSlpAddress(cursor)));
  }
}

function readMessage(cursor: BitCursor, fields: ContentField[]): void {
  const isAddition = cursor.flag();
  const number = isAddition ? 8 + readSmallNumber(cursor) : cursor.bits(3);
  fields.push(field('message', MESSAGES[number] ?? 'unknown'));
  if (isAddition) fields.push(hexField('content', readOpenType(cursor)));
  else if (number === 0) readInit(cursor, fields);
}

function readInit(cursor: BitCursor, fields: ContentField[]): void {
  const isExtended = cursor.flag();
  const has = readPresence(cursor, ['notification', 'address', 'quality', 'mac', 'key']);
  const method = readEnumeration(cursor, 4, 10);
  fields.push(field('positioning method', METHODS[method] ?? `unknown (${method})`));
  if (has.has('notification')) readNotification(cursor, fields);
  if (has.has('address')) fields.push(field('SLP address', readSlpAddress(cursor)));
  if (has.has('quality')) readQuality(cursor, fields);
  fields.push(field('SLP mode', cursor.flag() ? 'non-proxy' : 'proxy'));
  if (has.has('mac')) fields.push(hexField('MAC', cursor.octets(8)));
  if (has.has('key')) fields.push(hexField('key identity', cursor.octets(16)));
  if (isExtended) pushAdditions('SUPL 2 extension', cursor, fields);
}

function readNotification(cursor: BitCursor, fields: ContentField[]): void {
  const isExtended = cursor.flag();
  const has = readPresence(cursor, ['encoding', 'requestor', 'requestorType', 'client', 'clientType']);
  const type = readEnumeration(cursor, 3, 5);
  fields.push(field('notification', NOTIFICATIONS[type] ?? `unknown (${type})`));
  const encoding = has.has('encoding') ? readEnumeration(cursor, 2, 3) : null;
  if (encoding !== null) fields.push(field('encoding', ENCODINGS[encoding] ?? `unknown (${encoding})`));
  for (const party of ['requestor', 'client']) {
    if (has.has(party)) fields.push(partyField(party, cursor.octets(cursor.bits(6) + 1), encoding));
    if (!has.has(`${party}Type`)) continue;
    const format = readEnumeration(cursor, 3, 8);
    fields.push(field(`${party} is`, FORMATS[format] ?? `unknown (${format})`));
  }
  if (isExtended) pushAdditions('notification extension', cursor, fields);
}

function partyField(name: string, bytes: Buffer, encoding: number | null): ContentField {
  if (encoding === 0) return field(name, decodeText(bytes, 'utf-16be', bytes.length).text);
  if (encoding === 1) return field(name, decodeGsm7(bytes));
  return encoding === 2 ? field(name, decodeText(bytes, 'utf-8', bytes.length).text) : hexField(name, bytes);
}

/** QoP: uncertainties are coded as in 3GPP 23.032 §6.2 and §6.4, the delay as in RRLP, as powers of two. */
function readQuality(cursor: BitCursor, fields: ContentField[]): void {
  const isExtended = cursor.flag();
  const has = readPresence(cursor, ['vertical', 'age', 'delay']);
  const metres = (value: number) => `${value < 100 ? value.toFixed(1) : Math.round(value)} m`;
  fields.push(field('horizontal accuracy', metres(10 * (1.1 ** cursor.bits(7) - 1))));
  if (has.has('vertical'))
    fields.push(field('vertical accuracy', metres(45 * (1.025 ** cursor.bits(7) - 1))));
  if (has.has('age')) fields.push(field('oldest position', `${cursor.bits(16)} s`));
  if (has.has('delay')) fields.push(field('response within', `${2 ** cursor.bits(3)} s`));
  if (isExtended) pushAdditions('quality extension', cursor, fields);
}

/** Which of the optional components are there; their bits stand before all components (X.691 §19.2). */
function readPresence(cursor: BitCursor, names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter(() => cursor.flag()));
}

function pushAdditions(name: string, cursor: BitCursor, fields: ContentField[]): void {
  for (const addition of readAdditions(cursor)) fields.push(hexField(name, addition));
}
