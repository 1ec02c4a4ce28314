// npm run build: builds the app into out/.
import { build } from './lib/build.mjs';
import { ensureModules } from './lib/modules.mjs';
import { runScript } from './lib/script.mjs';

await runScript(import.meta.url, async () => {
  await ensureModules();
  await build();
  return 0;
});
