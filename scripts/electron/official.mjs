import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, projectRoot } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';
import { say } from '../lib/say.mjs';

/** @typedef {import('../electron-runtime.mjs').Runtime} Runtime */

const answerWithinMs = 6_000;
const downloadWithinMs = 10 * 60_000;
const npmPackage = join(projectRoot, 'node_modules/electron');

/**
 * The binary that belongs to the npm package `electron`, if it has been downloaded.
 * @returns {Runtime | null}
 */
export function installedOfficial() {
  const pathFile = join(npmPackage, 'path.txt');
  if (!existsSync(pathFile)) return null;
  const folder = join(npmPackage, 'dist');
  const executable = join(folder, readFileSync(pathFile, 'utf8').trim());
  return existsSync(executable) ? { executable, folder, version: wantedVersion() } : null;
}

/**
 * Downloads that binary, if its host answers quickly.
 * @param {{ rememberFailure: boolean }} options With `rememberFailure` a failed attempt is never repeated for
 *   the same version, until the file named in the message is deleted.
 * @returns {Promise<Runtime | null>}
 */
export async function downloadOfficial({ rememberFailure }) {
  const version = wantedVersion();
  const failure = join(cacheFolder, `electron-${version}.unreachable`);
  if (rememberFailure && existsSync(failure)) return null;
  if (await download(version)) return installedOfficial();
  if (rememberFailure) {
    mkdirSync(cacheFolder, { recursive: true });
    writeFileSync(failure, `${new Date().toISOString()}\n`);
    say(`Electron ${version} could not be downloaded; delete ${failure} to try it again.`);
  }
  return null;
}

/** @param {string} version */
async function download(version) {
  const url = archiveAddress(version);
  say(`Looking for Electron ${version} at ${new URL(url).host} ...`);
  if (!(await answers(url))) return false;
  say(`Downloading Electron ${version} ...`);
  const result = await run(process.execPath, [join(npmPackage, 'install.js')], {
    output: 'collect',
    timeoutMs: downloadWithinMs,
  });
  if (result.code !== 0) say(result.timedOut ? 'The download took too long.' : result.output.trim());
  return result.code === 0;
}

/** @param {string} version */
function archiveAddress(version) {
  const mirror = process.env['ELECTRON_MIRROR'] || 'https://github.com/electron/electron/releases/download/';
  return `${mirror}v${version}/electron-v${version}-${process.platform}-${process.arch}.zip`;
}

/** @param {string} url */
async function answers(url) {
  try {
    const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(answerWithinMs) });
    return response.ok;
  } catch {
    return false;
  }
}

/** @returns {string} */
function wantedVersion() {
  return JSON.parse(readFileSync(join(npmPackage, 'package.json'), 'utf8')).version;
}
