import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { BLOCK_BYTES, type Block, blocks } from './blocks.ts';
import { Sha1 } from './sha1-worker.ts';

/** Blocks of one file on their way to disk and hash, beyond which `write` asks for patience. */
export const MAX_BLOCKS_UNDER_WAY = 8;

/** How long bytes wait for others to share a block with: whoever stops sending has them on the disk this soon. */
export const GATHER_MS = 20;

export type PartWriterOptions = {
  /** Bytes that are there already, from the first on. */
  readonly bytes: number;
  /** Called once, before bytes are written that leave a gap behind the first so many; they wait for it. */
  readonly beforeGap: (contiguous: number) => Promise<void>;
};

/** What a jump leaves of a block: less than this is copied, so that a few bytes do not hold a whole block. */
const SCRAP_BYTES = BLOCK_BYTES / 8;

/** A full block, or what there was of it before a jump; `block` is null where that was copied. */
type Piece = { readonly block: Block | null; readonly bytes: Buffer; readonly position: number };

/**
 * Writes a file from slices of any size: they are gathered in blocks, which go to the disk several at a time, one write
 * after the other, and meanwhile to a thread that hashes them as long as they come in order. Memory is bounded by
 * MAX_BLOCKS_UNDER_WAY, and by the MAX_BLOCKS of all files; pieces that jump to and fro take what they have of bytes.
 */
export class PartWriter {
  readonly #handle: FileHandle;
  readonly #beforeGap: (contiguous: number) => Promise<void>;
  /** Bytes from the first on without a gap. */
  #contiguous = 0;
  #hasGap: boolean = false;
  /** What the next write has to wait for. */
  #prepared: Promise<void> | null = null;
  #current: Block | null = null;
  #filled = 0;
  /** Position behind the last byte taken. */
  #next = 0;
  #end = 0;
  #inOrder: boolean = true;
  #sha1: Sha1 | null = null;
  /** Hash of a file that is smaller than a block: a thread would take longer to be told. */
  #small: string | null = null;
  readonly #queue: Piece[] = [];
  #writing: boolean = false;
  #gatherTimer: NodeJS.Timeout | null = null;
  /** How many of disk and hash still need a piece. */
  readonly #readers = new Map<Piece, number>();
  #failure: unknown = null;
  #waiters: { readonly until: number; readonly resolve: () => void }[] = [];

  constructor(handle: FileHandle, options: Partial<PartWriterOptions> = {}) {
    const { bytes = 0, beforeGap = () => Promise.resolve() } = options;
    this.#handle = handle;
    this.#beforeGap = beforeGap;
    this.#contiguous = bytes;
    this.#end = bytes;
    // What was there before is hashed with the whole.
    this.#inOrder = bytes === 0;
  }

  /** Bytes from the first on without a gap, as far as they came before the first gap. */
  get contiguous(): number {
    return this.#contiguous;
  }

  /** Position behind the highest byte taken. */
  get end(): number {
    return this.#end;
  }

