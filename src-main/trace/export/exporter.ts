import type { ExportFormat, GrowingFormat } from '../formats.ts';
import type { TraceRecord } from '../records.ts';
import { Summaries } from '../summaries.ts';
import type { TraceSummary } from '../summary.ts';
import { Capture } from './capture.ts';
import { ladderSvg } from './ladder-svg.ts';
import { pcapHead, pcapPacket } from './pcap.ts';
import { pcapngHead, pcapngPacket } from './pcapng.ts';
import { jsonLineOf, textOf } from './texts.ts';

/** Writes records in one of the formats, one after the other. `program` is the name and version that stand in the file. */
export class Exporter {
  readonly head: Buffer;
  readonly #format: GrowingFormat;
  readonly #capture = new Capture();

  constructor(format: GrowingFormat, program: string) {
    this.#format = format;
    this.head = format === 'pcapng' ? pcapngHead(program) : format === 'pcap' ? pcapHead() : Buffer.alloc(0);
  }

  /** The bytes that a record adds to the file. */
  add(record: TraceRecord, summary: TraceSummary): Buffer {
    switch (this.#format) {
      case 'pcapng':
        return Buffer.concat(this.#capture.packets(record).map(pcapngPacket));
      case 'pcap':
        return Buffer.concat(this.#capture.packets(record).map(pcapPacket));
      case 'txt':
        return Buffer.from(textOf(record, summary));
      case 'jsonl':
        return Buffer.from(jsonLineOf(record, summary));
    }
  }
}

/** Which records are meant: all, those of one call, or some by their ids. */
export type ExportScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'call'; readonly callId: string }
  | { readonly kind: 'ids'; readonly ids: readonly number[] };

/** What was written. */
export type Exported = { readonly pieces: AsyncIterable<Buffer>; readonly count: () => number };

/** Records between two turns of the event loop. */
const SLICE = 500;

/** The records of a scope in a format, in pieces; SIP and MSRP go on meanwhile. */
export function exportRecords(
  records: () => Iterable<TraceRecord>,
  format: ExportFormat,
  scope: ExportScope,
  program: string,
): Exported {
  let count = 0;
  async function* pieces(): AsyncGenerator<Buffer> {
    const chosen = chooser(scope);
    const summaries = new Summaries();
    const drawn: TraceSummary[] = [];
    const exporter = format === 'svg' ? null : new Exporter(format, program);
    if (exporter !== null) yield exporter.head;
    let parts: Buffer[] = [];
    let read = 0;
    for (const record of records()) {
      read += 1;
      if (read % SLICE === 0) {
        yield Buffer.concat(parts);
        parts = [];
        await new Promise((resolve) => setImmediate(resolve));
      }
      const summary = summaries.of(record);
      if (!chosen(summary)) continue;
      count += 1;
      if (exporter === null) drawn.push(summary);
      else parts.push(exporter.add(record, summary));
    }
    yield exporter === null ? Buffer.from(ladderSvg(drawn)) : Buffer.concat(parts);
  }
  return { pieces: pieces(), count: () => count };
}

function chooser(scope: ExportScope): (summary: TraceSummary) => boolean {
  switch (scope.kind) {
    case 'all':
      return () => true;
    case 'call':
      return ({ callId }) => callId === scope.callId;
    case 'ids': {
      const ids = new Set(scope.ids);
      return ({ id }) => ids.has(id);
    }
  }
}
