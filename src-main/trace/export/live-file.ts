import { type FileHandle, open } from 'node:fs/promises';
import type { GrowingFormat } from '../formats.ts';
import { Summaries } from '../summaries.ts';
import type { Trace } from '../trace.ts';
import { Exporter } from './exporter.ts';

/**
 * A file that grows with the trace, as a capture does: it can be read at any time, and what is there when the program
 * dies stays readable.
 */
export class LiveFile {
  readonly #trace: Trace;
  readonly #file: FileHandle;
  readonly #exporter: Exporter;
  readonly #summaries = new Summaries();
  readonly #failed: (error: unknown) => void;
  readonly #stopWatching: () => void;
  #next = 1;
  #work: Promise<void> = Promise.resolve();
  #isBroken = false;

  private constructor(trace: Trace, file: FileHandle, exporter: Exporter, failed: (error: unknown) => void) {
    this.#trace = trace;
    this.#file = file;
    this.#exporter = exporter;
    this.#failed = failed;
    this.#stopWatching = trace.watch(() => this.#append());
  }

  /** Begins the file anew, with what there is. Rejects when it cannot be written; `failed` hears of that later on. */
  static async open(
    trace: Trace,
    path: string,
    options: {
      readonly format: GrowingFormat;
      readonly program: string;
      readonly failed: (error: unknown) => void;
    },
  ): Promise<LiveFile> {
    const exporter = new Exporter(options.format, options.program);
    const file = await open(path, 'w', 0o600);
    await file.writeFile(exporter.head);
    const live = new LiveFile(trace, file, exporter, options.failed);
    live.#append();
    return live;
  }

  /** Writes the rest and closes. */
  async close(): Promise<void> {
    this.#stopWatching();
    this.#append();
    await this.#work;
    await this.#file.close();
  }

  #append(): void {
    this.#work = this.#work
      .then(async () => {
        if (this.#isBroken) return;
        const parts: Buffer[] = [];
        for (const record of this.#trace.from(this.#next)) {
          this.#next = record.id + 1;
          parts.push(this.#exporter.add(record, this.#summaries.of(record)));
        }
        if (parts.length > 0) await this.#file.writeFile(Buffer.concat(parts));
      })
      .catch((error: unknown) => {
        if (!this.#isBroken) this.#failed(error);
        this.#isBroken = true;
      });
  }
}
