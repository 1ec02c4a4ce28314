import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { BLOCK_BYTES, type Block, blocks } from './blocks.ts';
import { Sha1 } from './sha1-worker.ts';

/** Bytes of one file on their way to disk and hash, beyond which `write` asks for patience. */
export const MAX_BYTES_UNDER_WAY = 4 * 1024 * 1024;

/** The same for pieces, which a hostile sender makes of a byte each. */
export const MAX_PIECES_UNDER_WAY = 256;

/** How long bytes wait for others to share a block with: whoever stops sending has them on the disk this soon. */
export const GATHER_MS = 20;

export type PartWriterOptions = {
  /** Bytes that are there already, from the first on. */
  readonly bytes: number;
  /** Called once, before bytes are written that leave a gap behind the first so many; they wait for it. */
  readonly beforeGap: (contiguous: number) => Promise<void>;
};

/** Smaller slices are copied, so that many of them are one piece. */
const SMALLEST_PIECE = 16_384;

/** Bytes on their way, in a block that is held until they are through. */
type Piece = { readonly block: Block; readonly bytes: Buffer; readonly position: number };

/**
 * Writes a file from slices of any size. Large ones that lie in blocks are kept where they are, others are gathered in
 * blocks; they go to the disk several at a time, one write after the other, and meanwhile to a thread that hashes them
 * as long as they come in order. Memory is bounded by MAX_BYTES_UNDER_WAY, and by the MAX_BLOCKS of all files.
 */
export class PartWriter {
  readonly #handle: FileHandle;
  readonly #beforeGap: (contiguous: number) => Promise<void>;
  /** Bytes from the first on without a gap. */
  #contiguous = 0;
  #hasGap: boolean = false;
  /** What the next write has to wait for. */
  #prepared: Promise<void> | null = null;
  /** Where small slices are gathered, and what of it waits to be sent on its way. */
  #current: Block | null = null;
  #sent = 0;
  #filled = 0;
  /** Position behind the last byte taken. */
  #next = 0;
  #end = 0;
  #inOrder: boolean = true;
  #sha1: Sha1 | null = null;
  /** Hash of a file that is smaller than a block: a thread would take longer to be told. */
  #small: string | null = null;
  #queue: Piece[] = [];
  #writing: boolean = false;
  #gatherTimer: NodeJS.Timeout | null = null;
  #bytesUnderWay = 0;
  #piecesUnderWay = 0;
  #failure: unknown = null;
  #waiters: { readonly atMost: number; readonly resolve: () => void }[] = [];

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

