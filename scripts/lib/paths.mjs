import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The folder of package.json. */
export const projectRoot = resolve(import.meta.dirname, '../..');

/** Where the build goes. */
export const outFolder = join(projectRoot, 'out');

/** Where what is fetched once and used by every checkout is kept. */
export const cacheFolder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'push-terminal');
