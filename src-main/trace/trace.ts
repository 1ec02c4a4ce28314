import { join } from 'node:path';
import { Clock } from './clock.ts';
import { MsrpTrace } from './msrp-tap.ts';
import type { Recorder } from './recorder.ts';
import type { TraceRecord } from './records.ts';
import { type NewRecord, SEGMENT_BYTES, Segment } from './segment.ts';
import { SegmentFiles } from './segment-files.ts';
import { DEFAULT_SETTINGS, readTraceSettings, writeTraceSettings } from './settings.ts';
import type { TraceSettings } from './settings-schema.ts';
import { SipTrace } from './sip-tap.ts';

/** How often what changed is told, in ms. */
const TELL_MS = 250;
/** How often what is not yet on disk is written there, in ms, where the trace is kept. */
const SAVE_MS = 10_000;

/** What there is of the trace. */
export type TraceState = TraceSettings & {
  readonly recording: boolean;
  /** Ids of the first and last record kept; `last` is `first` - 1 when there is none. */
  readonly first: number;
  readonly last: number;
  /** Memory in use, in bytes. */
  readonly bytes: number;
};

type Kept = { readonly number: number; readonly segment: Segment; saved: number };

/**
 * A bounded record of all SIP and MSRP of the terminals, in memory, and on disk if the user wants it kept. Recording is
 * a copy into a block of memory; whatever else is to be known is worked out by those who look.
 */
export class Trace implements Recorder {
  readonly #folder: string | null;
  readonly #files: SegmentFiles | null;
  readonly #clock = new Clock();
  #settings: TraceSettings;
  #recording = true;
  #kept: Kept[] = [];
  #nextId = 1;
  #nextNumber = 1;
  #size = 0;
  #watchers: readonly (() => void)[] = [];
  #telling: NodeJS.Timeout | null = null;
  #saving: NodeJS.Timeout | null = null;
  #lastSave: Promise<void> = Promise.resolve();

  /** Without a folder nothing of it is ever on disk. */
  constructor(folder: string | null = null, settings: TraceSettings = DEFAULT_SETTINGS) {
    this.#folder = folder;
    this.#files = folder === null ? null : new SegmentFiles(join(folder, 'trace'));
    this.#settings = settings;
  }

