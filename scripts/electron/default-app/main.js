// The start-up code of the prepared runtime: does what Electron's own default app does for
// `electron [switches] [-r FILE]… APP [arguments]`, and nothing else.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

const { required, appFolder } = readArguments(process.argv.slice(1));
for (const file of required) createRequire(resolve('main.js'))(resolve(file));
if (appFolder === null) {
  process.stderr.write('usage: electron [switches] [-r FILE]... APP_FOLDER [arguments]\n');
  process.exit(1);
}
// Awaited, so that Electron holds `ready` back until the app has registered its schemes.
await load(resolve(appFolder));

/**
 * @param {readonly string[]} args
 * @returns {{ required: string[], appFolder: string | null }}
 */
function readArguments(args) {
  /** @type {string[]} */
  const required = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '-r' || arg === '--require') required.push(args[++i] ?? '');
    else if (!arg.startsWith('-')) return { required, appFolder: arg };
  }
  return { required, appFolder: null };
}

/** @param {string} folder The folder with the app's package.json. */
async function load(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  Object.defineProperty(process, 'defaultApp', { value: true, enumerable: true });
  app.setName(manifest.productName ?? manifest.name);
  // setVersion and setAppPath are what Electron's default app calls too; its type file leaves them out.
  const own = /** @type {{ setVersion(version: string): void, setAppPath(path: string): void }} */ (
    /** @type {unknown} */ (app)
  );
  own.setVersion(manifest.version);
  own.setAppPath(folder);
  await import(pathToFileURL(join(folder, manifest.main)).href);
}
