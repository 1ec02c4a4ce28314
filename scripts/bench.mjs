// npm run -s bench -- NAME [arguments]: bundles bench/NAME.ts into plain JavaScript and runs it in this Node.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureModules } from './lib/modules.mjs';
import { outFolder, projectRoot } from './lib/paths.mjs';
import { Refusal } from './lib/say.mjs';
import { runScript } from './lib/script.mjs';

const benchFolder = join(projectRoot, 'bench');

await runScript(import.meta.url, async () => {
  const [name = ''] = process.argv.slice(2);
  const source = join(benchFolder, `${name}.ts`);
  if (!/^[\w-]+$/.test(name) || !existsSync(source))
    throw new Refusal(`usage: npm run -s bench -- NAME (${names()})`);
  await ensureModules();
  const bundle = await bundleBench(name, source);
  process.argv.splice(1, 2, bundle);
  await import(pathToFileURL(bundle).href);
  return Number(process.exitCode ?? 0);
});

function names() {
  return readdirSync(benchFolder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .join(', ');
}

/**
 * @param {string} name
 * @param {string} source
 * @returns {Promise<string>} The bundle's path.
 */
async function bundleBench(name, source) {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'error',
    build: {
      ssr: source,
      target: 'node20.18',
      outDir: join(outFolder, 'bench', name),
      emptyOutDir: true,
      rolldownOptions: { output: { entryFileNames: 'bench.js' } },
    },
  });
  return join(outFolder, 'bench', name, 'bench.js');
}
