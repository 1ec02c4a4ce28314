// npm start: installs what is missing, builds, finds an Electron and opens the app. With no display it plays
// the demo on the console instead. In a fresh clone there are no npm modules yet, so this file and what it
// imports load only Node's own.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findElectron } from './electron-runtime.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { electronPackages, ensureDebianPackages, isRoot } from './lib/debian.mjs';
import { ensureModules } from './lib/modules.mjs';
import { projectRoot } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { Refusal, say } from './lib/say.mjs';
import { runScript } from './lib/script.mjs';

await runScript(import.meta.url, async () => {
  await ensureModules();
  await ensureBuilt();
  return hasDisplay() ? openApp(process.argv.slice(2)) : playDemo();
});

function hasDisplay() {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

/** @param {readonly string[]} args */
async function openApp(args) {
  const { executable } = await findElectron();
  await ensureLibraries(executable);
  warnOfMissingSandbox(executable);
  say('Opening Push Terminal ...');
  const { code } = await run(executable, [...(isRoot ? ['--no-sandbox'] : []), projectRoot, ...args]);
  return code;
}

async function playDemo() {
  say('There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set): playing the demo on the console.');
  const { code } = await run(process.execPath, [join(projectRoot, 'out/main/cli.js'), 'demo']);
  return code;
}

/**
 * @param {string} executable
 * @throws {Refusal} Shared libraries are missing and could not be installed.
 */
async function ensureLibraries(executable) {
  if (process.platform !== 'linux' || (await missingLibraries(executable)).length === 0) return;
  await ensureDebianPackages(electronPackages);
  const missing = await missingLibraries(executable);
  if (missing.length > 0)
    throw new Refusal(`Electron needs these libraries installed: ${missing.join(', ')}`);
}

/** @param {string} executable */
async function missingLibraries(executable) {
  const { output } = await run('ldd', [executable], { output: 'collect' });
  return [...output.matchAll(/^\s*(\S+) => not found$/gm)].map(([, name = '']) => name);
}

/** @param {string} executable */
function warnOfMissingSandbox(executable) {
  const restriction = '/proc/sys/kernel/apparmor_restrict_unprivileged_userns';
  if (isRoot || !existsSync(restriction) || readFileSync(restriction, 'utf8').trim() === '0') return;
  const helper = join(dirname(executable), 'chrome-sandbox');
  say('This system may keep Chromium from starting its sandbox. If the window does not open, type:');
  say(`  sudo chown root:root '${helper}' && sudo chmod 4755 '${helper}'`);
}
