// npm run -s cli -- …: the command line in plain Node, built first if need be. Stdout stays the command's own.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './lib/build.mjs';
import { ensureModules } from './lib/modules.mjs';
import { projectRoot } from './lib/paths.mjs';
import { say } from './lib/say.mjs';

const command = join(projectRoot, 'out/main/cli.js');
try {
  await ensureModules();
  await ensureBuilt();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
process.argv[1] = command;
await import(pathToFileURL(command).href);
