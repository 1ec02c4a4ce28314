import { join } from 'node:path';
import { projectRoot } from './paths.mjs';
import { run } from './run.mjs';

/** The programs inside node_modules that the scripts use. */
const tools = {
  biome: '@biomejs/biome/bin/biome',
  'electron-builder': 'electron-builder/cli.js',
  'electron-vite': 'electron-vite/bin/electron-vite.js',
  playwright: '@playwright/test/cli.js',
  tsc: 'typescript/bin/tsc',
  vitest: 'vitest/vitest.mjs',
};

/** @typedef {keyof typeof tools} Tool */

/**
 * @param {Tool} tool
 * @param {readonly string[]} args
 * @returns {[command: string, args: string[]]} What to run for it, without a shell or npx.
 */
export function toolCommand(tool, args) {
  return [process.execPath, [join(projectRoot, 'node_modules', tools[tool]), ...args]];
}

/**
 * Runs it in the project's root.
 * @param {Tool} tool
 * @param {readonly string[]} args
 * @param {import('./run.mjs').RunOptions} [options]
 */
export function runTool(tool, args, options = {}) {
  return run(...toolCommand(tool, args), { cwd: projectRoot, ...options });
}
