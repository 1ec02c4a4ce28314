// Finds an Electron to run the app with, fetching one if need be. As a command it prints the executable's path.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fetchFromNpm, npmRuntimeFits, preparedFromNpm } from './electron/from-npm.mjs';
import { downloadOfficial, installedOfficial } from './electron/official.mjs';
import { ensureModules } from './lib/modules.mjs';
import { Refusal } from './lib/say.mjs';
import { runScript } from './lib/script.mjs';

/**
 * @typedef {object} Runtime
 * @property {string} executable Absolute path.
 * @property {string} folder The folder that electron-builder takes as `electronDist`.
 * @property {string} version Electron's version, e.g. `33.2.1`.
 */

/**
 * In this order: the one named by PUSH_TERMINAL_ELECTRON, the official one, the one inside an npm package.
 * Needs the npm modules installed.
 * @returns {Promise<Runtime>}
 * @throws {Refusal} There is none for this machine, with the cause.
 */
export async function findElectron() {
  const given = process.env['PUSH_TERMINAL_ELECTRON'];
  if (given) return givenRuntime(given);
  const official = installedOfficial() ?? (await downloadOfficial({ rememberFailure: npmRuntimeFits }));
  if (official !== null) return official;
  if (npmRuntimeFits) return preparedFromNpm() ?? (await fetchFromNpm());
  throw new Refusal(
    `Network: Electron could not be downloaded from GitHub, and for ${process.platform} ${process.arch} there is ` +
      'no other source. Set ELECTRON_MIRROR to a mirror, or PUSH_TERMINAL_ELECTRON to an executable you have.',
  );
}

/**
 * @param {string} executable
 * @returns {Runtime}
 */
function givenRuntime(executable) {
  const folder = dirname(executable);
  const versionFile = join(folder, 'version');
  if (!existsSync(executable) || !existsSync(versionFile)) {
    throw new Refusal(
      `PUSH_TERMINAL_ELECTRON names ${executable}, which is no Electron with a version file.`,
    );
  }
  return { executable, folder, version: readFileSync(versionFile, 'utf8').trim().replace(/^v/, '') };
}

await runScript(import.meta.url, async () => {
  await ensureModules();
  const { executable } = await findElectron();
  process.stdout.write(`${executable}\n`);
  return 0;
});
