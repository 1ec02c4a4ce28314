import { join } from 'node:path';
import { findElectron } from '../electron-runtime.mjs';
import { electronPackages, interopPackages, xvfbPackages } from '../lib/debian.mjs';
import { projectRoot } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';
import { runTool, toolCommand } from '../lib/tools.mjs';
import { add, oneCheck, playwrightTotals, vitestTotals } from './totals.mjs';

/** @typedef {import('./totals.mjs').Totals} Totals */

/**
 * @typedef {object} PartContext
 * @property {string} reports A folder for the reports of the test runners.
 * @property {number} timeoutMs What is left of the whole run's time.
 */

/**
 * @typedef {object} Part
 * @property {string} name What `npm test -- NAME` calls it.
 * @property {string} title
 * @property {readonly string[]} debianPackages
 * @property {(context: PartContext) => Promise<Totals>} check
 */

const typeConfigs = ['tsconfig.json', 'tsconfig.renderer.json', 'tsconfig.e2e.json', 'tsconfig.scripts.json'];

/** Every part of `npm test`, in the order they run. @type {readonly Part[]} */
export const parts = [
  { name: 'types', title: 'Types (tsc)', debianPackages: [], check: checkTypes },
  { name: 'lint', title: 'Format and lint (biome)', debianPackages: [], check: lint },
  {
    name: 'unit',
    title: 'Import rules and unit tests (vitest)',
    debianPackages: [],
    check: (context) => vitest(context, 'unit', ['--project=main', '--project=renderer']),
  },
  {
    name: 'package',
    title: 'Package and its fuses (electron-builder)',
    debianPackages: [],
    check: packageApp,
  },
  {
    name: 'e2e',
    title: 'The app in a real window (Playwright)',
    debianPackages: [...electronPackages, ...xvfbPackages],
    check: (context) => playwright(context, 'e2e'),
  },
  {
    name: 'interop',
    title: 'Interop with Kamailio and SIPp (Playwright)',
    debianPackages: [...electronPackages, ...xvfbPackages, ...interopPackages],
    check: (context) => playwright(context, 'interop'),
  },
];

/** @param {PartContext} context */
async function checkTypes({ timeoutMs }) {
  const all = [];
  for (const config of typeConfigs) {
    const { code } = await runTool('tsc', ['--noEmit', '-p', config], { timeoutMs });
    all.push(oneCheck(code));
  }
  return add(all);
}

/** @param {PartContext} context */
async function lint({ timeoutMs }) {
  const { code } = await runTool('biome', ['check'], { timeoutMs });
  return oneCheck(code);
}

/** @param {PartContext} context */
async function packageApp(context) {
  const script = join(projectRoot, 'scripts/package.mjs');
  const { code } = await run(process.execPath, [script], { cwd: projectRoot, timeoutMs: context.timeoutMs });
  return add([oneCheck(code), await vitest(context, 'package', ['--project=package'])]);
}

/**
 * @param {PartContext} context
 * @param {string} name
 * @param {readonly string[]} args
 */
async function vitest({ reports, timeoutMs }, name, args) {
  const report = join(reports, `${name}.json`);
  const { code } = await runTool(
    'vitest',
    ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    { timeoutMs },
  );
  return vitestTotals(report, code);
}

/**
 * @param {PartContext} context
 * @param {string} project
 */
async function playwright({ reports, timeoutMs }, project) {
  const { executable } = await findElectron();
  const report = join(reports, `${project}.json`);
  const command = toolCommand('playwright', ['test', `--project=${project}`, '--reporter=list,json']);
  const [program, args] = process.platform === 'linux' ? underXvfb(command) : command;
  const { code } = await run(program, args, {
    cwd: projectRoot,
    env: { ...process.env, PUSH_TERMINAL_ELECTRON: executable, PLAYWRIGHT_JSON_OUTPUT_FILE: report },
    timeoutMs,
  });
  return playwrightTotals(report, code);
}

/**
 * @param {[command: string, args: string[]]} command
 * @returns {[command: string, args: string[]]} The same on a screen of its own, under a free display number.
 */
function underXvfb([program, args]) {
  return ['xvfb-run', ['-a', '-s', '-screen 0 1600x1000x24', program, ...args]];
}
