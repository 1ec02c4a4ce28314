import { maskCredentials } from './mask.ts';
import type { Recorder } from './recorder.ts';
import type { TraceLink } from './records.ts';

/** Bytes of the body of one MSRP message that are kept; what lies beyond is only counted. */
export const MAX_MSRP_BODY_BYTES = 2048;
/** Chunks of one message, and 200 responses in a row, that are recorded one by one before they are only counted. */
export const FIRST_CHUNKS = 20;
/** Messages on one connection whose chunks are counted at once. */
const MAX_RUNS = 64;
/** What is only counted is told at least this often, in ms. */
const GAP_MS = 5_000;
/** Bytes of a message that was read whole, or was no MSRP, that are kept. */
const MAX_WHOLE_BYTES = 64 * 1024;

/** As a buffer: shared memory must not be searched for a number (see the MSRP parser). */
const SPACE_ALONE = Buffer.from(' ');
const OK = Buffer.from('200');
const MESSAGE_ID = /\r\nMessage-ID:[ \t]*([^\r\n]+)\r\n/i;

type Direction = 'in' | 'out';
type Flag = '$' | '+' | '#';
type Connection = Pick<TraceLink, 'transport' | 'local' | 'remote' | 'opened'>;

/** What stands in the text of a gap. */
export type Gap = {
  readonly what: 'SEND' | '200';
  readonly count: number;
  /** Content bytes of what was left out. */
  readonly content: number;
  readonly messageId: string | null;
};

/** One request on its way, until its end-line. Views, let go of at its end. */
type Open = { readonly head: Buffer; readonly body: Buffer[]; kept: number; bodyBytes: number };

/** The chunks of one message. */
type Run = {
  readonly messageId: string;
  /** The line by which its next chunk is recognised. */
  readonly needle: Buffer;
  count: number;
  left: Left;
};

/** What was left out since it was told last. */
type Left = { count: number; bytes: number; content: number; since: number };

/**
 * Records what one MSRP connection of a terminal carries; fits the tap of the msrp folder's connections. Of long bodies
 * the beginning is kept, of a message in many chunks the first ones and the last, and the rest is counted.
 */
export class MsrpTrace {
  readonly #recorder: Recorder;
  readonly #link: TraceLink;
  readonly #open: { in: Open | null; out: Open | null } = { in: null, out: null };
  readonly #runs: { readonly in: Map<string, Run>; readonly out: Map<string, Run> };
  readonly #latest: { in: Run | null; out: Run | null } = { in: null, out: null };
  readonly #oks: { readonly in: OkRun; readonly out: OkRun };

  constructor(recorder: Recorder, terminal: string, connection: Connection) {
    this.#recorder = recorder;
    this.#link = { protocol: 'msrp', terminal, ...connection };
    this.#runs = { in: new Map(), out: new Map() };
    this.#oks = { in: newOkRun(), out: newOkRun() };
  }