  /** What made a write fail, or null. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Takes bytes for a position from 0, copying them. A promise means: wait for it before sending more. Never throws. */
  write(position: number, bytes: Buffer): void | Promise<void> {
    if (bytes.length === 0) return undefined;
    this.#followOrder(position, bytes.length);
    if (position !== this.#next) {
      this.#cut();
      this.#inOrder = false;
      this.#sha1?.drop();
      this.#sha1 = null;
      this.#next = position;
    }
    if (this.#small !== null) this.#inOrder = false;
    this.#small = null;
    for (let at = 0; at < bytes.length; ) {
      this.#current ??= blocks.take();
      const taken = bytes.copy(this.#current.bytes, this.#filled, at);
      at += taken;
      this.#filled += taken;
      this.#next += taken;
      if (this.#filled === BLOCK_BYTES) this.#seal();
    }
    this.#end = Math.max(this.#end, this.#next);
    if (this.#current !== null) this.#gatherTimer ??= setTimeout(() => this.#seal(), GATHER_MS);
    const allowed = blocks.scarce ? 1 : MAX_BLOCKS_UNDER_WAY;
    return this.#readers.size > allowed ? this.#fewerThan(allowed) : undefined;
  }

  /** Resolves once all that was taken has been written, or could not be: see `failure`. Never rejects. */
  async flush(): Promise<void> {
    if (this.#current !== null && this.#inOrder && this.#filled === this.#end) {
      this.#small = sha1Of(this.#current.bytes.subarray(0, this.#filled));
    }
    this.#seal();
    if (this.#readers.size > 0) await this.#fewerThan(1);
  }

  /** SHA-1 of the whole file as hex; call it once, and last. Rejects when the file has to be read again and cannot be. */
  async digest(): Promise<string> {
    await this.flush();
    if (this.#end === 0) return sha1Of(Buffer.alloc(0));
    if (this.#small !== null) return this.#small;
    const sha1 = this.#sha1;
    this.#sha1 = null;
    return (await sha1?.digest()) ?? this.#digestAgain();
  }

  /** Frees what only `digest` would need; call it last, after `flush`, instead of `digest`. */
  forget(): void {
    this.#sha1?.drop();
    this.#sha1 = null;
    this.#inOrder = false;
  }

  /** Resolves once nothing is under way any more, with what was taken and not yet written thrown away. */
  async discard(): Promise<void> {
    this.#failure ??= new Error('the file is no longer wanted');
    this.forget();
    await this.flush();
  }

  /** Bytes that did not come in order are read back. */
  async #digestAgain(): Promise<string> {
    const sha1 = new Sha1();
    const block = blocks.take();
    try {
      for (let at = 0; at < this.#end; ) {
        const { bytesRead } = await this.#handle.read(block.bytes, 0, BLOCK_BYTES, at);
        if (bytesRead === 0) throw new Error('the file has become shorter');
        await new Promise<void>((resolve) => sha1.update(block, bytesRead, resolve));
        at += bytesRead;
      }
      const digest = await sha1.digest();
      if (digest === null) throw new Error('the hash cannot be computed');
      return digest;
    } finally {
      sha1.drop();
      blocks.give(block);
    }
  }

  #followOrder(position: number, length: number): void {
    if (this.#hasGap) return;
    if (position <= this.#contiguous) {
      this.#contiguous = Math.max(this.#contiguous, position + length);
      return;
    }
    this.#hasGap = true;
    // All before the gap is on its way ahead of what waits here.
    this.#seal();
    this.#prepared = this.#beforeGap(this.#contiguous).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  /** Sends what there is of the current block on its way, as the next bytes belong elsewhere. */
  #cut(): void {
    if (this.#current === null || this.#inOrder || this.#filled >= SCRAP_BYTES) {
      this.#seal();
      return;
    }
    const bytes = Buffer.from(this.#current.bytes.subarray(0, this.#filled));
    this.#filled = 0;
    this.#send({ block: null, bytes, position: this.#next - bytes.length }, 1);
  }

  /** Sends the current block on its way. */
  #seal(): void {
    if (this.#gatherTimer !== null) clearTimeout(this.#gatherTimer);
    this.#gatherTimer = null;
    const block = this.#current;
    if (block === null) return;
    const length = this.#filled;
    this.#current = null;
    this.#filled = 0;
    const piece = { block, bytes: block.bytes.subarray(0, length), position: this.#next - length };
    if (this.#inOrder && this.#small === null) this.#sha1 ??= new Sha1();
    const sha1 = this.#sha1;
    this.#send(piece, sha1 === null ? 1 : 2);
    sha1?.update(block, length, () => this.#release(piece));
  }

  #send(piece: Piece, readers: number): void {
    this.#readers.set(piece, readers);
    this.#queue.push(piece);
    if (!this.#writing) void this.#writeAll();
  }

  /** Writes what waits. One write at a time: two of one file only wait for each other in the kernel. */
  async #writeAll(): Promise<void> {
    this.#writing = true;
    for (let run = this.#nextRun(); run.length > 0; run = this.#nextRun()) {
      try {
        await this.#prepared;
        if (this.#failure === null) await writeRun(this.#handle, run);
      } catch (error) {
        this.#failure ??= error;
      }
      for (const piece of run) this.#release(piece);
    }
    this.#writing = false;
  }

  /** The pieces at the front of the queue that lie one behind the other. */
  #nextRun(): readonly Piece[] {
    let count = 0;
    let end = this.#queue[0]?.position;
    for (const { position, bytes } of this.#queue) {
      if (position !== end) break;
      end += bytes.length;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  #release(piece: Piece): void {
    const left = (this.#readers.get(piece) ?? 1) - 1;
    if (left > 0) {
      this.#readers.set(piece, left);
      return;
    }
    this.#readers.delete(piece);
    if (piece.block !== null) blocks.give(piece.block);
    const { size } = this.#readers;
    if (!this.#waiters.some(({ until }) => size < until)) return;
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ until }) => size >= until);
    for (const { until, resolve } of waiters) if (size < until) resolve();
  }

  #fewerThan(until: number): Promise<void> {
    return new Promise((resolve) => this.#waiters.push({ until, resolve }));
  }
}

function sha1Of(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('hex');
}

async function writeRun(handle: FileHandle, run: readonly Piece[]): Promise<void> {
  const [first] = run;
  if (first === undefined) return;
  let buffers: readonly Buffer[] = run.map(({ bytes }) => bytes);
  let position = first.position;
  while (buffers.length > 0) {
    const { bytesWritten } = await handle.writev(buffers, position);
    position += bytesWritten;
    buffers = without(buffers, bytesWritten);
  }
}

/** What is left of some buffers behind their first bytes. */
function without(buffers: readonly Buffer[], bytes: number): readonly Buffer[] {
  let left = bytes;
  return buffers.flatMap((buffer) => {
    const rest = buffer.subarray(Math.min(left, buffer.length));
    left -= buffer.length - rest.length;
    return rest.length === 0 ? [] : [rest];
  });
}
