import { ByteCursor, OutOfBytes } from '../byte-cursor.ts';
import type { ContentType } from '../mime.ts';
import { bigEndian, plainText, readEncodedString, readInteger, readWspValue } from '../wsp-value.ts';
import {
  bounded,
  type ContentField,
  type ContentFields,
  field,
  hexField,
  MAX_FIELDS,
  timeField,
} from './field.ts';
import { MMS_HEADERS, MMS_MESSAGE_TYPES, MMS_TOKENS } from './mms-tables.ts';

const TYPE = 'application/vnd.wap.mms-message';
/** X-Mms-Message-Type, with which every message begins (OMA-TS-MMS_ENC-V1_3 §7.1). */
const MESSAGE_TYPE = 0x8c;
const FIRST_TOKEN = 128;
/** Absolute and relative times, and addresses, begin with one of two tokens (§7.3.20, §7.3.24). */
const ABSOLUTE = 128;
const ADDRESS_PRESENT = 128;
const TITLES: Readonly<Record<string, string>> = {
  'm-notification-ind': 'MMS notification',
  'm-delivery-ind': 'MMS delivery report',
  'm-read-orig-ind': 'MMS read report',
};

/**
 * Reads the headers of an MMS message, above all of M-Notification.ind and M-Delivery.ind (OMA-TS-MMS_ENC-V1_3 §6).
 * Where the bytes end early the headers before that are shown. Null when it does not begin as an MMS message.
 */
export function mmsFields(bytes: Buffer, contentType: ContentType): ContentFields | null {
  if (contentType.type !== TYPE || bytes[0] !== MESSAGE_TYPE || bytes.length < 2) return null;
  const cursor = new ByteCursor(bytes);
  const fields: ContentField[] = [];
  const warnings: string[] = [];
  try {
    while (cursor.remaining > 0 && fields.length <= MAX_FIELDS) {
      fields.push(readHeader(cursor));
    }
  } catch (error) {
    if (!(error instanceof OutOfBytes)) throw error;
    warnings.push(`The MMS headers are incomplete: ${error.message}.`);
  }
  const type = MMS_MESSAGE_TYPES[(bytes[1] ?? 0) - FIRST_TOKEN] ?? '';
  return bounded({ title: TITLES[type] ?? 'MMS message', fields, warnings });
}

function readHeader(cursor: ByteCursor): ContentField {
  const token = cursor.byte();
  if (token < FIRST_TOKEN) {
    // A header that has no number comes as two texts (§7.1, Application-header).
    const rest = cursor.untilNul();
    return field(plainText(Buffer.concat([Buffer.from([token]), rest])), plainText(cursor.untilNul()));
  }
  const name = MMS_HEADERS[token - FIRST_TOKEN - 1] ?? `header 0x${token.toString(16)}`;
  const reader = READERS[name] ?? (MMS_TOKENS[name] === undefined ? readAny : readToken);
  return reader(cursor, name);
}

type Reader = (cursor: ByteCursor, name: string) => ContentField;

const READERS: Readonly<Record<string, Reader>> = {
  From: readFrom,
  To: readText,
  Cc: readText,
  Bcc: readText,
  Subject: readText,
  'X-Mms-Response-Text': readText,
  'X-Mms-Status-Text': readText,
  'X-Mms-Retrieve-Text': readText,
  'X-Mms-Store-Status-Text': readText,
  'X-Mms-Content-Location': (cursor, name) => field(name, plainText(cursor.untilNul()), 'uri'),
  'X-Mms-MMS-Version': readVersion,
  'X-Mms-Message-Size': (cursor, name) => field(name, String(readInteger(cursor)), 'number'),
  'X-Mms-Reply-Charging-Size': (cursor, name) => field(name, String(readInteger(cursor)), 'number'),
  Date: (cursor, name) => timeField(name, readInteger(cursor)),
  'X-Mms-Expiry': readTime,
  'X-Mms-Delivery-Time': readTime,
  'X-Mms-Reply-Charging-Deadline': readTime,
  // What follows is the message itself, which is not read here.
  'Content-Type': (cursor, name) => hexField(`${name} and body`, cursor.rest()),
};

function readText(cursor: ByteCursor, name: string): ContentField {
  const { text, charset } = readEncodedString(cursor);
  return field(charset === null ? name : `${name} (${charset})`, withPhoneNumber(text));
}

/** Addresses say after a slash what they are, as in `+491701234567/TYPE=PLMN` (§8). */
function withPhoneNumber(text: string): string {
  return text.replace(/\/TYPE=PLMN$/, ' (phone number)');
}

function readFrom(cursor: ByteCursor, name: string): ContentField {
  const value = readWspValue(cursor);
  if (value.kind !== 'data') throw new OutOfBytes('the sender is malformed');
  const inner = new ByteCursor(value.bytes);
  if (inner.byte() !== ADDRESS_PRESENT) return field(name, 'to be inserted by the MMS proxy');
  return readText(inner, name);
}

function readVersion(cursor: ByteCursor, name: string): ContentField {
  const value = readWspValue(cursor);
  if (value.kind === 'text') return field(name, plainText(value.bytes));
  if (value.kind === 'data') return hexField(name, value.bytes);
  const minor = value.value & 0x0f;
  // A minor number of all ones stands for none (WAP-230 §8.4.2.3, Version-value).
  return field(name, minor === 0x0f ? String(value.value >> 4) : `${value.value >> 4}.${minor}`);
}

function readTime(cursor: ByteCursor, name: string): ContentField {
  const value = readWspValue(cursor);
  if (value.kind !== 'data') throw new OutOfBytes('a time is malformed');
  const inner = new ByteCursor(value.bytes);
  const isAbsolute = inner.byte() === ABSOLUTE;
  const seconds = readInteger(inner);
  return isAbsolute ? timeField(name, seconds) : field(name, `${seconds} s (relative)`);
}

function readToken(cursor: ByteCursor, name: string): ContentField {
  const value = readWspValue(cursor);
  if (value.kind === 'text') return field(name, plainText(value.bytes));
  if (value.kind === 'data') return hexField(name, value.bytes);
  return field(name, MMS_TOKENS[name]?.[value.value] ?? `${value.value + FIRST_TOKEN}`);
}

function readAny(cursor: ByteCursor, name: string): ContentField {
  const value = readWspValue(cursor);
  if (value.kind === 'text') return field(name, plainText(value.bytes));
  if (value.kind === 'short') return field(name, String(value.value), 'number');
  return value.bytes.length === 0 || value.bytes.length > 6
    ? hexField(name, value.bytes)
    : field(name, String(bigEndian(value.bytes)), 'number');
}
