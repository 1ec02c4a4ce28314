import type { History } from '../history/history.ts';
import type { PushRecord } from '../history/records.ts';
import type { Emit } from './events.ts';
import { LivePush, messageOf } from './live-push.ts';

/** Times and numbers that keep a flood of refused pushes from filling the disk. */
export type RefusedRowLimits = {
  /** The same refusal again within this time of the last counts on the row of that. */
  readonly repeatMs: number;
  /** How long a row counts at most; a new one begins after it. */
  readonly rowMs: number;
  /** Rows a minute; what is refused beyond them counts on one row. */
  readonly rowsAMinute: number;
  /** Refused rows of the whole history; the oldest go first. */
  readonly rows: number;
  /** A count that grows is written this often at most. */
  readonly writeMs: number;
};

const DEFAULT_LIMITS: RefusedRowLimits = {
  repeatMs: 60_000,
  rowMs: 10 * 60_000,
  rowsAMinute: 60,
  rows: 10_000,
  writeMs: 1_000,
};
const MINUTE_MS = 60_000;
/** Of the header fields of a refused push, and of what else the sender wrote, in characters. */
const MAX_HEADERS_LENGTH = 4096;
const MAX_TEXT_LENGTH = 256;
/** Repetitions that have a line in the timeline of their row. */
const MAX_LINES = 20;
/** Old rows are looked for each time so many new ones came. */
const ROWS_BETWEEN_SWEEPS = 100;
/** Key of the row for what has none of its own. */
const REST = 'rest';
const REST_REASON = 'More pushes were refused than are shown one by one. The first of these: ';

/** A row that further refusals count on. */
type OpenRow = {
  readonly push: LivePush;
  readonly begun: number;
  last: number;
  times: number;
  /** Runs while a count waits to be written. */
  timer: NodeJS.Timeout | null;
};

/**
 * Keeps a row for each refused push, bounded however many are refused: the same refusal again counts on the row of the
 * one before, what its sender wrote is cut short, and old rows go.
 */
export class RefusedRows {
  readonly #history: History;
  readonly #emit: Emit;
  readonly #limits: RefusedRowLimits;
  readonly #open = new Map<string, OpenRow>();
  #minute = 0;
  #inMinute = 0;
  #kept = 0;

  constructor(history: History, emit: Emit, limits: RefusedRowLimits = DEFAULT_LIMITS) {
    this.#history = history;
    this.#emit = emit;
    this.#limits = limits;
  }

  /** Keeps a refused push, or counts it on a row. What goes wrong is told as an error. */
  keep(record: PushRecord): void {
    const now = Date.now();
    this.#closeOld(now);
    const { method, from, application, code, reason } = record;
    const key = JSON.stringify([method, from, application, code, reason]);
    const same = this.#open.get(key);
    if (same !== undefined) {
      this.#count(same, record, now);
    } else if (this.#mayBegin(now)) {
      this.#begin(key, record, now);
    } else {
      const rest = this.#open.get(REST);
      if (rest === undefined) this.#begin(REST, { ...record, reason: REST_REASON + (reason ?? '') }, now);
      else this.#count(rest, record, now);
    }
  }

  /** Rows were removed: what would count on them begins a new one. */
  removed(ids: readonly string[]): void {
    for (const [key, row] of this.#open) if (ids.includes(row.push.id)) this.#close(key, row);
  }

  /** Writes the counts that wait. */
  close(): void {
    for (const [key, row] of this.#open) this.#close(key, row);
  }

  #begin(key: string, record: PushRecord, now: number): void {
    const push = new LivePush(this.#history, this.#emit, cutShort(record));
    this.#open.set(key, { push, begun: now, last: now, times: 1, timer: null });
    push.keep().catch((error: unknown) => this.#tell('A refused push could not be recorded', error));
    if (this.#kept % ROWS_BETWEEN_SWEEPS === 0) void this.#sweep();
    this.#kept += 1;
  }

  #count(row: OpenRow, { method, callId, code }: PushRecord, now: number): void {
    row.last = now;
    row.times += 1;
    if (row.times <= MAX_LINES + 1) {
      const detail = `${code} sent, Call-ID ${cut(callId)}`;
      row.push.log({ side: 'in', ok: false, title: `${method} received again`, detail });
    }
    row.timer ??= setTimeout(() => this.#write(row), this.#limits.writeMs);
  }

  #write(row: OpenRow): void {
    if (row.timer !== null) clearTimeout(row.timer);
    row.timer = null;
    if (row.times > row.push.record.times) row.push.update({ times: row.times });
  }

  #closeOld(now: number): void {
    const { repeatMs, rowMs } = this.#limits;
    for (const [key, row] of this.#open)
      if (now - row.last > repeatMs || now - row.begun > rowMs) this.#close(key, row);
  }

  #close(key: string, row: OpenRow): void {
    this.#open.delete(key);
    this.#write(row);
  }

  #mayBegin(now: number): boolean {
    if (now - this.#minute > MINUTE_MS) {
      this.#minute = now;
      this.#inMinute = 0;
    }
    this.#inMinute += 1;
    return this.#inMinute <= this.#limits.rowsAMinute;
  }

  async #sweep(): Promise<void> {
    try {
      await this.#history.removeOldRefused(this.#limits.rows);
    } catch (error) {
      this.#tell('Old refused pushes could not be removed', error);
    }
  }

  #tell(what: string, error: unknown): void {
    this.#emit({ event: 'error', message: `${what}: ${messageOf(error)}` });
  }
}

/** What its sender wrote, cut short. */
function cutShort(record: PushRecord): PushRecord {
  const { headers, application, from, callId, contentType, reason, delivery } = record;
  const more = headers.length - MAX_HEADERS_LENGTH;
  return {
    ...record,
    headers:
      more > 0 ? `${headers.slice(0, MAX_HEADERS_LENGTH)}\n… ${more} more characters, not kept` : headers,
    application: application === null ? null : cut(application),
    from: cut(from),
    callId: cut(callId),
    contentType: contentType === null ? null : cut(contentType),
    reason: reason === null ? null : cut(reason),
    delivery: delivery.map((line) => ({ ...line, detail: cut(line.detail) })),
  };
}

function cut(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
}
