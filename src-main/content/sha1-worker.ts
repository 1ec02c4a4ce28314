import { Worker } from 'node:worker_threads';
import type { Block } from './blocks.ts';

/**
 * What runs in the thread, as text: then it needs no file of its own in bundles, archives and tests. It keeps hashes by
 * number and blocks by index, and says when the pieces of an update are hashed.
 */
const SOURCE = `
const { parentPort } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const hashes = new Map();
const blocks = new Map();
parentPort.on('message', ({ kind, hash, pieces }) => {
  if (kind === 'drop') {
    hashes.delete(hash);
  } else if (kind === 'digest') {
    parentPort.postMessage({ hash, digest: (hashes.get(hash) ?? createHash('sha1')).digest('hex') });
    hashes.delete(hash);
  } else {
    if (!hashes.has(hash)) hashes.set(hash, createHash('sha1'));
    const sha1 = hashes.get(hash);
    for (const [from, to, index, memory] of pieces) {
      const bytes = memory === undefined ? blocks.get(index) : new Uint8Array(memory);
      if (index !== null) blocks.set(index, bytes);
      sha1.update(bytes.subarray(from, to));
    }
    parentPort.postMessage({ hash });
  }
});`;

/** Bytes of a block. */
type Piece = { readonly block: Block; readonly bytes: Buffer };

type Answer = { readonly hash: number; readonly digest?: string };

/** The part of a hash that the main thread keeps. */
type Client = {
  /** Called for each update in the order they were given. */
  readonly done: (() => void)[];
  digested: ((digest: string | null) => void) | null;
};

/** A thread that computes SHA-1, for all files of this process; it starts with the first block of the first hash. */
class Sha1Worker {
  #worker: Worker | null = null;
  #known = new Set<number>();
  readonly #clients = new Map<number, Client>();
  #count = 0;

  /** The number of a new hash. */
  begin(): number {
    this.#count += 1;
    this.#clients.set(this.#count, { done: [], digested: null });
    this.#worker?.ref();
    return this.#count;
  }

  update(hash: number, pieces: readonly Piece[], done: () => void): void {
    const client = this.#clients.get(hash);
    if (client === undefined) {
      done();
      return;
    }
    const worker = this.#running();
    client.done.push(done);
    worker.postMessage({
      kind: 'update',
      hash,
      pieces: pieces.map((piece) => this.#describe(piece)),
    });
  }

  /** From and to in its block, the block's index, and its memory where the thread does not have that yet. */
  #describe({ block, bytes }: Piece): readonly [number, number, number | null, ArrayBufferLike?] {
    const { index } = block;
    const from = bytes.byteOffset - block.bytes.byteOffset;
    const to = from + bytes.length;
    if (index !== null && this.#known.has(index)) return [from, to, index];
    if (index !== null) this.#known.add(index);
    return [from, to, index, block.bytes.buffer];
  }

  digest(hash: number): Promise<string | null> {
    const client = this.#clients.get(hash);
    if (client === undefined) return Promise.resolve(null);
    return new Promise((resolve) => {
      client.digested = resolve;
      this.#running().postMessage({ kind: 'digest', hash });
    });
  }

  /** Blocks under way are still handed back. */
  drop(hash: number): void {
    const client = this.#clients.get(hash);
    if (client === undefined) return;
    if (client.done.length > 0) client.digested = () => {};
    else this.#forget(hash);
    this.#worker?.postMessage({ kind: client.done.length > 0 ? 'digest' : 'drop', hash });
  }

  #running(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(SOURCE, { eval: true, name: 'sha1' });
    worker.on('message', (answer: Answer) => this.#hear(answer));
    worker.on('error', () => this.#lost());
    this.#worker = worker;
    return worker;
  }

  #hear({ hash, digest }: Answer): void {
    const client = this.#clients.get(hash);
    if (digest === undefined) {
      client?.done.shift()?.();
      return;
    }
    this.#forget(hash);
    client?.digested?.(digest);
  }

  /** The thread is gone, for want of memory say: no digest comes, and the next hash starts another. */
  #lost(): void {
    const clients = [...this.#clients.values()];
    this.#worker = null;
    this.#known = new Set();
    this.#clients.clear();
    for (const { done, digested } of clients) {
      for (const one of done) one();
      digested?.(null);
    }
  }

  #forget(hash: number): void {
    this.#clients.delete(hash);
    if (this.#clients.size === 0) this.#worker?.unref();
  }
}

/** One for the process, as its threads and cores are. */
const shared = new Sha1Worker();

/** SHA-1 that is computed in a thread beside the event loop, of blocks of shared memory. */
export class Sha1 {
  readonly #hash = shared.begin();

  /** Hashes these pieces of blocks, which must not change until `done` is called. @throws Error when no thread can be started. */
  update(pieces: readonly Piece[], done: () => void): void {
    shared.update(this.#hash, pieces, done);
  }

  /** Hex of all that was hashed; null when the thread died. Ends the hash. */
  digest(): Promise<string | null> {
    return shared.digest(this.#hash);
  }

  /** Ends a hash that nobody wants. */
  drop(): void {
    shared.drop(this.#hash);
  }
}
