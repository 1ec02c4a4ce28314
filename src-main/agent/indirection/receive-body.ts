import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type FinishedFile, IncomingFile } from '../../content/incoming-file.ts';
import { messageOf } from '../live-push.ts';
import { noRoom } from './content-room.ts';
import type { Deadlines } from './deadlines.ts';
import type { FetchLimits, FetchRun } from './fetch-policy.ts';
import { FetchError, type FetchedContent, sentence } from './fetch-result.ts';
import { explainTransportError } from './network-error.ts';

/** What the content has to be like. */
export type Expected = {
  readonly size: number | null;
  /** Hex, or null. */
  readonly sha1: string | null;
  readonly maxBytes: number;
  /** Bytes there is still room for. */
  readonly room: number;
};

type Surroundings = {
  readonly folder: string;
  readonly limits: Pick<FetchLimits, 'idleMs' | 'rate'>;
  readonly run: FetchRun;
  readonly deadlines: Deadlines;
};

const PART_NAME_BYTES = 12;
/** Progress is told no more often than this, in milliseconds. */
const PROGRESS_INTERVAL_MS = 100;
/** The reasons of a failed fetch for the causes of a failed file. */
const REASONS = {
  size: 'size-mismatch',
  hash: 'hash-mismatch',
  type: 'type-mismatch',
  disk: 'disk',
} as const;

/**
 * Writes the body of an answer to a file while it comes, and checks its size and hash (RFC 4483 §5.9, §5.12). Stops at
 * the first byte too many, and keeps no file that is not right. @throws FetchError
 */
export async function receiveBody(
  response: IncomingMessage,
  expected: Expected,
  surroundings: Surroundings,
): Promise<Pick<FetchedContent, 'path' | 'bytes' | 'sha1' | 'sha256'>> {
  checkEncoding(response);
  const length = lengthOf(response);
  if (length !== null) checkLength(length, expected);
  const total = expected.size ?? length;
  const { folder, deadlines } = surroundings;
  const file = await create(folder, total);
  try {
    const sha256 = await copy(response, file, { ...expected, total }, surroundings);
    const finished = await file.finish({ size: expected.size, sha1: expected.sha1 });
    return { ...checkFinished(finished), sha256 };
  } catch (error) {
    await file.discard().catch(() => {});
    throw deadlines.signal.aborted ? deadlines.signal.reason : error;
  }
}

async function create(folder: string, size: number | null): Promise<IncomingFile> {
  // The name of a part again, so that a crash before the content is where it belongs leaves nothing that stays.
  const name = `.incoming-${randomBytes(PART_NAME_BYTES).toString('hex')}.part`;
  try {
    return await IncomingFile.create({ folder, name, size });
  } catch (error) {
    throw new FetchError('disk', sentence(messageOf(error)));
  }
}

/** Returns the SHA-256 of all that came. */
async function copy(
  response: IncomingMessage,
  file: IncomingFile,
  expected: Expected & { readonly total: number | null },
  { limits, run, deadlines }: Surroundings,
): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  let toldAt = 0;
  const arm = () => deadlines.arm(limits.idleMs, 'The server stopped sending in the middle of the content.');
  const came = deadlines.meter(limits.rate);
  arm();
  for await (const chunk of chunksOf(response)) {
    deadlines.disarm();
    came(chunk.length);
    bytes += chunk.length;
    checkSoFar(bytes, expected);
    hash.update(chunk);
    await write(file, bytes - chunk.length, chunk);
    if (Date.now() - toldAt >= PROGRESS_INTERVAL_MS) {
      toldAt = Date.now();
      run.onProgress?.(bytes, expected.total);
    }
    arm();
  }
  deadlines.disarm();
  deadlines.signal.throwIfAborted();
  run.onProgress?.(bytes, expected.total);
  return hash.digest('hex');
}

async function* chunksOf(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield chunk as Buffer;
  } catch (error) {
    throw explainTransportError(error);
  }
}

async function write(file: IncomingFile, position: number, chunk: Buffer): Promise<void> {
  try {
    await file.write(position, chunk);
  } catch (error) {
    throw new FetchError('disk', sentence(`The content could not be kept: ${messageOf(error)}`));
  }
}

/** Identity was asked for. What comes compressed all the same is not unpacked: it may be a bomb. */
function checkEncoding({ headers }: IncomingMessage): void {
  const { 'content-encoding': content = 'identity', 'transfer-encoding': transfer = 'chunked' } = headers;
  if (/^\s*(?:identity)?\s*$/i.test(content) && /^\s*(?:chunked|identity)\s*$/i.test(transfer)) return;
  throw new FetchError('encoded', 'The server sent the content compressed, though it was asked not to.');
}

function lengthOf({ headers }: IncomingMessage): number | null {
  const text = headers['content-length'] ?? '';
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** What the server announces. */
function checkLength(bytes: number, { size, maxBytes, room }: Expected): void {
  if (bytes > maxBytes) {
    throw new FetchError('too-large', `The content has ${bytes} bytes; at most ${maxBytes} are taken.`);
  }
  if (bytes > room) throw noRoom();
  if (size !== null && bytes !== size) {
    throw new FetchError('size-mismatch', `The content has ${bytes} bytes, but ${size} were promised.`);
  }
}

/** What came so far. */
function checkSoFar(bytes: number, { size, maxBytes, room }: Expected): void {
  if (bytes > maxBytes) {
    throw new FetchError('too-large', `The content has more than the ${maxBytes} bytes that are taken.`);
  }
  if (bytes > room) throw noRoom();
  if (size !== null && bytes > size) {
    throw new FetchError('size-mismatch', `The content has more than the ${size} bytes that were promised.`);
  }
}

function checkFinished(file: FinishedFile): Pick<FetchedContent, 'path' | 'bytes' | 'sha1'> {
  if (file.kind === 'failed') throw new FetchError(REASONS[file.cause], sentence(file.reason));
  return { path: file.path, bytes: file.bytes, sha1: file.sha1.replaceAll(':', '').toLowerCase() };
}
