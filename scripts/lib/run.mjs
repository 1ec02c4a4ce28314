import { spawn } from 'node:child_process';
import { say } from './say.mjs';

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [timeoutMs] After this the process and its children are ended.
 * @property {'inherit' | 'stderr' | 'collect'} [output] Where its output goes: as ours (the default), all to
 *   our stderr, or kept and handed back.
 */

/**
 * @typedef {object} RunResult
 * @property {number} code Exit code; 128 or more when a signal ended it, 127 when it could not be started.
 * @property {string} output What it wrote, when `output` is `collect`, else empty.
 * @property {boolean} timedOut
 */

const windows = process.platform === 'win32';
const killedBySignal = 128;
const notStarted = 127;

const graceMs = 5_000;

/** @type {Set<number>} Groups of the bounded processes that run now. */
const running = new Set();

/** Asks every bounded process that still runs, and its children, to end. */
export function endRunning() {
  for (const pid of running) signalGroup(pid, 'SIGTERM');
}

/**
 * Runs a program to its end. Never rejects: a program that cannot be started gives code 127.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult>}
 */
export function run(command, args, options = {}) {
  const bounded = options.timeoutMs !== undefined;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: stdio(options.output ?? 'inherit'),
    // npm is a batch file on Windows and needs a shell there.
    shell: windows && command === 'npm',
    // A group of its own lets a bounded run be ended with its children; others stay in ours and get our Ctrl-C.
    detached: bounded && !windows,
  });
  const { pid } = child;
  if (bounded && pid !== undefined) running.add(pid);
  /** @type {Buffer[]} */
  const chunks = [];
  child.stdout?.on('data', (chunk) => chunks.push(chunk));
  child.stderr?.on('data', (chunk) => chunks.push(chunk));
  let timedOut = false;
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          say(`Out of time; ending ${command} ${args[0] ?? ''} ...`);
          if (pid !== undefined) endGroup(pid);
        }, options.timeoutMs);
  return new Promise((resolve) => {
    /** @param {number} code */
    const finish = (code) => {
      clearTimeout(timer);
      if (pid !== undefined) running.delete(pid);
      resolve({ code, output: Buffer.concat(chunks).toString(), timedOut });
    };
    child.once('error', (error) => {
      chunks.push(Buffer.from(error.message));
      finish(notStarted);
    });
    child.once('close', (code) => finish(code ?? killedBySignal));
  });
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<boolean>} Whether it could be started and exited with 0; its output is dropped.
 */
export async function succeeds(command, args) {
  const { code } = await run(command, args, { output: 'collect', timeoutMs: 30_000 });
  return code === 0;
}

/**
 * @param {'inherit' | 'stderr' | 'collect'} output
 * @returns {import('node:child_process').StdioOptions}
 */
function stdio(output) {
  if (output === 'inherit') return 'inherit';
  if (output === 'stderr') return ['ignore', process.stderr.fd, process.stderr.fd];
  return ['ignore', 'pipe', 'pipe'];
}

/**
 * Asks first, so that a program can end what it started outside of its group; then kills.
 * @param {number} pid
 */
function endGroup(pid) {
  signalGroup(pid, 'SIGTERM');
  setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs).unref();
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function signalGroup(pid, signal) {
  try {
    process.kill(windows ? pid : -pid, signal);
  } catch {
    // It ended by itself in between.
  }
}
