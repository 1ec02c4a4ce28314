/** Bytes of a block: large enough for few system calls, small enough for many files at once. */
export const BLOCK_BYTES = 256 * 1024;
/** Blocks of all files and connections together beyond which each file has to make do with one on its way. */
export const MAX_BLOCKS = 128;

/** Of these, what connections may hold to read into: whoever sends and stops must not take them from those who write. */
const MAX_READ_BLOCKS = MAX_BLOCKS / 2;

/** Memory that threads share. The first MAX_BLOCKS have an index and are used again, others (null) serve once. */
export type Block = { readonly index: number | null; readonly bytes: Buffer };

/** The blocks in use and spare ones, for all files of this process. */
class Blocks {
  readonly #spare: Block[] = [];
  readonly #used = new Map<ArrayBufferLike, { readonly block: Block; holders: number }>();
  #count = 0;

  /** Whether more are in use than there should be. */
  get scarce(): boolean {
    return this.#used.size >= MAX_BLOCKS;
  }

  /** How many are in use. */
  get used(): number {
    return this.#used.size;
  }

  /** A block with whatever was in it before; one holder has it. */
  take(): Block {
    const block = this.#spare.pop() ?? this.#make();
    this.#used.set(block.bytes.buffer, { block, holders: 1 });
    return block;
  }

  /** The block that bytes are a view of, or null when they are in other memory. */
  of(bytes: Buffer): Block | null {
    return this.#used.get(bytes.buffer)?.block ?? null;
  }

  /** One more needs what is in a block in use. */
  hold(block: Block): void {
    const use = this.#used.get(block.bytes.buffer);
    if (use !== undefined) use.holders += 1;
  }

  /** Whether more than one needs it. */
  isShared(block: Block): boolean {
    return (this.#used.get(block.bytes.buffer)?.holders ?? 0) > 1;
  }

  /** One holder needs it no longer; after the last, others get it. */
  give(block: Block): void {
    const use = this.#used.get(block.bytes.buffer);
    if (use === undefined) return;
    use.holders -= 1;
    if (use.holders > 0) return;
    this.#used.delete(block.bytes.buffer);
    if (block.index !== null) this.#spare.push(block);
  }

  #make(): Block {
    const index = this.#count < MAX_BLOCKS ? this.#count++ : null;
    return { index, bytes: Buffer.from(new SharedArrayBuffer(BLOCK_BYTES)) };
  }
}

/** One for the process: what bounds memory has to know of every file. */
export const blocks = new Blocks();

/** Blocks for connections to read into, so that what is to be kept is never copied. */
export const readMemory = {
  /** A block as a buffer, or null when they are scarce. */
  take: (): Buffer | null => (blocks.used >= MAX_READ_BLOCKS ? null : blocks.take().bytes),
  /** Its taker reads no more into it. */
  give: (memory: Buffer): void => {
    const block = blocks.of(memory);
    if (block !== null) blocks.give(block);
  },
  /** Whether somebody beside its taker needs what is in it. */
  isHeld: (memory: Buffer): boolean => {
    const block = blocks.of(memory);
    return block !== null && blocks.isShared(block);
  },
};
