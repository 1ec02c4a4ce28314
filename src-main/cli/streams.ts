import { fstatSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

/** Where a command reads and writes; the process's own streams outside tests. */
export type Streams = {
  /** Null where there is nobody to give commands, as in a background job whose input is /dev/null. */
  readonly input: Readable | null;
  readonly output: Writable;
  readonly errors: Writable;
};

/** The process's own streams. */
export function processStreams(): Streams {
  const isNullDevice = !process.stdin.isTTY && fstatSync(process.stdin.fd).isCharacterDevice();
  return { input: isNullDevice ? null : process.stdin, output: process.stdout, errors: process.stderr };
}

/** A mistake in how a command was called: its message goes to stderr, the exit code is 2. */
export class UsageError extends Error {}

/** Writes one JSON object as a line. */
export function printJson(output: Writable, value: unknown): void {
  output.write(`${JSON.stringify(value)}\n`);
}

/** JSON lines that leave with one write a turn of the event loop. */
export class JsonLines {
  readonly #output: Writable;
  #unsent = '';

  constructor(output: Writable) {
    this.#output = output;
  }

  /** Adds an object as a line. */
  print(value: unknown): void {
    if (this.#unsent === '') setImmediate(() => this.flush());
    this.#unsent += `${JSON.stringify(value)}\n`;
  }

  /** Writes at once what waits. */
  flush(): void {
    const text = this.#unsent;
    this.#unsent = '';
    if (text !== '') this.#output.write(text);
  }
}

/** A second signal sooner than this is the same wish, sent to process and group alike. */
const SAME_SIGNAL_MS = 1_000;
/** Exit code of a process that was told twice to stop (128 + SIGINT). */
const IMPATIENT_EXIT_CODE = 130;

/** Resolves on the first SIGINT or SIGTERM; a later one ends the process without waiting. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | null = null;
    const stop = () => {
      if (firstAt !== null && performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(IMPATIENT_EXIT_CODE);
      firstAt ??= performance.now();
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
