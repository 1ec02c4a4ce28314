import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { add, oneCheck, playwrightTotals, vitestTotals } from './totals.mjs';

const folder = mkdtempSync(join(tmpdir(), 'push-terminal-totals-'));
afterAll(() => rmSync(folder, { recursive: true }));

function reportFile(content: string): string {
  const file = join(folder, 'report.json');
  writeFileSync(file, content);
  return file;
}

describe('totals', () => {
  test.each([
    ['all passed', { numPassedTests: 3, numFailedTests: 0 }, 0, { passed: 3, failed: 0 }],
    ['some failed', { numPassedTests: 3, numFailedTests: 2 }, 1, { passed: 3, failed: 2 }],
    ['a file did not load', { numPassedTests: 3, numFailedTests: 0 }, 1, { passed: 3, failed: 1 }],
  ])('of Vitest when %s', (_case, report, code, totals) => {
    expect(vitestTotals(reportFile(JSON.stringify(report)), code)).toEqual(totals);
  });

  test.each([
    ['all passed', { expected: 4, flaky: 1, unexpected: 0, skipped: 2 }, 0, { passed: 5, failed: 0 }],
    ['some failed', { expected: 4, flaky: 0, unexpected: 1, skipped: 0 }, 1, { passed: 4, failed: 1 }],
    ['nothing ran', { expected: 0, flaky: 0, unexpected: 0, skipped: 0 }, 1, { passed: 0, failed: 1 }],
  ])('of Playwright when %s', (_case, stats, code, totals) => {
    expect(playwrightTotals(reportFile(JSON.stringify({ stats })), code)).toEqual(totals);
  });

  test('of a runner that was ended count one failure', () => {
    expect(vitestTotals(join(folder, 'none.json'), 128)).toEqual({ passed: 0, failed: 1 });
    expect(playwrightTotals(reportFile('{"stats":'), 128)).toEqual({ passed: 0, failed: 1 });
  });

  test('add up', () => {
    expect(add([oneCheck(0), oneCheck(2), { passed: 5, failed: 1 }])).toEqual({ passed: 6, failed: 2 });
  });
});
