// npm test [-- PART…]: installs what is missing, builds, runs every check and adds up the totals.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parts } from './checks/parts.mjs';
import { add, oneCheck } from './checks/totals.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { ensureDebianPackages } from './lib/debian.mjs';
import { ensureModules } from './lib/modules.mjs';
import { Refusal, say } from './lib/say.mjs';
import { runScript } from './lib/script.mjs';

const wholeRunMs = 40 * 60_000;

await runScript(import.meta.url, async () => {
  const chosen = chooseParts(process.argv.slice(2));
  await ensureModules();
  await ensureDebianPackages([...new Set(chosen.flatMap((part) => part.debianPackages))]);
  await ensureBuilt();
  const { passed, failed } = await runParts(chosen);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
});

/** @param {readonly string[]} names None means all. */
function chooseParts(names) {
  const known = parts.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Refusal(`There is no part "${unknown}"; there are: ${known.join(', ')}`);
  return names.length === 0 ? parts : parts.filter(({ name }) => names.includes(name));
}

/**
 * Runs them one after the other; a failure does not stop the next.
 * @param {readonly import('./checks/parts.mjs').Part[]} chosen
 */
async function runParts(chosen) {
  const deadline = Date.now() + wholeRunMs;
  const reports = mkdtempSync(join(tmpdir(), 'push-terminal-test-'));
  const all = [];
  try {
    for (const part of chosen) {
      say(`\n== ${part.title}`);
      const start = Date.now();
      const totals = await checkPart(part, { reports, timeoutMs: Math.max(1, deadline - start) });
      const seconds = ((Date.now() - start) / 1000).toFixed(1);
      say(`== ${part.name}: ${totals.passed} passed, ${totals.failed} failed in ${seconds} s`);
      all.push(totals);
    }
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
  return add(all);
}

/**
 * @param {import('./checks/parts.mjs').Part} part
 * @param {import('./checks/parts.mjs').PartContext} context
 */
async function checkPart(part, context) {
  try {
    return await part.check(context);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(error.message);
    return oneCheck(1);
  }
}
