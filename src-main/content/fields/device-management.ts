import { BitCursor } from '../bit-cursor.ts';
import type { ContentType } from '../mime.ts';
import { type ContentFields, field, hexField } from './field.ts';

/** MD5 digest, then 64 bits of header, then the length of the server identifier. */
const DIGEST_BYTES = 16;
const HEADER_BYTES = 8;
const TYPE = 'application/vnd.syncml.notification';
const UI_MODES: readonly string[] = ['not specified', 'background', 'informative', 'user interaction'];

/**
 * Reads an OMA DM notification, Package #0 (OMA-TS-DM_Notification-V1_2 §6.2): digest, version, user interaction mode,
 * initiator, session and server. Null when it is shorter than its header.
 */
export function deviceManagementFields(bytes: Buffer, contentType: ContentType): ContentFields | null {
  if (contentType.type !== TYPE || bytes.length < DIGEST_BYTES + HEADER_BYTES) return null;
  const header = new BitCursor(bytes.subarray(DIGEST_BYTES, DIGEST_BYTES + HEADER_BYTES));
  const version = header.bits(10);
  const mode = header.bits(2);
  const initiator = header.bits(1);
  const future = header.bits(27);
  const session = header.bits(16);
  const length = header.bits(8);
  const server = bytes.subarray(DIGEST_BYTES + HEADER_BYTES, DIGEST_BYTES + HEADER_BYTES + length);
  const rest = bytes.subarray(DIGEST_BYTES + HEADER_BYTES + length);
  return {
    title: 'Device management notification',
    fields: [
      field('version', (version / 10).toFixed(1)),
      field('user interaction', UI_MODES[mode] ?? ''),
      field('initiator', initiator === 1 ? 'server' : 'client'),
      field('session id', `0x${session.toString(16).padStart(4, '0')}`),
      field('server id', server.toString('utf8')),
      hexField('digest', bytes.subarray(0, DIGEST_BYTES)),
      ...(future === 0 ? [] : [field('future use', `0x${future.toString(16)}`, 'hex')]),
      ...(rest.length === 0 ? [] : [hexField('vendor specific', rest)]),
    ],
    warnings: [
      'The digest is not checked.',
      ...(server.length < length ? ['The notification ends within the server id.'] : []),
    ],
  };
}
