// npm run package [-- TARGET…]: makes the installable app in dist/; without a target, as a plain folder.
import { findElectron } from './electron-runtime.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { ensureModules } from './lib/modules.mjs';
import { runScript } from './lib/script.mjs';
import { runTool } from './lib/tools.mjs';

/** @type {Partial<Record<NodeJS.Platform, string>>} */
const platformOptions = { darwin: '--mac', win32: '--win' };

await runScript(import.meta.url, async () => {
  await ensureModules();
  await ensureBuilt();
  const { folder, version } = await findElectron();
  const targets = process.argv.slice(2);
  const { code } = await runTool('electron-builder', [
    platformOptions[process.platform] ?? '--linux',
    ...(targets.length > 0 ? targets : ['dir']),
    '--publish=never',
    `-c.electronDist=${folder}`,
    `-c.electronVersion=${version}`,
  ]);
  return code;
});
