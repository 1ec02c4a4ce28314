import { pathToFileURL } from 'node:url';
import { endRunning } from './run.mjs';
import { Refusal, say } from './say.mjs';

const interrupted = 130;

/**
 * Runs a script's main function, if that script is what Node was started with. A failure is shown and becomes
 * exit code 1; an interrupt ends what the script has started.
 * @param {string} url The script's `import.meta.url`.
 * @param {() => Promise<number>} main Gives the exit code.
 */
export async function runScript(url, main) {
  if (url !== pathToFileURL(process.argv[1] ?? '').href) return;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.once(signal, () => {
      endRunning();
      process.exit(interrupted);
    });
  }
  try {
    process.exitCode = await main();
  } catch (error) {
    say(error instanceof Refusal ? error.message : String(error instanceof Error ? error.stack : error));
    process.exitCode = 1;
  }
}
