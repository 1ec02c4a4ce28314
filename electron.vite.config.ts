import { chmodSync } from 'node:fs';
import { join, resolve } from 'node:path';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';

/** Entries of Node code: each `src-main/NAME.ts` becomes `out/main/NAME.js`. */
const mainEntries = ['main', 'cli'];

/** Entries a user may run as a command; they get a shebang line and the executable bit. */
const commandEntries = new Set(['cli']);

const shebang = '#!/usr/bin/env node\n';

// The app ships on a current Electron and also runs on Electron 33 (Node 20.18, Chromium 130), so the
// targets are set by hand: left to itself electron-vite picks the newest it knows.
const nodeTarget = 'node20.18';
const chromeTarget = 'chrome130';

function entries(folder: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, resolve(folder, `${name}.ts`)]));
}

function commands(): Plugin {
  return {
    name: 'push-terminal:commands',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk' || !chunk.isEntry || !commandEntries.has(chunk.name)) continue;
        if (!chunk.code.startsWith('#!')) chunk.code = shebang + chunk.code;
      }
    },
    writeBundle(options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk' || !chunk.isEntry || !commandEntries.has(chunk.name)) continue;
        chmodSync(join(options.dir ?? '.', chunk.fileName), 0o755);
      }
    },
  };
}

export default defineConfig({
  main: {
    plugins: [commands()],
    build: {
      target: nodeTarget,
      outDir: 'out/main',
      rolldownOptions: {
        input: entries('src-main', mainEntries),
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      target: nodeTarget,
      outDir: 'out/preload',
      // A sandboxed preload can require nothing but electron, so all else is bundled into it.
      externalizeDeps: false,
      rolldownOptions: {
        input: entries('src-main', ['preload']),
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src-renderer',
    plugins: [react(), tailwindcss()],
    build: {
      target: chromeTarget,
      outDir: 'out/renderer',
      // The window's policy takes fonts from the app only, not from data: URLs.
      assetsInlineLimit: 0,
      minify: true,
      rolldownOptions: { input: resolve('src-renderer/index.html') },
    },
  },
});
