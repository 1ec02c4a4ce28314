import type { TraceRecord } from './records.ts';

/** How long one turn of the event loop may go to a search, in ms. */
const SLICE_MS = 4;
const LOOK_EVERY = 50;

/** Ids of the records that hold a text, in any case of letters; SIP and MSRP go on meanwhile. */
export async function findText(records: Iterable<TraceRecord>, text: string): Promise<readonly number[]> {
  const wanted = Buffer.from(text).toString('latin1').toLowerCase();
  const found: number[] = [];
  let until = performance.now() + SLICE_MS;
  let read = 0;
  for (const { id, kept } of records) {
    if (kept.toString('latin1').toLowerCase().includes(wanted)) found.push(id);
    read += 1;
    if (read % LOOK_EVERY !== 0 || performance.now() < until) continue;
    await new Promise((resolve) => setImmediate(resolve));
    until = performance.now() + SLICE_MS;
  }
  return found;
}
