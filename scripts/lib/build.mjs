import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { outFolder, projectRoot } from './paths.mjs';
import { Refusal, say } from './say.mjs';
import { runTool } from './tools.mjs';

const sources = ['src-main', 'src-renderer', 'resources', 'electron.vite.config.ts', 'package.json'];
const stampFile = join(outFolder, '.built-from');
const buildWithinMs = 5 * 60_000;

/** Builds the app unless `out/` was built from the sources as they are; of two processes one does it. */
export async function ensureBuilt() {
  if (isCurrent()) return;
  mkdirSync(outFolder, { recursive: true });
  await withLock(join(outFolder, '.build-lock'), buildWithinMs, async () => {
    if (!isCurrent()) await build();
  });
}

/**
 * Builds the app. Silent, but for the log of a build that fails.
 * @throws {Refusal} The build failed.
 */
export async function build() {
  say('Building ...');
  const stamp = fingerprint();
  const { code, output } = await runTool('electron-vite', ['build'], {
    output: 'collect',
    timeoutMs: buildWithinMs,
  });
  if (code !== 0) throw new Refusal(`${output}\nThe build failed.`);
  writeFileSync(stampFile, stamp);
}

function isCurrent() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === fingerprint();
}

/** Changes when a source file is added, removed or written. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of filesUnder(join(projectRoot, source))) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${file} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

/**
 * @param {string} path A file, a folder, or nothing.
 * @returns {string[]}
 */
function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
