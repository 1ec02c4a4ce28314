import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

/** One import: what it names, from where, and whether it is erased with the types. */
type Import = { readonly names: string; readonly from: string; readonly typeOnly: boolean };

const root = join(import.meta.dirname, '..');

/** The folders of src-main, lowest layer first. A folder imports itself and lower layers. */
const layers: readonly (readonly string[])[] = [
  ['sip', 'sdp', 'msrp', 'content', 'history', 'trace'],
  ['agent', 'sandbox'],
  ['desktop', 'ipc', 'cli'],
  ['main', 'preload'],
];

/** Only in the uppermost two layers may neighbours import each other. */
const firstLayerWithNeighbours = 2;

const electronUsers = new Set(['main', 'preload', 'desktop', 'ipc']);
const socketModule = /^(node:)?(net|tls|dgram|http|https|http2)$/;
/** Names of node:net that look at addresses and open nothing. */
const addressNames = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress']);
const socketFreeFolders = new Set(['msrp', 'sdp', 'content']);
const socketOwners = new Set(
  ['connection', 'direct-reads', 'listener'].map((name) => `src-main/msrp/${name}.ts`),
);
const bridgeContract = 'src-main/ipc/contract.ts';

describe('import rules', () => {
  const files = [...sourcesUnder('src-main'), ...sourcesUnder('src-renderer')];

  test('the sources are found', () => {
    expect(files).toContain(bridgeContract);
  });

  test('hold in every source file', () => {
    expect(files.flatMap((file) => violations(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  test.each<[file: string, source: string, complaint: string | null]>([
    ['src-main/agent/a.ts', `import { x } from '../sip/x.ts';`, null],
    ['src-main/sandbox/core/a.ts', `import { x } from '../../sip/x.ts';`, null],
    ['src-main/ipc/a.ts', `import { x } from '../desktop/x.ts';`, null],
    ['src-main/sip/a.ts', `import { x } from '../agent/x.ts';`, 'sip may not import agent'],
    ['src-main/sip/a.ts', `import type { X } from '../agent/x.ts';`, 'sip may not import agent'],
    ['src-main/sip/a.ts', `import {\n  x,\n  y,\n} from '../msrp/x.ts';`, 'sip may not import msrp'],
    ['src-main/agent/a.ts', `const x = await import('../sandbox/x.ts');`, 'agent may not import sandbox'],
    ['src-main/sandbox/a.ts', `export { x } from '../agent/x.ts';`, 'sandbox may not import agent'],
    ['src-main/agent/a.ts', `import '../main.ts';`, 'agent may not import main'],
    ['src-main/agent/a.ts', `import { x } from '../misc/x.ts';`, 'misc is in no layer'],
    ['src-main/misc/a.ts', '', 'misc is in no layer'],
    ['src-main/desktop/a.ts', `import { app } from 'electron';`, null],
    ['src-main/agent/a.ts', `import { app } from 'electron';`, 'agent may not import electron'],
    ['src-main/cli.ts', `import log from 'electron-log/main.js';`, 'cli may not import electron'],
    ['src-main/msrp/connection.ts', `import { connect } from 'node:net';`, null],
    ['src-main/msrp/a.ts', `import type { Socket } from 'node:net';`, null],
    ['src-main/msrp/a.ts', `import { isIP, isIPv6 } from 'node:net';`, null],
    ['src-main/msrp/a.ts', `import { type Socket, isIP } from 'node:net';`, null],
    ['src-main/msrp/a.ts', `import net from 'node:net';`, 'opens no socket, but imports node:net'],
    [
      'src-main/msrp/a.ts',
      `import { isIP, connect } from 'node:net';`,
      'opens no socket, but imports node:net',
    ],
    ['src-main/content/a.ts', `import * as http from 'https';`, 'opens no socket, but imports https'],
    ['src-renderer/inbox/a.tsx', `import type { X } from '../../src-main/ipc/contract.ts';`, null],
    ['src-renderer/inbox/a.tsx', `import { x } from '../../src-main/sip/x.ts';`, 'only the contract'],
    ['src-renderer/inbox/a.tsx', `import { ipcRenderer } from 'electron';`, 'runs in a browser'],
    ['src-renderer/inbox/a.tsx', `import fs from 'node:fs';`, 'runs in a browser'],
  ])('in %s: %s', (file, source, complaint) => {
    const found = violations(file, source);
    if (complaint === null) expect(found).toEqual([]);
    else expect(found).toEqual([expect.stringContaining(complaint)]);
  });
});

/** What a source file does against the rules, in words; empty if nothing. */
function violations(file: string, source: string): readonly string[] {
  const check = file.startsWith('src-renderer/') ? rendererComplaint : mainComplaint;
  const own = file.startsWith('src-main/') && layerOf(folderOf(file)) === null ? [unknownFolder(file)] : [];
  const complaints = importsOf(source).map((imported) => check(file, imported));
  return [...own, ...complaints.filter((complaint) => complaint !== null)].map((text) => `${file}: ${text}`);
}

function mainComplaint(file: string, imported: Import): string | null {
  const folder = folderOf(file);
  if (/^electron(\/|$)|^electron-log(\/(main|preload|renderer)|$)/.test(imported.from)) {
    return electronUsers.has(folder) ? null : `${folder} may not import electron`;
  }
  if (socketModule.test(imported.from)) {
    const allowed = opensNothing(imported) || !socketFreeFolders.has(folder) || socketOwners.has(file);
    return allowed ? null : `opens no socket, but imports ${imported.from}`;
  }
  return imported.from.startsWith('.') ? arrowComplaint(folder, resolveFrom(file, imported.from)) : null;
}

/** Whether an import from a socket module brings in only types and address checks. */
function opensNothing({ names, typeOnly }: Import): boolean {
  const each = names.replace(/[{}]/g, '').split(',');
  const harmless = (name: string) => name.startsWith('type ') || addressNames.has(name);
  return (
    typeOnly ||
    (/[{}]/.test(names) &&
      each
        .map((name) => name.trim())
        .filter(Boolean)
        .every(harmless))
  );
}

function arrowComplaint(folder: string, target: string): string | null {
  const from = layerOf(folder);
  const to = layerOf(folderOf(target));
  if (from === null) return null;
  if (to === null) return unknownFolder(target);
  const neighbours = from === to && from >= firstLayerWithNeighbours;
  return folder === folderOf(target) || to < from || neighbours
    ? null
    : `${folder} may not import ${folderOf(target)}`;
}

function rendererComplaint(file: string, imported: Import): string | null {
  if (/^(node:|electron(\/|$))/.test(imported.from)) return `runs in a browser, but imports ${imported.from}`;
  const target = resolveFrom(file, imported.from);
  const allowed =
    !imported.from.startsWith('.') || !target.startsWith('src-main/') || target === bridgeContract;
  return allowed ? null : `imports ${target}; of src-main only the contract`;
}

/** The imports, re-exports and `import()` calls of a source file. */
function importsOf(source: string): readonly Import[] {
  const statement = /^[ \t]*(?:import|export)\b([^'";]*?)(?:\bfrom\s*)?['"]([^'"]+)['"]/gm;
  const call = /\bimport\(\s*['"]([^'"]+)['"]/g;
  const statements = [...source.matchAll(statement)].map(([, names = '', from = '']) => ({
    names,
    from,
    typeOnly: /^\s*type\b/.test(names),
  }));
  const calls = [...source.matchAll(call)].map(([, from = '']) => ({ names: '', from, typeOnly: false }));
  return [...statements, ...calls];
}

/** `agent` for src-main/agent/x.ts, `cli` for src-main/cli.ts. */
function folderOf(file: string): string {
  const [, name = ''] = file.split('/');
  return name.replace(/\.ts$/, '');
}

function layerOf(folder: string): number | null {
  const index = layers.findIndex((layer) => layer.includes(folder));
  return index === -1 ? null : index;
}

function unknownFolder(file: string): string {
  return `${folderOf(file)} is in no layer`;
}

function resolveFrom(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier);
}

/** The sources under a folder of the project. Tests and what only they use may import anything. */
function sourcesUnder(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .filter((entry) => !/(^test-|\.test\.|\.d\.ts$)/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
}
