import { defineConfig } from '@playwright/test';

// Electron is started by the specs, from the executable in PUSH_TERMINAL_ELECTRON (scripts/test.mjs sets it).
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env['CI']),
  reporter: 'list',
  use: { trace: 'retain-on-failure' },
  projects: [
    { name: 'e2e', testMatch: '*.spec.ts', testIgnore: 'interop/**' },
    { name: 'interop', testMatch: 'interop/*.spec.ts' },
  ],
});
