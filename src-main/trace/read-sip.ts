import type { Reading } from './summary.ts';

const STATUS_LINE = /^SIP\/2\.0[ \t]+(\d{3})[ \t]*([^\r\n]*)/;
const REQUEST_LINE = /^(\S+)[ \t]+(\S+)[ \t]+SIP\/2\.0/;
const CALL_ID = /\r\n(?:Call-ID|i)[ \t]*:[ \t]*([^\r\n]+)/i;
const CSEQ = /\r\nCSeq[ \t]*:[ \t]*(\d+)[ \t]+(\S+)/i;
const BRANCH = /\r\n(?:Via|v)[ \t]*:[^\r\n]*?;[ \t]*branch=([^;,\s]+)/i;
const SDP = /\r\n(?:Content-Type|c)[ \t]*:[ \t]*application\/sdp/i;
const EVENT = /\r\n(?:Event|o)[ \t]*:[ \t]*([^;\s]+)/i;
const EXPIRES = /\r\nExpires[ \t]*:[ \t]*(\d+)/i;
const CONTENT_TYPE = /\r\n(?:Content-Type|c)[ \t]*:[ \t]*([^;\r\n]+)/i;
const APPLICATION = /\r\n(?:Accept-Contact|a)[ \t]*:[^\r\n]*\+g\.oma\.pusheventapp="([^"\r\n]+)"/i;
/** Last URI of a path: the session at its end (RFC 4975 §8.2). */
const SDP_PATHS = /^a=path:(?:\S+ )*msrps?:\/\/[^\s/]+\/([^;\s]+)/gm;
const MEDIA = /^m=message (\d+) /gm;
const MODE = /^a=(sendonly|recvonly|sendrecv|inactive)\r?$/m;
const FILE = /^a=file-selector:/gm;
/** Characters of a Request-URI in a title. */
const MAX_URI = 60;
const CHALLENGES = [401, 407];

/** What a SIP message says of itself, by its first lines and its SDP. Anything is read; nothing is judged. */
export function readSip(text: string): Reading {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const sdp = end >= 0 && SDP.test(head) ? text.slice(end + 4) : null;
  const [, cseq = '', ofMethod = null] = CSEQ.exec(head) ?? [];
  const callId = CALL_ID.exec(head)?.[1]?.trim() ?? null;
  const branch = BRANCH.exec(head)?.[1] ?? '';
  const common = {
    callId,
    messageId: null,
    sessions: sdp === null ? [] : [...sdp.matchAll(SDP_PATHS)].map(([, id = '']) => id),
  };
  const status = STATUS_LINE.exec(head);
  if (status !== null) {
    const code = Number(status[1]);
    return {
      ...common,
      title: `${code} ${status[2] ?? ''}`.trim() + (sdp === null ? '' : ' (SDP)'),
      note: [ofMethod, ...(sdp === null ? [] : sdpFacts(sdp))].filter(Boolean).join(' · '),
      method: ofMethod,
      code,
      error: code >= 400 && !CHALLENGES.includes(code),
      sameness: `${code} ${callId} ${cseq} ${ofMethod} ${branch}`,
    };
  }
  const [, method = null, uri = ''] = REQUEST_LINE.exec(head) ?? [];
  return {
    ...common,
    title: method === null ? 'Not readable as SIP' : `${method} ${shorten(uri)}`,
    note: requestFacts(head, method, sdp).join(' · '),
    method,
    code: null,
    error: method === null,
    sameness: `${method} ${callId} ${cseq} ${branch}`,
  };
}

function requestFacts(head: string, method: string | null, sdp: string | null): readonly string[] {
  const facts: (string | undefined)[] = [];
  if (sdp !== null) {
    const files = [...sdp.matchAll(FILE)].length;
    if (files > 0) facts.push(files === 1 ? '1 file' : `${files} files`);
    else facts.push('SDP');
  }
  facts.push(APPLICATION.exec(head)?.[1]);
  if (method === 'SUBSCRIBE' || method === 'NOTIFY' || method === 'PUBLISH')
    facts.push(EVENT.exec(head)?.[1]);
  if (method === 'REGISTER' && EXPIRES.exec(head)?.[1] === '0') facts.push('leaves');
  if (method === 'MESSAGE') facts.push(CONTENT_TYPE.exec(head)?.[1]?.trim());
  return facts.filter((fact) => fact !== undefined);
}

function sdpFacts(sdp: string): readonly string[] {
  const ports = [...new Set([...sdp.matchAll(MEDIA)].map(([, port = '']) => port))];
  const mode = MODE.exec(sdp)?.[1];
  return [...(mode === undefined ? [] : [mode]), ...(ports.length === 0 ? [] : [`port ${ports.join(', ')}`])];
}

function shorten(uri: string): string {
  return uri.length <= MAX_URI ? uri : `${uri.slice(0, MAX_URI - 13)}…${uri.slice(-12)}`;
}
