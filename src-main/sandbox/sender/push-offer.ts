import { type FileLine, parseOffer } from '../../sdp/offer.ts';

/** Our offer with further m-lines, taken from another offer of ours (RFC 3264 §8.1). */
export function withMedia(sdp: string, other: string): string {
  return raised(sdp + mediaOf(other).join(''));
}

/** Our offer with port 0 on some m-lines (RFC 3264 §8.2, PSA-REL-04); unchanged where they are closed already. */
export function withClosed(sdp: string, indexes: ReadonlySet<number>): string {
  const closed = mediaOf(sdp).map((media, index) =>
    indexes.has(index) ? media.replace(/^m=message \d+/, 'm=message 0') : media,
  );
  const changed = sessionOf(sdp) + closed.join('');
  return changed === sdp ? sdp : raised(changed);
}

/** The m-lines of a re-offer of the terminal that it closed; null when it is none for our offer. */
export function closedBy(reoffer: string, sdp: string): ReadonlySet<number> | null {
  const parsed = parseOffer(reoffer);
  if (parsed.kind === 'bad' || parsed.offer.media.length !== mediaOf(sdp).length) return null;
  const own = parseOffer(sdp);
  const ids =
    own.kind === 'ok' ? own.offer.media.map((line) => idOf(line.kind === 'file' ? line : null)) : [];
  const files = parsed.offer.media.map((line) => (line.kind === 'file' ? line : null));
  if (files.some((line, index) => idOf(line) !== ids[index])) return null;
  return new Set(parsed.offer.media.filter(({ port }) => port === 0).map(({ index }) => index));
}

function idOf(line: FileLine | null): string | null {
  return line?.file.transferId ?? null;
}

/** The o= version raised by one (RFC 3264 §8). */
function raised(sdp: string): string {
  return sdp.replace(
    /^(o=\S+ \d+) (\d+)/m,
    (_line, session: string, version: string) => `${session} ${BigInt(version) + 1n}`,
  );
}

function sessionOf(sdp: string): string {
  return sdp.split(/^(?=m=)/m)[0] ?? '';
}

function mediaOf(sdp: string): readonly string[] {
  return sdp.split(/^(?=m=)/m).slice(1);
}
