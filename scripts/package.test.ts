import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listPackage } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { describe, expect, test } from 'vitest';

// A fuse is one character in the binary.
const off = '0'.charCodeAt(0);
const on = '1'.charCodeAt(0);

const folder = join(import.meta.dirname, '../dist/linux-unpacked');

describe.skipIf(!existsSync(folder))('the packaged app', () => {
  test.each([
    ['RunAsNode', off],
    ['EnableNodeOptionsEnvironmentVariable', off],
    ['EnableNodeCliInspectArguments', off],
    ['GrantFileProtocolExtraPrivileges', off],
    ['EnableCookieEncryption', on],
    ['EnableEmbeddedAsarIntegrityValidation', on],
    ['OnlyLoadAppFromAsar', on],
  ] as const)('has its fuse %s set', async (fuse, state) => {
    const wire = await getCurrentFuseWire(join(folder, 'push-terminal'));
    expect(wire[FuseV1Options[fuse]]).toBe(state);
  });

  test('holds the app and its native module, and no source or other start-up code', () => {
    const files = listPackage(join(folder, 'resources/app.asar'), { isPack: false });
    expect(files).toContain('/out/main/main.js');
    expect(files).toContain('/out/preload/preload.cjs');
    expect(files).toContain('/out/renderer/index.html');
    expect(
      files.filter((file) => /^\/(src-|scripts|e2e)|\.ts$/.test(file) && !file.includes('node_modules')),
    ).toEqual([]);
    expect(existsSync(join(folder, 'resources/app.asar.unpacked/node_modules/@libsql'))).toBe(true);
    expect(existsSync(join(folder, 'resources/default_app.asar'))).toBe(false);
  });
});