  /** The trace of a data folder, with what an earlier run kept. Damaged parts of it are left out. */
  static async open(folder: string): Promise<Trace> {
    const trace = new Trace(folder, await readTraceSettings(folder));
    if (trace.#settings.keep) await trace.#load();
    return trace;
  }

  get recording(): boolean {
    return this.#recording;
  }

  get state(): TraceState {
    return {
      ...this.#settings,
      recording: this.#recording,
      first: this.#kept[0]?.segment.firstId ?? this.#nextId,
      last: this.#nextId - 1,
      bytes: this.#size,
    };
  }

  /** A tap for the SIP flows of a terminal. */
  sip(terminal: string): (flow: ConstructorParameters<typeof SipTrace>[2]) => SipTrace {
    return (flow) => new SipTrace(this, terminal, flow);
  }

  /** A tap for the MSRP connections of a terminal. */
  msrp(terminal: string): (connection: ConstructorParameters<typeof MsrpTrace>[2]) => MsrpTrace {
    return (connection) => new MsrpTrace(this, terminal, connection);
  }

  record(record: NewRecord, text: string): void {
    if (!this.#recording) return;
    const at = this.#clock.now();
    const current = this.#kept.at(-1);
    if (current?.segment.addText(at, record, text) !== true && !this.#begin().addText(at, record, text))
      return;
    this.#nextId += 1;
    this.#changed();
  }

  /** Stops recording, or goes on with it. */
  setRecording(recording: boolean): void {
    this.#recording = recording;
    this.#changed();
  }

  /** Holds at once and after a restart; what was kept on disk goes when it is kept no longer. */
  async change(settings: TraceSettings): Promise<void> {
    const { keep } = this.#settings;
    this.#settings = settings;
    this.#forget();
    this.#changed();
    if (this.#folder === null) return;
    await writeTraceSettings(this.#folder, settings);
    if (settings.keep) await this.#save();
    else if (keep) await this.#inTurn((files) => files.clear());
  }

  /** Forgets all of it, on disk too. */
  async clear(): Promise<void> {
    this.#kept = [];
    this.#size = 0;
    this.#changed();
    await this.#inTurn((files) => files.clear());
  }

  /** A record, or null when there is none with this id, or no longer. */
  get(id: number): TraceRecord | null {
    const kept = this.#kept.findLast(({ segment }) => segment.firstId <= id);
    return kept?.segment.at(id - kept.segment.firstId) ?? null;
  }

  /** The records from an id on, in order. */
  *from(id: number): Generator<TraceRecord> {
    for (const { segment } of [...this.#kept]) {
      for (let index = Math.max(0, id - segment.firstId); index < segment.count; index += 1) {
        const record = segment.at(index);
        if (record !== null) yield record;
      }
    }
  }

  /** Calls back soon after something changed, and not more often than four times a second. Answers how to stop it. */
  watch(changed: () => void): () => void {
    this.#watchers = [...this.#watchers, changed];
    return () => {
      this.#watchers = this.#watchers.filter((one) => one !== changed);
    };
  }

  /** Writes what is to be kept, and records no more. */
  async close(): Promise<void> {
    this.#recording = false;
    if (this.#telling !== null) clearTimeout(this.#telling);
    if (this.#saving !== null) clearTimeout(this.#saving);
    if (this.#settings.keep) await this.#save();
    await this.#lastSave;
  }

  #begin(): Segment {
    if (this.#settings.keep) void this.#save();
    const segment = new Segment(this.#nextId);
    this.#kept.push({ number: this.#nextNumber, segment, saved: 0 });
    this.#nextNumber += 1;
    this.#size += segment.size;
    this.#forget();
    return segment;
  }

  #forget(): void {
    const most = this.#settings.megabytes * SEGMENT_BYTES;
    while (this.#size > most) {
      const oldest = this.#kept.shift();
      if (oldest === undefined) return;
      this.#size -= oldest.segment.size;
      if (oldest.saved > 0) void this.#inTurn((files) => files.remove(oldest.number));
    }
  }

  #changed(): void {
    if (this.#telling === null && this.#watchers.length > 0) {
      this.#telling = setTimeout(() => {
        this.#telling = null;
        for (const changed of this.#watchers) changed();
      }, TELL_MS);
    }
    if (this.#settings.keep && this.#saving === null && this.#files !== null && this.#recording) {
      this.#saving = setTimeout(() => {
        this.#saving = null;
        void this.#save();
      }, SAVE_MS);
      this.#saving.unref();
    }
  }

  async #load(): Promise<void> {
    if (this.#files === null) return;
    const { segments } = await this.#files.load(this.#settings.megabytes * SEGMENT_BYTES);
    for (const { number, segment } of segments) {
      this.#kept.push({ number, segment, saved: segment.count });
      this.#size += segment.size;
      this.#nextId = segment.firstId + segment.count;
      this.#nextNumber = number + 1;
    }
    // What was read back is full: it has no room but for what is in it.
    if (this.#kept.length > 0) this.#begin();
  }

  /** Writes the segments that changed. A disk that fails costs the trace after a restart, and nothing else. */
  #save(): Promise<void> {
    return this.#inTurn(async (files) => {
      for (const kept of this.#kept) {
        const { count } = kept.segment;
        if (kept.saved === count) continue;
        await files.save(kept.number, kept.segment);
        kept.saved = count;
      }
    });
  }

  #inTurn(work: (files: SegmentFiles) => Promise<void>): Promise<void> {
    const files = this.#files;
    if (files === null) return Promise.resolve();
    const done = this.#lastSave.then(() => work(files));
    this.#lastSave = done.catch(() => {});
    return this.#lastSave;
  }
}