  message(direction: Direction, bytes: Buffer): void {
    if (!this.#recorder.recording || bytes.length === 0) return;
    const oks = this.#oks[direction];
    if (isOk(bytes)) {
      oks.count += 1;
      if (oks.count > FIRST_CHUNKS && !oks.last) {
        leaveOut(oks.left, bytes.length, 0);
        if (isDue(oks.left)) this.#tellOks(direction);
        return;
      }
    }
    this.#tellOks(direction);
    if (oks.last || !isOk(bytes)) oks.count = 0;
    oks.last = false;
    const kept = bytes.toString('latin1', 0, MAX_WHOLE_BYTES);
    this.#record(direction, kept, bytes.length, bytes.length - kept.length);
  }

  head(direction: Direction, bytes: Buffer): void {
    this.#open[direction] = { head: Buffer.from(bytes), body: [], kept: 0, bodyBytes: 0 };
  }

  body(direction: Direction, slice: Buffer): void {
    const open = this.#open[direction];
    if (open === null) return;
    open.bodyBytes += slice.length;
    if (open.kept >= MAX_MSRP_BODY_BYTES) return;
    const kept = Buffer.from(slice.subarray(0, MAX_MSRP_BODY_BYTES - open.kept));
    open.kept += kept.length;
    open.body.push(kept);
  }

  end(direction: Direction, flag: Flag): void {
    const open = this.#open[direction];
    this.#open[direction] = null;
    if (open === null || !this.#recorder.recording) return;
    const run = this.#runOf(direction, open.head);
    if (run !== null) {
      run.count += 1;
      if (run.count > FIRST_CHUNKS && flag === '+') {
        leaveOut(run.left, open.head.length + open.bodyBytes, open.bodyBytes);
        if (isDue(run.left)) this.#tellChunks(direction, run);
        return;
      }
      this.#tellChunks(direction, run);
      if (flag !== '+') {
        // The response to the last chunk is worth seeing.
        if (run.count > FIRST_CHUNKS) this.#oks[direction === 'in' ? 'out' : 'in'].last = true;
        this.#runs[direction].delete(run.messageId);
        this.#latest[direction] = null;
      }
    }
    this.#tellOks(direction);
    this.#recordOpen(direction, open, `\r\n-------${transactionOf(open.head)}${flag}\r\n`);
  }

  keepAlive(direction: Direction): void {
    if (!this.#recorder.recording) return;
    const record = { direction, kind: 'keep-alive', link: this.#link, bytes: 2, elided: 0 } as const;
    this.#recorder.record(record, '\r\n');
  }

  /** Tells what was only counted, and what broke off. */
  closed(): void {
    if (!this.#recorder.recording) return;
    for (const direction of ['in', 'out'] as const) {
      for (const run of this.#runs[direction].values()) this.#tellChunks(direction, run);
      this.#tellOks(direction);
      const open = this.#open[direction];
      if (open !== null) this.#recordOpen(direction, open, '');
      this.#open[direction] = null;
    }
  }

  /** The message that a chunk is of; null for what is no SEND. */
  #runOf(direction: Direction, head: Buffer): Run | null {
    const latest = this.#latest[direction];
    if (latest !== null && head.includes(latest.needle)) return latest;
    const text = head.toString('latin1');
    const found = MESSAGE_ID.exec(text);
    const [needle, messageId] = found ?? [];
    if (needle === undefined || messageId === undefined || !/^MSRP \S+ SEND\r\n/.test(text)) return null;
    const runs = this.#runs[direction];
    let run = runs.get(messageId);
    if (run === undefined) {
      run = { messageId, needle: Buffer.from(needle, 'latin1'), count: 0, left: newLeft() };
      this.#forgetOldest(direction);
      runs.set(messageId, run);
    }
    this.#latest[direction] = run;
    return run;
  }

  #forgetOldest(direction: Direction): void {
    const runs = this.#runs[direction];
    const [oldest] = runs.values();
    if (runs.size < MAX_RUNS || oldest === undefined) return;
    this.#tellChunks(direction, oldest);
    runs.delete(oldest.messageId);
  }

  #tellChunks(direction: Direction, { messageId, left }: Run): void {
    this.#tell(direction, left, 'SEND', messageId);
  }

  #tellOks(direction: Direction): void {
    this.#tell(direction, this.#oks[direction].left, '200', null);
  }

  #tell(direction: Direction, left: Left, what: Gap['what'], messageId: string | null): void {
    const { count, content, bytes } = left;
    if (count === 0) return;
    const gap: Gap = { what, count, content, messageId };
    const record = { direction, kind: 'gap', link: this.#link, bytes, elided: bytes } as const;
    this.#recorder.record(record, JSON.stringify(gap));
    Object.assign(left, newLeft());
  }

  #recordOpen(direction: Direction, { head, body, kept, bodyBytes }: Open, endLine: string): void {
    const text = [head, ...body].map((piece) => piece.toString('latin1')).join('') + endLine;
    this.#record(direction, text, head.length + bodyBytes + endLine.length, bodyBytes - kept);
  }

  #record(direction: Direction, text: string, bytes: number, elided: number): void {
    const record = { direction, kind: 'message', link: this.#link, bytes, elided } as const;
    this.#recorder.record(record, maskCredentials(text));
  }
}

/** 200 responses in a row one way. `last`: the next one is the answer to the last chunk of a message. */
type OkRun = { count: number; last: boolean; readonly left: Left };

function newOkRun(): OkRun {
  return { count: 0, last: false, left: newLeft() };
}

function newLeft(): Left {
  return { count: 0, bytes: 0, content: 0, since: 0 };
}

function leaveOut(left: Left, bytes: number, content: number): void {
  if (left.count === 0) left.since = performance.now();
  left.count += 1;
  left.bytes += bytes;
  left.content += content;
}

/** Looks at the clock only now and then. */
function isDue(left: Left): boolean {
  return left.count % 64 === 0 && performance.now() - left.since > GAP_MS;
}

/** Whether it is a response with code 200: `MSRP`, transaction id, code. */
function isOk(bytes: Buffer): boolean {
  const second = bytes.indexOf(SPACE_ALONE, 5);
  return second !== -1 && bytes.compare(OK, 0, OK.length, second + 1, second + 1 + OK.length) === 0;
}

function transactionOf(head: Buffer): string {
  const end = head.indexOf(SPACE_ALONE, 5);
  return head.toString('latin1', 5, end === -1 ? 5 : end);
}
