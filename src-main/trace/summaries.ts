import { readGap, readMsrp } from './read-msrp.ts';
import { readSip } from './read-sip.ts';
import type { TraceLink, TraceRecord } from './records.ts';
import { frameOf, type Reading, type TraceSummary } from './summary.ts';

/** Bytes of a message that are read for its summary. */
const MAX_READ_BYTES = 16 * 1024;
/** MSRP sessions and UDP messages that are remembered. */
const MAX_SESSIONS = 10_000;
const MAX_SEEN = 2_000;

/**
 * Summaries of records, made in their order: SDP tells which call an MSRP session belongs to, and of two equal messages
 * over UDP the second is a repetition.
 */
export class Summaries {
  readonly #calls = new Map<string, string>();
  readonly #seen = new Map<string, number>();
  readonly #latest = new WeakMap<TraceLink, string>();

  of(record: TraceRecord): TraceSummary {
    const frame = frameOf(record);
    if (record.kind === 'keep-alive') return { ...frame, ...keepAliveReading(record.kept) };
    const reading = read(record);
    const { sessions, sameness, ...shown } = reading;
    const note = this.#isRepeated(record, sameness) ? ['repeated', shown.note] : [shown.note];
    return {
      ...frame,
      ...shown,
      note: note.filter(Boolean).join(' · '),
      callId: this.#callOf(record, reading),
    };
  }

  #callOf({ link }: TraceRecord, { callId, sessions }: Reading): string | null {
    if (link.protocol === 'sip') {
      if (callId !== null)
        for (const session of sessions) remember(this.#calls, session, callId, MAX_SESSIONS);
      return callId;
    }
    const named = sessions.map((session) => this.#calls.get(session)).find((call) => call !== undefined);
    if (named !== undefined) this.#latest.set(link, named);
    // A count of responses names no session; it is about what went before.
    return named ?? (sessions.length === 0 ? (this.#latest.get(link) ?? null) : null);
  }

  #isRepeated({ id, link, direction }: TraceRecord, sameness: string | null): boolean {
    if (link.transport !== 'UDP' || sameness === null) return false;
    const key = `${direction} ${link.terminal} ${sameness}`;
    const first = this.#seen.get(key);
    if (first === undefined) remember(this.#seen, key, id, MAX_SEEN);
    return first !== undefined && first !== id;
  }
}

function read({ kind, link, kept }: TraceRecord): Reading {
  const tail = kept.length > MAX_READ_BYTES ? kept.toString('latin1', kept.length - 64) : '';
  const text = kept.toString('latin1', 0, MAX_READ_BYTES) + tail;
  if (kind === 'gap') return readGap(text);
  return link.protocol === 'sip' ? readSip(text) : readMsrp(text);
}

function keepAliveReading(kept: Buffer) {
  const text = kept.toString('latin1');
  const names: Readonly<Record<string, string>> = { '\r\n\r\n': 'Ping', '\r\n': 'Pong' };
  const title = names[text] ?? (text.startsWith('WebSocket') ? text : 'STUN');
  return { title, note: '', method: null, code: null, callId: null, messageId: null, error: false } as const;
}

/** Keeps at most so many; the oldest goes. */
function remember<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
