import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Fault, SLOW_PIECES, slowPause } from './faults.ts';

/** Largest chunk that nothing may interrupt, so that its range is known before it goes (RFC 4975 §7.1.1). */
const MAX_SWAPPED_CHUNK = 2048;
/** Bytes read from the disk at a time. */
const READ_BYTES = 256 * 1024;

/** The bytes of one MSRP message in the order they are sent, in chunks of a size that suits. */
export type SentContent = {
  readonly source: AsyncIterable<Buffer>;
  readonly chunkBytes: number;
  /** Where in the message the chunk belongs that begins at this byte of the source; in order when absent. */
  readonly startOf?: (position: number) => number;
};

type Parts = {
  readonly path: string;
  /** The first byte of the file that is sent, from 1. */
  readonly from: number;
  /** What goes before it. */
  readonly prefix: Buffer;
  /** Bytes of both. */
  readonly total: number;
};

/** Content as it is to be sent. */
export function contentOf(parts: Parts, chunkBytes: number, fault: Fault | undefined): SentContent {
  const { total } = parts;
  if (fault === 'out-of-order') {
    const size = Math.max(1, Math.min(chunkBytes, MAX_SWAPPED_CHUNK, Math.ceil(total / 4)));
    const startOf = (position: number): number => swapped(position, size, total);
    return { source: inOrder(parts, size, startOf), chunkBytes: size, startOf };
  }
  const source = wholeFile(parts);
  // Halfway there must be a chunk to break off after.
  if (fault === 'lost-connection') {
    return { source, chunkBytes: Math.max(1, Math.min(chunkBytes, Math.ceil(total / 4))) };
  }
  if (fault !== 'slow-sender') return { source, chunkBytes };
  const size = Math.max(1, Math.ceil(total / SLOW_PIECES));
  return { source: dripping(source, size), chunkBytes: Math.min(chunkBytes, size) };
}

/** The second chunk of each pair first; what fills no pair stays in its place, and with it the end of the message. */
function swapped(position: number, size: number, total: number): number {
  const pair = Math.floor(position / (2 * size)) * 2 * size;
  if (pair + 2 * size >= total) return position;
  return position === pair ? pair + size : pair;
}

async function* wholeFile({ path, from, prefix }: Parts): AsyncIterable<Buffer> {
  if (prefix.length > 0) yield prefix;
  for await (const chunk of createReadStream(path, { start: from - 1, highWaterMark: READ_BYTES }))
    yield chunk as Buffer;
}

async function* dripping(source: AsyncIterable<Buffer>, size: number): AsyncIterable<Buffer> {
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length; at += size) {
      await slowPause();
      yield bytes.subarray(at, at + size);
    }
  }
}

async function* inOrder(
  { path, from, prefix, total }: Parts,
  size: number,
  startOf: (position: number) => number,
): AsyncIterable<Buffer> {
  const file = await open(path);
  try {
    for (let position = 0; position < total; position += size) {
      const start = startOf(position);
      const chunk = Buffer.alloc(Math.min(size, total - start));
      const fromPrefix = prefix.copy(chunk, 0, Math.min(start, prefix.length));
      await file.read(
        chunk,
        fromPrefix,
        chunk.length - fromPrefix,
        from - 1 + Math.max(0, start - prefix.length),
      );
      yield chunk;
    }
  } finally {
    await file.close();
  }
}
