import { z } from 'zod';
import { TRACE_KINDS, type TraceKind, type TraceLink, type TraceRecord } from './records.ts';

/** Bytes of one segment, the unit in which the trace forgets and is written to disk. */
export const SEGMENT_BYTES = 1024 * 1024;

/** What is recorded, before it has a place. */
export type NewRecord = {
  readonly direction: 'in' | 'out';
  readonly kind: TraceKind;
  readonly link: TraceLink;
  readonly bytes: number;
  readonly elided: number;
};

/*
 * Layout of an entry, little endian:
 *   0  u32  length of the entry
 *   4  u8   1 a link: its JSON follows at 8. 2 a record
 *   5  u8   of a record: bit 0 sent by us, from bit 1 its kind
 *   6  u16  number of the link in this segment
 *   8  f64  of a record: time in µs
 *  16  f64  bytes on the wire
 *  24  f64  content bytes left out
 *  32       the bytes kept
 */
const LINK = 1;
const RECORD = 2;
const LINK_HEAD = 8;
const RECORD_HEAD = 32;
const MAX_LINKS = 0xffff;

const endSchema = z.object({ host: z.string(), port: z.int().min(0).max(65_535) });
const linkSchema = z.object({
  protocol: z.enum(['sip', 'msrp']),
  transport: z.string(),
  terminal: z.string(),
  local: endSchema,
  remote: endSchema,
  opened: z.enum(['in', 'out']),
});

/** Some records in one block of memory, complete in itself: the connections they came over are told in it. */
export class Segment {
  /** Id of its first record. */
  readonly firstId: number;
  readonly #memory: Buffer;
  #end = 0;
  readonly #offsets: number[] = [];
  readonly #links: TraceLink[] = [];
  /** Connections by their number here. */
  readonly #numbers = new Map<TraceLink, number>();

  constructor(firstId: number, memory: Buffer = Buffer.allocUnsafe(SEGMENT_BYTES)) {
    this.firstId = firstId;
    this.#memory = memory;
  }

  /** A segment from what `contents` gave. @throws Error when it is not whole. */
  static read(firstId: number, contents: Buffer): Segment {
    const segment = new Segment(firstId, contents);
    segment.#walk();
    return segment;
  }

  get count(): number {
    return this.#offsets.length;
  }

  /** Bytes of memory it holds. */
  get size(): number {
    return this.#memory.length;
  }

  /** Everything in it, as `read` takes it. */
  get contents(): Buffer {
    return this.#memory.subarray(0, this.#end);
  }

  /** Adds a record of a time in µs with latin1 text. False when there is no room. */
  addText(at: number, record: NewRecord, text: string): boolean {
    const number = this.#numberOf(record.link);
    const length = RECORD_HEAD + text.length;
    if (number === null || this.#end + length > this.#memory.length) return false;
    this.#memory.write(text, this.#end + RECORD_HEAD, 'latin1');
    this.#head(at, record, number, length);
    return true;
  }

  /** The record at a place, counted from 0. */
  at(index: number): TraceRecord | null {
    const offset = this.#offsets[index];
    if (offset === undefined) return null;
    const memory = this.#memory;
    const flags = memory[offset + 5] ?? 0;
    const link = this.#links[memory.readUInt16LE(offset + 6)];
    const kind = TRACE_KINDS[flags >> 1];
    if (link === undefined || kind === undefined) return null;
    return {
      id: this.firstId + index,
      at: memory.readDoubleLE(offset + 8),
      direction: (flags & 1) === 1 ? 'out' : 'in',
      kind,
      link,
      bytes: memory.readDoubleLE(offset + 16),
      elided: memory.readDoubleLE(offset + 24),
      kept: memory.subarray(offset + RECORD_HEAD, offset + memory.readUInt32LE(offset)),
    };
  }

  #head(at: number, { direction, kind, bytes, elided }: NewRecord, number: number, length: number): void {
    const memory = this.#memory;
    const start = this.#end;
    memory.writeUInt32LE(length, start);
    memory[start + 4] = RECORD;
    memory[start + 5] = (direction === 'out' ? 1 : 0) | (TRACE_KINDS.indexOf(kind) << 1);
    memory.writeUInt16LE(number, start + 6);
    memory.writeDoubleLE(at, start + 8);
    memory.writeDoubleLE(bytes, start + 16);
    memory.writeDoubleLE(elided, start + 24);
    this.#offsets.push(start);
    this.#end = start + length;
  }

  /** The number of a connection, told first where it is new; null when there is no room. */
  #numberOf(link: TraceLink): number | null {
    const known = this.#numbers.get(link);
    if (known !== undefined) return known;
    const text = Buffer.from(JSON.stringify(link));
    const length = LINK_HEAD + text.length;
    const number = this.#links.length;
    if (number > MAX_LINKS || this.#end + length > this.#memory.length) return null;
    this.#memory.writeUInt32LE(length, this.#end);
    this.#memory[this.#end + 4] = LINK;
    this.#memory[this.#end + 5] = 0;
    this.#memory.writeUInt16LE(number, this.#end + 6);
    text.copy(this.#memory, this.#end + LINK_HEAD);
    this.#end += length;
    this.#links.push(link);
    this.#numbers.set(link, number);
    return number;
  }

  #walk(): void {
    const memory = this.#memory;
    while (this.#end < memory.length) {
      const start = this.#end;
      if (memory.length - start < LINK_HEAD) throw new Error('an entry is cut off');
      const length = memory.readUInt32LE(start);
      const number = memory.readUInt16LE(start + 6);
      const type = memory[start + 4];
      const least = type === RECORD ? RECORD_HEAD : LINK_HEAD;
      if (length < least || start + length > memory.length) throw new Error('an entry has a wrong length');
      if (type === LINK) {
        const json = JSON.parse(memory.toString('utf8', start + LINK_HEAD, start + length)) as unknown;
        if (number !== this.#links.length) throw new Error('a connection is out of order');
        this.#links.push(linkSchema.parse(json));
      } else if (type === RECORD) {
        this.#check(start, number);
        this.#offsets.push(start);
      } else throw new Error('an entry is of no known kind');
      this.#end = start + length;
    }
  }

  #check(start: number, number: number): void {
    const memory = this.#memory;
    const numbers = [8, 16, 24].map((at) => memory.readDoubleLE(start + at));
    const sound =
      number < this.#links.length &&
      (memory[start + 5] ?? 0) >> 1 < TRACE_KINDS.length &&
      numbers.every((value) => Number.isSafeInteger(value) && value >= 0);
    if (!sound) throw new Error('a record makes no sense');
  }
}
