import { randomInt } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Fingerprint } from './fingerprint.ts';
import {
  type Direction,
  type FileLine,
  type MediaLine,
  type MessageLine,
  type Origin,
  parseOffer,
  type SessionOffer,
  type Setup,
} from './offer.ts';

/** What to say to one m-line of an offer. */
export type MediaChoice =
  | {
      readonly kind: 'accept';
      /** Our MSRP URI, its port equal to `port`. */
      readonly path: string;
      readonly port: number;
      /** `actpass` only in an offer of ours. */
      readonly setup: 'active' | 'passive' | 'actpass';
      /** Value of `a=fingerprint` over TLS, else null (RFC 4975 §14.4). */
      readonly fingerprint: string | null;
      /** Largest message in bytes. */
      readonly maxSize: number;
      readonly acceptTypes: readonly string[];
      readonly acceptWrappedTypes: readonly string[];
      /** We send the file that the offer asks for (RFC 5547 §8.3.2). */
      readonly sends?: boolean;
    }
  | { readonly kind: 'reject' };

/**
 * Our side of the session: host for o= and c= lines. `previous` is the o= line of our last SDP in the same session; its
 * version is raised by one (RFC 3264 §8). Without it a new session begins.
 */
export type LocalSession = { readonly host: string; readonly previous?: Origin };

/**
 * Who connects: an offer of `passive` makes us active; `active` and none leave us passive, since the offerer of
 * MSRP connects by default (RFC 4975 §5.4, RFC 4145 §4). `actpass` leaves us passive where peers can reach us.
 * `holdconn` has no meaning for MSRP (RFC 6135 §4.2) and counts as none.
 */
export function answerSetup(offered: Setup | null, reachable = true): 'active' | 'passive' {
  return offered === 'passive' || (offered === 'actpass' && !reachable) ? 'active' : 'passive';
}

/**
 * Writes the answer to an offer of files (RFC 5547 §8.3.1, RFC 3264 §6): every m-line in its place; accepted ones
 * recvonly with file-range and the name, type and size selectors exactly as offered; refused ones with port 0 and the
 * same selector and file-transfer-id. m-lines without a choice, and those that are not MSRP, are refused.
 */
export function buildAnswer(
  offer: SessionOffer,
  choices: ReadonlyMap<number, MediaChoice>,
  local: LocalSession,
): string {
  const network = `IN ${isIPv6(local.host) ? 'IP6' : 'IP4'} ${local.host}`;
  const lines = ['v=0', `o=${originText(local)} ${network}`, 's=-', `c=${network}`, `t=${offer.timing}`];
  for (const media of offer.media) {
    const choice = choices.get(media.index) ?? { kind: 'reject' };
    lines.push(
      ...(choice.kind === 'accept' && media.kind !== 'other' ? accepted(media, choice) : refused(media)),
    );
  }
  return `${lines.join('\r\n')}\r\n`;
}

function originText({ previous }: LocalSession): string {
  if (previous === undefined) return `- ${randomInt(1, 2 ** 47)} 1`;
  return `${previous.username} ${previous.sessionId} ${BigInt(previous.version) + 1n}`;
}

function accepted(
  media: FileLine | MessageLine,
  choice: Extract<MediaChoice, { kind: 'accept' }>,
): readonly string[] {
  return [
    `m=message ${choice.port} ${media.protocol} *`,
    `a=setup:${choice.setup}`,
    ...(choice.fingerprint === null ? [] : [`a=fingerprint:${choice.fingerprint}`]),
    `a=${answerDirection(media, choice.sends === true)}`,
    `a=accept-types:${choice.acceptTypes.join(' ')}`,
    ...(choice.acceptWrappedTypes.length === 0
      ? []
      : [`a=accept-wrapped-types:${choice.acceptWrappedTypes.join(' ')}`]),
    `a=path:${choice.path}`,
    `a=max-size:${choice.maxSize}`,
    ...(media.kind === 'file' ? mirrored(media) : []),
    ...(media.kind === 'file' && media.file.rangeText !== null
      ? [`a=file-range:${media.file.rangeText}`]
      : []),
  ];
}

/** Nobody may answer recvonly to one who does not send, nor the other way round (RFC 3264 §6.1). */
function answerDirection({ direction }: MessageLine | FileLine, sends: boolean): Direction {
  const isWanted = direction === 'sendrecv' || direction === (sends ? 'recvonly' : 'sendonly');
  if (!isWanted) return 'inactive';
  return sends ? 'sendonly' : 'recvonly';
}

function refused(media: MediaLine): readonly string[] {
  return [
    `m=${media.type} 0 ${media.protocol} ${media.formats}`,
    ...(media.kind === 'file' ? mirrored(media) : []),
  ];
}

function mirrored(media: FileLine): readonly string[] {
  const { file } = media;
  const hashes = file.hashes.map(({ algorithm, value }) => `hash:${algorithm}:${value}`);
  const selector = [...file.selectorText, ...hashes].join(' ');
  return [
    // Only an offer of ours has an empty one: it says that files are taken (RFC 5547 §8.5).
    selector === '' ? 'a=file-selector' : `a=file-selector:${selector}`,
    ...(file.transferId === null ? [] : [`a=file-transfer-id:${file.transferId}`]),
  ];
}

/** What the answerer said to one file of ours. */
export type AnsweredFile =
  | {
      readonly kind: 'accepted';
      readonly path: readonly string[];
      readonly setup: Setup | null;
      readonly fingerprints: readonly Fingerprint[];
      readonly maxSize: number | null;
      readonly acceptTypes: readonly string[];
      readonly acceptWrappedTypes: readonly string[];
    }
  | { readonly kind: 'declined' };

/**
 * Reads the answer to our offer of `count` files, one m-line each (PSA side). An m-line without the file-selector is
 * declined: its writer does not know file transfer, or it would have copied it (RFC 5547 §8.3.1). Null when the answer is malformed or has another
 * number of m-lines (RFC 3264 §6). One whose transport is not that of the offer, TLS or not by `secure`, is declined too.
 */
export function parseAnswer(sdp: string, count: number, secure = false): readonly AnsweredFile[] | null {
  const parsed = parseOffer(sdp);
  if (parsed.kind === 'bad' || parsed.offer.media.length !== count) return null;
  return parsed.offer.media.map((media) => {
    if (media.kind !== 'file' || media.secure !== secure || media.port === 0 || media.path.length === 0)
      return { kind: 'declined' };
    const { path, setup, fingerprints, maxSize, acceptTypes, acceptWrappedTypes } = media;
    return { kind: 'accepted', path, setup, fingerprints, maxSize, acceptTypes, acceptWrappedTypes };
  });
}
