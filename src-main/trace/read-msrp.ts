import { z } from 'zod';
import type { Gap } from './msrp-tap.ts';
import type { Reading } from './summary.ts';

const gapSchema: z.ZodType<Gap> = z.object({
  what: z.enum(['SEND', '200']),
  count: z.int(),
  content: z.int(),
  messageId: z.string().nullable(),
});
const START = /^MSRP (\S+) (?:(\d{3})(?: ([^\r\n]*))?|([A-Z]+))\r\n/;
const SESSIONS = /^(?:To|From)-Path:[^\r\n]*?msrps?:\/\/[^\s/]+\/([^;\s]+);[^\s]*\r?$/gim;
const MESSAGE_ID = /^Message-ID:[ \t]*([^\r\n]+)/im;
const BYTE_RANGE = /^Byte-Range:[ \t]*([^\r\n]+)/im;
const STATUS = /^Status:[ \t]*(\d{3} (\d{3})[^\r\n]*)/im;
const SUCCESS_REPORT = /^Success-Report:[ \t]*yes/im;
const FLAG = /\r\n-------\S+([$+#])\r\n$/;

/** What an MSRP message says of itself (RFC 4975 §7). Anything is read; nothing is judged. */
export function readMsrp(text: string): Reading {
  const start = START.exec(text);
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const common = {
    callId: null,
    messageId: MESSAGE_ID.exec(head)?.[1]?.trim() ?? null,
    sessions: [...head.matchAll(SESSIONS)].map(([, id = '']) => id),
    sameness: null,
  };
  if (start === null)
    return { ...common, title: 'Not readable as MSRP', note: '', method: null, code: null, error: true };
  const [, , codeText, comment = '', method = null] = start;
  if (codeText !== undefined) {
    const code = Number(codeText);
    const error = code !== 200 && code !== 401;
    return { ...common, title: `${code} ${comment}`.trim(), note: '', method: null, code, error };
  }
  const range = BYTE_RANGE.exec(head)?.[1]?.trim() ?? '';
  const flag = FLAG.exec(text)?.[1] ?? null;
  const status = STATUS.exec(head);
  const notes = [
    status === null ? null : `Status: ${status[1]}`,
    SUCCESS_REPORT.test(head) ? 'Success-Report: yes' : null,
    flag === '#' ? 'given up' : null,
    flag === null ? 'cut off' : null,
  ];
  return {
    ...common,
    title: [method, range, flag === '$' && method === 'SEND' && range !== '' ? '$' : '']
      .filter(Boolean)
      .join(' '),
    note: notes.filter(Boolean).join(' · '),
    method,
    code: null,
    error: flag !== '$' && flag !== '+' ? true : status !== null && status[2] !== '200',
  };
}

/** The text of a gap in words. */
export function readGap(text: string): Reading {
  const { what, count, content, messageId } = gapOf(text);
  const many = count.toLocaleString('en-US');
  return {
    title: what === 'SEND' ? `… ${many} more SEND` : `… ${many} more 200 OK`,
    note: what === 'SEND' ? `${content.toLocaleString('en-US')} bytes, counted only` : 'counted only',
    method: what === 'SEND' ? 'SEND' : null,
    code: null,
    callId: null,
    messageId,
    sessions: [],
    error: false,
    sameness: null,
  };
}

/** What a gap says of itself. A trace read back from disk may hold anything. */
export function gapOf(text: string): Gap {
  try {
    return gapSchema.parse(JSON.parse(text));
  } catch {
    return { what: 'SEND', count: 0, content: 0, messageId: null };
  }
}
