// npm run dev: the app with live reload.
import { findElectron } from './electron-runtime.mjs';
import { isRoot } from './lib/debian.mjs';
import { ensureModules } from './lib/modules.mjs';
import { runScript } from './lib/script.mjs';
import { runTool } from './lib/tools.mjs';

await runScript(import.meta.url, async () => {
  await ensureModules();
  const { executable } = await findElectron();
  const env = { ...process.env, ELECTRON_EXEC_PATH: executable, ...(isRoot && { NO_SANDBOX: '1' }) };
  const { code } = await runTool('electron-vite', ['dev', ...process.argv.slice(2)], { env });
  return code;
});
