import { existsSync, readFileSync } from 'node:fs';

/**
 * @typedef {object} Totals
 * @property {number} passed
 * @property {number} failed
 */

/** What a program that is one check by itself adds.
 * @param {number} code Its exit code.
 * @returns {Totals}
 */
export function oneCheck(code) {
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/**
 * @param {readonly Totals[]} all
 * @returns {Totals}
 */
export function add(all) {
  return {
    passed: all.reduce((sum, { passed }) => sum + passed, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/**
 * Reads the report of Vitest's JSON reporter.
 * @param {string} file
 * @param {number} code Vitest's exit code.
 * @returns {Totals}
 */
export function vitestTotals(file, code) {
  const report = readReport(file);
  return failedAtLeastOnce(report?.numPassedTests ?? 0, report?.numFailedTests ?? 0, code);
}

/**
 * Reads the report of Playwright's JSON reporter.
 * @param {string} file
 * @param {number} code Playwright's exit code.
 * @returns {Totals}
 */
export function playwrightTotals(file, code) {
  const { expected = 0, flaky = 0, unexpected = 0 } = readReport(file)?.stats ?? {};
  return failedAtLeastOnce(expected + flaky, unexpected, code);
}

/**
 * A run that fails without a failed test (a file that does not load, a time limit) counts as one failure.
 * @param {number} passed
 * @param {number} failed
 * @param {number} code
 * @returns {Totals}
 */
function failedAtLeastOnce(passed, failed, code) {
  return { passed, failed: code === 0 ? failed : Math.max(failed, 1) };
}

/** @param {string} file */
function readReport(file) {
  try {
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
  } catch {
    // Cut off when its writer was ended.
    return null;
  }
}