  /**
   * Takes bytes for a position from 0, copying them unless they lie in a block: then it holds that. A promise means: wait
   * for it before sending more. Never throws.
   */
  write(position: number, bytes: Buffer): void | Promise<void> {
    if (bytes.length === 0) return undefined;
    this.#followOrder(position, bytes.length);
    if (position !== this.#next) {
      this.#sendGathered();
      this.#inOrder = false;
      this.#sha1?.drop();
      this.#sha1 = null;
      this.#next = position;
    }
    if (this.#small !== null) this.#inOrder = false;
    this.#small = null;
    const block = bytes.length >= SMALLEST_PIECE ? blocks.of(bytes) : null;
    if (block === null) this.#gather(bytes);
    else this.#keep(block, bytes);
    this.#end = Math.max(this.#end, this.#next);
    const allowed = blocks.scarce ? BLOCK_BYTES : MAX_BYTES_UNDER_WAY;
    return this.#isWithin(allowed) ? undefined : this.#atMost(allowed);
  }

  /** Resolves once all that was taken has been written, or could not be: see `failure`. Never rejects. */
  async flush(): Promise<void> {
    if (this.#current !== null && this.#inOrder && this.#filled === this.#end) {
      this.#small = sha1Of(this.#current.bytes.subarray(0, this.#filled));
    }
    this.#sendGathered();
    this.#leaveBlock();
    if (this.#piecesUnderWay > 0) await this.#atMost(0);
  }

  /** SHA-1 of the whole file as hex; call it once, and last. Rejects when the file has to be read again and cannot be. */
  async digest(): Promise<string> {
    await this.flush();
    if (this.#end === 0) return sha1Of(Buffer.alloc(0));
    const sha1 = this.#sha1;
    this.#sha1 = null;
    if (this.#small !== null) {
      sha1?.drop();
      return this.#small;
    }
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
        const bytes = block.bytes.subarray(0, bytesRead);
        await new Promise<void>((resolve) => sha1.update([{ block, bytes }], resolve));
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
    this.#sendGathered();
    this.#prepared = this.#beforeGap(this.#contiguous).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  #gather(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      this.#current ??= blocks.take();
      const taken = bytes.copy(this.#current.bytes, this.#filled, at);
      at += taken;
      this.#filled += taken;
      this.#next += taken;
      if (this.#filled < BLOCK_BYTES) continue;
      this.#sendGathered();
      this.#leaveBlock();
    }
    if (this.#filled > this.#sent)
      this.#gatherTimer ??= setTimeout(() => this.#gatheredLongEnough(), GATHER_MS);
  }

  /** Whoever stops sending has its bytes on the disk, and holds no block. */
  #gatheredLongEnough(): void {
    this.#sendGathered();
    this.#leaveBlock();
  }

  #keep(block: Block, bytes: Buffer): void {
    this.#sendGathered();
    this.#send({ block, bytes, position: this.#next });
    this.#next += bytes.length;
  }

  /** Sends on its way what was gathered. */
  #sendGathered(): void {
    if (this.#gatherTimer !== null) clearTimeout(this.#gatherTimer);
    this.#gatherTimer = null;
    const block = this.#current;
    const length = this.#filled - this.#sent;
    if (block === null || length === 0) return;
    const bytes = block.bytes.subarray(this.#sent, this.#filled);
    this.#sent = this.#filled;
    this.#send({ block, bytes, position: this.#next - length });
  }

  #leaveBlock(): void {
    if (this.#current !== null) blocks.give(this.#current);
    this.#current = null;
    this.#sent = 0;
    this.#filled = 0;
  }

  #send(piece: Piece): void {
    if (this.#inOrder && this.#small === null) this.#sha1 ??= new Sha1();
    blocks.hold(piece.block);
    this.#bytesUnderWay += piece.bytes.length;
    this.#piecesUnderWay += 1;
    this.#queue.push(piece);
    if (!this.#writing) void this.#writeAll();
  }

  /** Writes what waits. One write at a time: two of one file only wait for each other in the kernel. */
  async #writeAll(): Promise<void> {
    this.#writing = true;
    for (let run = this.#nextRun(); run.length > 0; run = this.#nextRun()) {
      const hashed = this.#hash(run);
      try {
        await this.#prepared;
        if (this.#failure === null) await writeRun(this.#handle, run);
      } catch (error) {
        this.#failure ??= error;
      }
      if (hashed === null) this.#release(run);
      else void hashed.then(() => this.#release(run));
    }
    this.#writing = false;
  }

  /** Resolves once the thread has read a run; null when it does not, and the file is to be read again. */
  #hash(run: readonly Piece[]): Promise<void> | null {
    const sha1 = this.#sha1;
    if (sha1 === null) return null;
    let done = () => {};
    const hashed = new Promise<void>((resolve) => {
      done = resolve;
    });
    try {
      sha1.update(run, done);
      return hashed;
    } catch {
      sha1.drop();
      this.#sha1 = null;
      this.#inOrder = false;
      return null;
    }
  }

  /** The pieces at the front of the queue that lie one behind the other; all of them once nothing is written any more. */
  #nextRun(): readonly Piece[] {
    if (this.#failure !== null) return this.#queue.splice(0);
    let count = 0;
    let end = this.#queue[0]?.position;
    for (const { position, bytes } of this.#queue) {
      if (position !== end) break;
      end += bytes.length;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  #release(run: readonly Piece[]): void {
    for (const { block, bytes } of run) {
      this.#bytesUnderWay -= bytes.length;
      this.#piecesUnderWay -= 1;
      blocks.give(block);
    }
    if (!this.#waiters.some(({ atMost }) => this.#isWithin(atMost))) return;
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ atMost }) => !this.#isWithin(atMost));
    for (const { atMost, resolve } of waiters) if (this.#isWithin(atMost)) resolve();
  }

  /** Whether no more than so many bytes are under way, and not too many pieces. */
  #isWithin(bytes: number): boolean {
    return this.#bytesUnderWay <= bytes && this.#piecesUnderWay <= MAX_PIECES_UNDER_WAY;
  }

  #atMost(atMost: number): Promise<void> {
    return new Promise((resolve) => this.#waiters.push({ atMost, resolve }));
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
