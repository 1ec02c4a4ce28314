import type { History } from '../history/history.ts';
import type { PushRecord } from '../history/records.ts';
import { Fifo } from '../sip/fifo.ts';
import { parseSipMessage, tagOf } from '../sip/message.ts';
import { shortKey } from '../sip/short-key.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import type { Sender } from './checks.ts';

/** 64·T1 for which a sender repeats a request, and as long again for a proxy on the way (RFC 3261 §17.1.2.2). */
const MAX_AGE_MS = 64_000;
/** Pushes read of history at a start, and how many at a time. */
const MAX_READ = 5_000;
const PAGE = 200;
/** Pushes remembered at once; the oldest are forgotten first. */
const MAX_ENTRIES = 10_000;

/** Once settled, the promise holds nothing of its message. */
type Entry = { readonly key: string; readonly until: number; readonly keeping: Promise<void> };

const KEPT = Promise.resolve();

/**
 * The messages answered 200 a moment ago, by terminal, sender, and what makes a request the same one (RFC 3261 §8.2.2.2).
 * Server transactions end with their flow and with the process; this goes on, so that a message whose 200 was lost with
 * them is answered again and neither kept nor shown twice.
 */
export class AlreadyAnswered {
  readonly #entries = new Map<string, Entry>();
  /** All entries in the order of their ends. */
  readonly #ends = new Fifo<Entry>();

  /** What history kept lately. `now` in ms since the epoch. */
  static async read(history: History, now: number = Date.now()): Promise<AlreadyAnswered> {
    const recent = await recentMessages(history, now);
    const answered = new AlreadyAnswered();
    for (const { record, at } of recent.reverse()) {
      const key = keyOfRecord(record);
      // A clock that was set back must not make it last longer.
      if (key !== null) answered.#put({ key, until: Math.min(at, now) + MAX_AGE_MS, keeping: KEPT });
    }
    return answered;
  }

  /** Whether this message was kept before, once that is known; undefined when it is new. */
  find(key: string, now: number = Date.now()): Promise<boolean> | undefined {
    this.#dropOld(now);
    const entry = this.#entries.get(key);
    return entry?.keeping.then(
      () => true,
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
        return false;
      },
    );
  }

  /** A message is being kept. Where that fails it counts as new to whoever finds that out. */
  remember(key: string, keeping: Promise<void>, now: number = Date.now()): void {
    this.#put({ key, until: now + MAX_AGE_MS, keeping });
  }

  #put(entry: Entry): void {
    this.#entries.set(entry.key, entry);
    this.#ends.push(entry);
    if (this.#ends.size > MAX_ENTRIES) this.#dropOldest();
  }

  #dropOld(now: number): void {
    while (this.#ends.first !== undefined && this.#ends.first.until <= now) this.#dropOldest();
  }

  #dropOldest(): void {
    const oldest = this.#ends.shift();
    if (oldest !== undefined && this.#entries.get(oldest.key) === oldest) this.#entries.delete(oldest.key);
  }
}

/** Messages answered 200 within the time that counts, newest first. */
async function recentMessages(
  history: History,
  now: number,
): Promise<{ readonly record: PushRecord; readonly at: number }[]> {
  const found: { readonly record: PushRecord; readonly at: number }[] = [];
  let before: string | null = null;
  for (let read = 0; read < MAX_READ; read += PAGE) {
    const { records, more } = await history.list({ limit: PAGE, before });
    for (const record of records) {
      const at = Date.parse(record.at);
      if (at + MAX_AGE_MS <= now) return found;
      if (record.method === 'MESSAGE' && record.code === 200) found.push({ record, at });
    }
    before = records.at(-1)?.id ?? null;
    if (!more) break;
  }
  return found;
}

/**
 * What a message is known by to `AlreadyAnswered`. With the sender: nobody can have the push of another taken for one
 * that was answered.
 */
export function messageKey(terminal: string, sender: Sender, request: IncomingRequest): string {
  return keyOf(terminal, sender.uri, request.from_tag, request.call_id, request.cseq);
}

/**
 * No value of a header field holds a line break. Joined, not added up: that would hold on to its parts, and with them to
 * the whole message.
 */
function keyOf(terminal: string, sender: string, tag: string, callId: string, cseq: number): string {
  return shortKey([cseq, callId, tag, sender, terminal].join('\n'));
}

/** The same of the header fields as they were kept; null when they say it no longer. */
function keyOfRecord({ terminal, from, callId, headers }: PushRecord): string | null {
  const parsed = parseSipMessage(Buffer.from(`${headers}\r\n\r\n`));
  // Without its body a message is shorter than it says, but its header fields are read.
  const message = parsed.kind === 'ok' ? parsed.message : parsed.canAnswer ? parsed.request : null;
  if (message === null) return null;
  return keyOf(terminal, from, tagOf(message.header('From')) ?? '', callId, message.cseq.number);
}
