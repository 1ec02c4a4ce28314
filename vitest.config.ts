import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const testTimeout = 20_000;

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'main', include: ['src-main/**/*.test.ts', 'scripts/*/*.test.ts'], testTimeout } },
      {
        plugins: [react()],
        test: {
          name: 'renderer',
          include: ['src-renderer/**/*.test.{ts,tsx}'],
          environment: 'jsdom',
          testTimeout,
        },
      },
      // Reads back what `npm run package` made, so it runs after that and not with the unit tests.
      { test: { name: 'package', include: ['scripts/package.test.ts'], testTimeout } },
    ],
  },
});
