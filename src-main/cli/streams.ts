import type { Readable, Writable } from 'node:stream';

/** Where a command reads and writes; the process's own streams outside tests. */
export type Streams = { readonly input: Readable; readonly output: Writable; readonly errors: Writable };

/** A mistake in how a command was called: its message goes to stderr, the exit code is 2. */
export class UsageError extends Error {}

/** Writes one JSON object as a line. */
export function printJson(output: Writable, value: unknown): void {
  output.write(`${JSON.stringify(value)}\n`);
}

/** Resolves on SIGINT or SIGTERM. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
