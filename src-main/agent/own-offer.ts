import { acceptsAny } from '../sdp/accept-types.ts';
import type { MediaChoice } from '../sdp/answer.ts';
import type { FileLine, MessageLine, SessionOffer } from '../sdp/offer.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import { answeredSession, type NegotiatedSession } from './negotiated-session.ts';
import { readSdp, type TakenMedia } from './read-invite.ts';

/** What the ACK says to the offer in our 200, or why there is no session in it. */
export type OwnAnswer =
  | { readonly kind: 'ok'; readonly line: FileLine | MessageLine; readonly offer: SessionOffer }
  | { readonly kind: 'bad'; readonly reason: string };

/**
 * What an INVITE without offer is taken for (RFC 3261 §13.2.1): one file of which nothing is known yet. Written as our
 * SDP it is an m-line to receive on, with the empty file-selector by which one says that it takes files (RFC 5547 §8.5).
 */
export function unknownFile(secure: boolean): { readonly offer: SessionOffer; readonly line: FileLine } {
  const line: FileLine = {
    kind: 'file',
    index: 0,
    type: 'message',
    port: 9,
    protocol: secure ? 'TCP/TLS/MSRP' : 'TCP/MSRP',
    formats: '*',
    secure,
    fingerprints: [],
    host: null,
    path: [],
    acceptTypes: ['*'],
    acceptWrappedTypes: [],
    setup: 'active',
    direction: 'sendonly',
    maxSize: null,
    file: {
      name: null,
      type: null,
      size: null,
      hashes: [],
      transferId: null,
      disposition: 'attachment',
      date: { creation: null, modification: null, read: null },
      icon: null,
      range: { start: 1, end: null },
      rangeText: null,
      description: null,
      selectorText: [],
    },
  };
  const origin = { username: '-', sessionId: '0', version: '0', host: '0.0.0.0' };
  return { line, offer: { origin, timing: '0 0', media: [line] } };
}

/** The choices as they stand in an offer of ours: who answers it says who connects (RFC 6135 §4.2). */
export function asOffered(choices: ReadonlyMap<number, MediaChoice>): ReadonlyMap<number, MediaChoice> {
  return new Map(
    [...choices].map(([at, choice]) => [
      at,
      choice.kind === 'accept' ? { ...choice, setup: 'actpass' } : choice,
    ]),
  );
}

/** Reads the answer to our offer from the ACK. */
export function readOwnAnswer(ack: IncomingRequest, taken: TakenMedia): OwnAnswer {
  if (ack.body === '') return { kind: 'bad', reason: 'The ACK brings no answer to our offer.' };
  const read = readSdp(ack);
  if (read.kind === 'refuse') return { kind: 'bad', reason: read.refusal.reason };
  const [line, ...others] = read.offer.media;
  if (line === undefined || others.length > 0 || line.kind === 'other')
    return { kind: 'bad', reason: 'The answer in the ACK is to another offer than ours.' };
  if (line.port === 0 || line.path.length === 0 || line.secure !== taken.secure)
    return { kind: 'bad', reason: 'The sender took nothing of our offer.' };
  if (!acceptsAny(taken.accept, line))
    return { kind: 'bad', reason: 'The sender has no file of a type this terminal takes.' };
  return { kind: 'ok', line, offer: read.offer };
}

/** The session once our offer has its answer. */
export function answeredWith(
  session: NegotiatedSession,
  { line, offer }: Extract<OwnAnswer, { kind: 'ok' }>,
): NegotiatedSession {
  const setup = line.setup === 'passive' ? 'active' : 'passive';
  const choices = new Map<number, MediaChoice>(
    [...session.choices].map(([at, choice]) => [
      at,
      choice.kind === 'accept' ? { ...choice, setup } : choice,
    ]),
  );
  return answeredSession(session, offer, choices);
}
