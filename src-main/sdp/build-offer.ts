import { randomBytes, randomInt } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { formatFileSelector } from './file-selector.ts';

/** A file the Push Sender Agent offers. Size in bytes, SHA-1 as upper-case hex with colons. */
export type OfferedFileDescription = {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha1: string;
  readonly disposition: 'render' | 'attachment';
  /** When the file was last changed; no file-date is written without it. */
  readonly modified?: Date;
  /** Text for people, on one line. */
  readonly description?: string;
  /** The first byte that is sent, from 1; the whole file when absent (RFC 5547 §6, file-range). */
  readonly from?: number;
  /** Content-ID of its icon in the multipart body around the SDP, without brackets (RFC 5547 §8.8). */
  readonly icon?: string;
  /** Our MSRP URI for this file's session. */
  readonly path: string;
  readonly port: number;
};

/**
 * Writes an offer of files, one sendonly m-line each (PSA-SDP-01 to -03, RFC 5547 §8.2): actpass, since the answerer
 * may not be reachable, and an unguessable file-transfer-id for each. `wrapped` announces message/cpim
 * around the files; `fingerprint`, the value of our `a=fingerprint`, makes it MSRP over TLS (RFC 4975 §14.4).
 */
export function buildOffer(
  files: readonly OfferedFileDescription[],
  local: { readonly host: string; readonly wrapped: boolean; readonly fingerprint?: string },
): string {
  const network = `IN ${isIPv6(local.host) ? 'IP6' : 'IP4'} ${local.host}`;
  const lines = ['v=0', `o=psa ${randomInt(1, 2 ** 47)} 1 ${network}`, 's=-', `c=${network}`, 't=0 0'];
  for (const file of files) {
    lines.push(
      `m=message ${file.port} ${local.fingerprint === undefined ? 'TCP/MSRP' : 'TCP/TLS/MSRP'} *`,
      ...(file.description === undefined ? [] : [`i=${file.description.replace(/\p{Cc}+/gu, ' ')}`]),
      'a=setup:actpass',
      ...(local.fingerprint === undefined ? [] : [`a=fingerprint:${local.fingerprint}`]),
      'a=sendonly',
      ...(local.wrapped
        ? ['a=accept-types:message/cpim', `a=accept-wrapped-types:${file.type}`]
        : [`a=accept-types:${file.type}`]),
      `a=path:${file.path}`,
      `a=file-selector:${formatFileSelector(file)}`,
      `a=file-transfer-id:${newTransferId()}`,
      `a=file-disposition:${file.disposition}`,
      ...(file.icon === undefined ? [] : [`a=file-icon:cid:${encodeURIComponent(file.icon)}`]),
      ...(file.from === undefined || file.from === 1 ? [] : [`a=file-range:${file.from}-${file.size}`]),
      ...(file.modified === undefined ? [] : [`a=file-date:modification:"${dateText(file.modified)}"`]),
    );
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** RFC 5322 with a numeric zone, which RFC 5547 §6 asks for. */
function dateText(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}

/** 32 characters from 192 random bits (RFC 5547 §8.1). */
function newTransferId(): string {
  return randomBytes(24).toString('base64url');
}
