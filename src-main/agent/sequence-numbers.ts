import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { AkaSequence } from '../sip/credentials.ts';

const fileSchema = z.record(z.string(), z.string().regex(/^[0-9a-f]{12}$/));

/**
 * The highest AKA sequence number each SIM key has seen, kept between starts so that an old challenge is not taken
 * again (TS 33.102 §6.3.3). Keys are named by a hash, never written.
 */
export class SequenceNumbers {
  readonly #path: string;
  #known: Readonly<Record<string, string>>;
  #lastWrite: Promise<void> = Promise.resolve();

  private constructor(path: string, known: Readonly<Record<string, string>>) {
    this.#path = path;
    this.#known = known;
  }

  /** A missing or damaged file only means a resynchronisation, so neither is an error. */
  static async open(dataFolder: string): Promise<SequenceNumbers> {
    const path = join(dataFolder, 'sequence-numbers.json');
    try {
      return new SequenceNumbers(path, fileSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
    } catch {
      return new SequenceNumbers(path, {});
    }
  }

  /** The sequence of one key; both are hex, `initial` is what the profile begins with. */
  of(key: string, initial: string): AkaSequence {
    const name = createHash('sha256').update(key.toLowerCase()).digest('hex').slice(0, 16);
    return {
      get: () => BigInt(`0x${this.#known[name] ?? initial}`),
      set: (next) => {
        this.#known = { ...this.#known, [name]: next.toString(16).padStart(12, '0') };
        this.#save();
      },
    };
  }

  /** Resolves when all that was set is on disk, or could not be written. */
  flushed(): Promise<void> {
    return this.#lastWrite;
  }

  #save(): void {
    const text = JSON.stringify(this.#known);
    // A number that is not kept costs one resynchronisation after the next start.
    this.#lastWrite = this.#lastWrite
      .then(() => writeFile(`${this.#path}.new`, text, { mode: 0o600 }))
      .then(() => rename(`${this.#path}.new`, this.#path))
      .catch(() => {});
  }
}
