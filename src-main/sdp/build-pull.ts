import { randomBytes, randomInt } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { MediaChoice } from './answer.ts';
import { formatFileSelector } from './file-selector.ts';
import { parseOffer } from './offer.ts';

/** The file to be fetched: its size in bytes, SHA-1 as upper-case hex with colons, and the first byte wanted, from 1. */
export type PulledFile = {
  readonly name: string;
  readonly type: string | null;
  readonly size: number;
  readonly sha1: string;
  readonly from: number;
};

/**
 * Writes an offer to receive a file from some byte on (RFC 5547 §8.2.2): recvonly, the selectors that tell which file,
 * a new file-transfer-id, and the range. `choice` is our side of the MSRP session.
 */
export function buildPull(
  file: PulledFile,
  choice: Extract<MediaChoice, { kind: 'accept' }>,
  host: string,
): string {
  const network = `IN ${isIPv6(host) ? 'IP6' : 'IP4'} ${host}`;
  return [
    'v=0',
    `o=- ${randomInt(1, 2 ** 47)} 1 ${network}`,
    's=-',
    `c=${network}`,
    't=0 0',
    `m=message ${choice.port} TCP/MSRP *`,
    'a=setup:actpass',
    'a=recvonly',
    `a=accept-types:${choice.acceptTypes.join(' ')}`,
    `a=accept-wrapped-types:${choice.acceptWrappedTypes.join(' ')}`,
    `a=path:${choice.path}`,
    `a=max-size:${choice.maxSize}`,
    `a=file-selector:${formatFileSelector({ ...file, type: file.type ?? 'application/octet-stream' })}`,
    `a=file-transfer-id:${randomBytes(24).toString('base64url')}`,
    `a=file-range:${file.from}-${file.size}`,
    '',
  ].join('\r\n');
}

/** How the peer took our offer to receive: where to, or why not, as a sentence. */
export type PullAnswer =
  | { readonly kind: 'accepted'; readonly path: readonly string[]; readonly weConnect: boolean }
  | { readonly kind: 'declined'; readonly reason: string };

/** Reads the answer to an offer to receive; one without our file-range would send something else (RFC 5547 §8.3.2). */
export function readPullAnswer(sdp: string, { from, size }: PulledFile): PullAnswer {
  const parsed = parseOffer(sdp);
  const [line, ...others] = parsed.kind === 'ok' ? parsed.offer.media : [];
  if (line === undefined || others.length > 0 || line.kind === 'other')
    return declined('The sender answered with SDP that does not fit.');
  if (line.port === 0) return declined('The sender no longer has this file.');
  if (line.kind !== 'file' || line.file.rangeText === null)
    return declined('The sender cannot send a part of a file alone.');
  const { range } = line.file;
  if (range.start !== from || (range.end !== null && range.end !== size))
    return declined('The sender would send another part of the file.');
  if (line.secure || line.path.length === 0)
    return declined('The sender answered with SDP that does not fit.');
  // By default the offerer connects (RFC 4975 §5.4).
  return { kind: 'accepted', path: line.path, weConnect: line.setup !== 'active' };
}

function declined(reason: string): PullAnswer {
  return { kind: 'declined', reason };
}
