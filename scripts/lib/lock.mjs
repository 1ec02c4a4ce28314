import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Refusal, say } from './say.mjs';

const pollMs = 500;

/**
 * Runs `work` while no other process runs it under the same lock file; waits for its turn.
 * A lock whose process has ended is taken over.
 * @template T
 * @param {string} file Its folder must exist.
 * @param {number} patienceMs Gives up with a Refusal after waiting this long.
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, patienceMs, work) {
  const deadline = Date.now() + patienceMs;
  let told = false;
  while (!take(file)) {
    if (ownerIsGone(file)) {
      rmSync(file, { force: true });
      continue;
    }
    if (Date.now() > deadline)
      throw new Refusal(`Another process has held ${file} for too long; if there is none, delete it.`);
    if (!told) say('Waiting for another process that does the same ...');
    told = true;
    await delay(pollMs);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @param {string} file */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} file */
function ownerIsGone(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    // Just created and not written yet reads as 0: leave it to its owner.
    if (pid > 0) process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
