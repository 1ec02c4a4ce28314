import { join } from 'node:path';
import { build } from 'vite';

/** The command line as one file, inside the project so that it finds its modules. Answers its path. */
export async function bundleCli(name: string): Promise<string> {
  const outDir = join(import.meta.dirname, '../../node_modules/.cache', name);
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: join(import.meta.dirname, '../cli.ts'),
      outDir,
      rolldownOptions: { output: { entryFileNames: 'cli.mjs' } },
    },
  });
  return join(outDir, 'cli.mjs');
}
