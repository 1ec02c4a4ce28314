/**
 * Tells the person at the console what a script does, one line a step. On stderr: stdout belongs to results.
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** A failure the person can do something about: its message is shown without a stack. */
export class Refusal extends Error {}
