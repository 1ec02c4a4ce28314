import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { outFolder, projectRoot } from './paths.mjs';
import { run } from './run.mjs';
import { Refusal, say } from './say.mjs';

/**
 * @typedef {Record<string, { version?: string, integrity?: string, optional?: boolean }>} LockedPackages
 */

const oldestNode = [20, 18];
const installWithinMs = 15 * 60_000;

/**
 * Installs the npm modules if they are missing or not those of package-lock.json; of two processes one does it.
 * @throws {Refusal} Node is too old, or npm failed.
 */
export async function ensureModules() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new Refusal(
      `Node ${process.versions.node} is too old; Push Terminal needs ${oldestNode.join('.')} or newer.`,
    );
  }
  if (modulesAreCurrent()) return;
  mkdirSync(outFolder, { recursive: true });
  await withLock(join(outFolder, '.install-lock'), installWithinMs, async () => {
    if (!modulesAreCurrent()) await install();
  });
}

async function install() {
  // npm ci empties the folder first, and through a link that is the folder of another checkout.
  if (lstatSync(join(projectRoot, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Refusal(
      'node_modules is a link to modules that are not those of package-lock.json; remove the link to have them installed here.',
    );
  }
  say('Installing the npm modules ...');
  const { code } = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: projectRoot,
    output: 'stderr',
  });
  if (code !== 0)
    throw new Refusal(
      'npm ci failed (see above); if it could not reach the npm registry, check the network.',
    );
}

function modulesAreCurrent() {
  const installed = lockedPackages(join(projectRoot, 'node_modules/.package-lock.json'));
  const wanted = lockedPackages(join(projectRoot, 'package-lock.json'));
  if (installed === null || wanted === null) return false;
  const isSame = (/** @type {string} */ path) =>
    installed[path]?.version === wanted[path]?.version &&
    installed[path]?.integrity === wanted[path]?.integrity;
  // Packages for other platforms are locked, but not installed.
  const required = Object.keys(wanted).filter((path) => path !== '' && wanted[path]?.optional !== true);
  return required.every(isSame) && Object.keys(installed).every(isSame);
}

/**
 * @param {string} file
 * @returns {LockedPackages | null}
 */
function lockedPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : null;
}
