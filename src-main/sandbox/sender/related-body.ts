import { randomBytes } from 'node:crypto';
import type { FileIcon } from './offered-files.ts';

/** A body as latin1, one character a byte, with its Content-Type. */
export type RequestBody = { readonly type: string; readonly content: string };

/** SDP with the icons it points at: multipart/related with the SDP as its root (RFC 5547 §8.8, RFC 2387, X-25). */
export function relatedBody(sdp: string, icons: readonly FileIcon[]): RequestBody {
  const boundary = `related-${randomBytes(12).toString('hex')}`;
  const parts = [
    `Content-Type: application/sdp\r\n\r\n${sdp}`,
    ...icons.map(
      ({ id, type, bytes }) =>
        `Content-Type: ${type}\r\nContent-ID: <${id}>\r\nContent-Transfer-Encoding: binary\r\nContent-Disposition: icon\r\n\r\n${bytes.toString('latin1')}`,
    ),
  ];
  return {
    type: `multipart/related;type="application/sdp";boundary=${boundary}`,
    content: `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`,
  };
}
