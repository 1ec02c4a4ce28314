import { safeFileName } from '../content/file-name.ts';
import { parseContentType, sdpPart, splitMultipart } from '../content/mime.ts';
import type { FileRecord } from '../history/records.ts';
import { acceptsAny } from '../sdp/accept-types.ts';
import { type FileDescription, type FileLine, parseOffer, type SessionOffer } from '../sdp/offer.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import type { OfferedFile } from './events.ts';
import { type Refusal, warning } from './refusals.ts';

/** The SDP of a request, or why it cannot be read. */
export type SdpReading =
  | { readonly kind: 'ok'; readonly offer: SessionOffer; readonly sdp: string }
  | Extract<InviteReading, { kind: 'refuse' }>;

/** What an INVITE offers, or why it cannot be taken, before anyone's rights are checked. */
export type InviteReading =
  | {
      readonly kind: 'ok';
      readonly offer: SessionOffer;
      readonly files: readonly FileLine[];
      readonly sdp: string;
    }
  | { readonly kind: 'refuse'; readonly refusal: Pick<Refusal, 'code' | 'reason' | 'headers'> };

/** What a terminal takes: media types, and MSRP over TLS or without it. */
export type TakenMedia = { readonly accept: readonly string[]; readonly secure: boolean };

/** Warning code for an incompatible media format (RFC 3261 §20.43). */
const INCOMPATIBLE_MEDIA = 305;
/** Warning code for an incompatible transport protocol (RFC 3261 §20.43). */
const INCOMPATIBLE_TRANSPORT = 302;
const TLS_ONLY = 'This terminal takes files over TLS only (TCP/TLS/MSRP).';
const PLAIN_ONLY = 'This terminal takes no files over TLS (TCP/MSRP only).';
const TAKEN_BODIES = 'application/sdp, multipart/related, multipart/mixed';

/**
 * Finds the SDP of an INVITE, also as the root of a multipart body (PRA-SDP-08), and the m-lines with files whose
 * accept-types we can handle (PRA-SES-02, X-19). Those for another transport than ours are left out.
 */
export function readInvite(request: IncomingRequest, taken: TakenMedia): InviteReading {
  const read = readSdp(request);
  if (read.kind === 'refuse') return read;
  const { offer, sdp } = read;
  const lines = offer.media.filter((line): line is FileLine => line.kind === 'file');
  if (lines.length === 0) {
    return refuse(488, 'The offer has no m-line with a file selector.', INCOMPATIBLE_MEDIA);
  }
  const reachable = lines.filter(({ secure }) => secure === taken.secure);
  if (reachable.length === 0)
    return refuse(488, taken.secure ? TLS_ONLY : PLAIN_ONLY, INCOMPATIBLE_TRANSPORT);
  const files = reachable.filter(
    (line) => line.port !== 0 && line.path.length > 0 && acceptsAny(taken.accept, line),
  );
  if (files.length === 0) {
    return refuse(488, 'The offer has no file of a type this terminal takes.', INCOMPATIBLE_MEDIA);
  }
  return { kind: 'ok', offer, files, sdp };
}

/** Finds and reads the SDP of a request, whatever it offers. */
export function readSdp(request: IncomingRequest): SdpReading {
  const body = sdpOf(request);
  if (typeof body !== 'string') return { kind: 'refuse', refusal: body };
  const parsed = parseOffer(body);
  if (parsed.kind === 'bad') return refuse(400, `The SDP is malformed: ${parsed.reason}`);
  return { kind: 'ok', offer: parsed.offer, sdp: body };
}

/** What a record is made with beside the m-line. */
export type RecordOptions = {
  readonly maxBytes: number;
  /** Number of the file in the push; that of its m-line when absent. */
  readonly number?: number;
  /** `data:` URL. */
  readonly icon?: string | null;
};

/** The record of an offered file. One that is larger than the profile allows, or that ends early, can be seen but not accepted. */
export function fileRecord(line: FileLine, { maxBytes, number, icon = null }: RecordOptions): FileRecord {
  const { file } = line;
  const refusal = refusalOf(file, maxBytes);
  return {
    index: number ?? line.index,
    name: safeFileName(file.name ?? ''),
    type: file.type,
    bytes: file.size,
    hash: file.hashes.find(({ algorithm }) => algorithm === 'sha-1')?.value ?? null,
    disposition: file.disposition,
    date: file.date.creation ?? file.date.modification ?? null,
    state: refusal === null ? 'offered' : 'declined',
    received: 0,
    path: null,
    sha1: null,
    reason: refusal,
    report: null,
    session: null,
    icon,
    known: null,
    from: file.range.start,
    ruled: false,
    leftover: null,
  };
}

function refusalOf({ size, range }: FileDescription, maxBytes: number): string | null {
  if (size !== null && size > maxBytes) return `Larger than the ${maxBytes} bytes that the profile allows.`;
  // A receiver that does not take a range rejects the file (RFC 5547 §8.3.1).
  if (range.end !== null && range.end !== size)
    return 'Only a piece of the file is offered, without its end.';
  return null;
}

/** A file as the automation interface names it. */
export function offeredFile(record: FileRecord): OfferedFile {
  const { index, name, type, bytes, hash, disposition, known, from } = record;
  return { index, name, type, bytes, hash, disposition, known: known?.path ?? null, from };
}

function sdpOf(request: IncomingRequest): string | Pick<Refusal, 'code' | 'reason' | 'headers'> {
  const value = request.getHeader('content-type');
  if (request.body === '' || value === undefined) {
    return {
      code: 488,
      reason: 'The INVITE carries no offer.',
      headers: [warning('no SDP offer', INCOMPATIBLE_MEDIA)],
    };
  }
  const bytes = Buffer.from(request.body, 'latin1');
  const type = parseContentType(value);
  if (type?.type === 'application/sdp') return bytes.toString('utf8');
  if (type?.type.startsWith('multipart/')) {
    const part = sdpPart(bytes, type);
    if (part !== null) return part.body.toString('utf8');
    if (splitMultipart(bytes, type) === null)
      return { code: 400, reason: 'The multipart body is malformed.' };
  }
  return { code: 415, reason: `A body of type ${value} is not taken.`, headers: [`Accept: ${TAKEN_BODIES}`] };
}

function refuse(
  code: number,
  reason: string,
  warningCode?: number,
): Extract<InviteReading, { kind: 'refuse' }> {
  const headers = warningCode === undefined ? [] : [warning(reason, warningCode)];
  return { kind: 'refuse', refusal: { code, reason, headers } };
}
