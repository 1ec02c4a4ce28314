/** Bytes of a block: large enough for few system calls, small enough for many files at once. */
export const BLOCK_BYTES = 512 * 1024;
/** Blocks of all files together beyond which each file has to make do with one on its way. */
export const MAX_BLOCKS = 64;

/** Memory that threads share. The first MAX_BLOCKS have an index and are used again, others (null) serve once. */
export type Block = { readonly index: number | null; readonly bytes: Buffer };

/** The blocks in use and spare ones, for all files of this process. */
class Blocks {
  readonly #spare: Block[] = [];
  #count = 0;
  #used = 0;

  /** Whether more are in use than there should be. */
  get scarce(): boolean {
    return this.#used >= MAX_BLOCKS;
  }

  /** A block with whatever was in it before. */
  take(): Block {
    this.#used += 1;
    return this.#spare.pop() ?? this.#make();
  }

  /** Gives a block back that nobody reads any more. */
  give(block: Block): void {
    this.#used -= 1;
    if (block.index !== null) this.#spare.push(block);
  }

  #make(): Block {
    const index = this.#count < MAX_BLOCKS ? this.#count++ : null;
    return { index, bytes: Buffer.from(new SharedArrayBuffer(BLOCK_BYTES)) };
  }
}

/** One for the process: what bounds memory has to know of every file. */
export const blocks = new Blocks();
