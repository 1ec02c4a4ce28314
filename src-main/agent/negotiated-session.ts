import { buildAnswer, type MediaChoice } from '../sdp/answer.ts';
import { type MediaLine, type Origin, parseOffer, type SessionOffer } from '../sdp/offer.ts';

/** The media of a session as both sides agreed on it, and our SDP that says so. */
export type NegotiatedSession = {
  /** The peer's latest SDP, m-lines that were closed since with port 0. */
  readonly offer: SessionOffer;
  readonly choices: ReadonlyMap<number, MediaChoice>;
  /** Every file-transfer-id of the session so far (RFC 5547 §8.1). */
  readonly usedIds: ReadonlySet<string>;
  /** Our SDP as text. */
  readonly sdp: string;
};

/** Port 0 in our SDP. */
export const REJECT: MediaChoice = { kind: 'reject' };

/** The session after the first offer and our answer. */
export function beginSession(
  offer: SessionOffer,
  choices: ReadonlyMap<number, MediaChoice>,
  host: string,
): NegotiatedSession {
  return { offer, choices, usedIds: idsOf(offer), sdp: buildAnswer(offer, choices, { host }) };
}

/** The session after a further offer and our answer; the o= version is raised where our SDP changes (RFC 3264 §8). */
export function changeSession(
  session: NegotiatedSession,
  offer: SessionOffer,
  choices: ReadonlyMap<number, MediaChoice>,
): NegotiatedSession {
  const previous = originOf(session.sdp);
  const sdp = buildAnswer(offer, choices, { host: previous.host, previous });
  const usedIds = new Set([...session.usedIds, ...idsOf(offer)]);
  return {
    offer,
    choices,
    usedIds,
    sdp: withoutOrigin(sdp) === withoutOrigin(session.sdp) ? session.sdp : sdp,
  };
}

/** The session once an offer of ours, which its SDP is, has its answer. */
export function answeredSession(
  session: NegotiatedSession,
  offer: SessionOffer,
  choices: ReadonlyMap<number, MediaChoice>,
): NegotiatedSession {
  return { ...session, offer, choices, usedIds: new Set([...session.usedIds, ...idsOf(offer)]) };
}

/**
 * The session with some m-lines closed by us: what to offer in a re-INVITE. The lines keep their file-transfer-id, the
 * others stay as they are (RFC 5547 §8.4).
 */
export function closeLines(session: NegotiatedSession, indexes: ReadonlySet<number>): NegotiatedSession {
  const close = (line: MediaLine): MediaLine => (indexes.has(line.index) ? { ...line, port: 0 } : line);
  const offer = { ...session.offer, media: session.offer.media.map(close) };
  const choices = new Map(
    [...session.choices].map(([at, choice]) => [at, indexes.has(at) ? REJECT : choice]),
  );
  return changeSession(session, offer, choices);
}

function idsOf(offer: SessionOffer): ReadonlySet<string> {
  return new Set(offer.media.flatMap((line) => (line.kind === 'file' ? (line.file.transferId ?? []) : [])));
}

function originOf(sdp: string): Origin {
  const parsed = parseOffer(sdp);
  if (parsed.kind === 'bad') throw new Error(`Our own SDP is malformed: ${parsed.reason}`);
  return parsed.offer.origin;
}

function withoutOrigin(sdp: string): string {
  return sdp.replace(/^o=.*$/m, '');
}
