import { describe, expect, it } from 'vitest';
import { type MarkingSystem, markFromNetwork } from './mark-of-web.ts';

function system(platform: NodeJS.Platform): MarkingSystem & { readonly done: unknown[][] } {
  const done: unknown[][] = [];
  return {
    platform,
    done,
    write: async (...what) => void done.push(what),
    run: async (...what) => done.push(what),
  };
}

describe('markFromNetwork', () => {
  it('writes a Zone.Identifier on Windows', async () => {
    const windows = system('win32');
    await markFromNetwork('C:\\files\\a.exe', windows);
    expect(windows.done).toEqual([['C:\\files\\a.exe:Zone.Identifier', '[ZoneTransfer]\r\nZoneId=3\r\n']]);
  });

  it('sets com.apple.quarantine on macOS', async () => {
    const mac = system('darwin');
    await markFromNetwork('/files/a.dmg', mac);
    expect(mac.done).toEqual([
      [
        '/usr/bin/xattr',
        [
          '-w',
          'com.apple.quarantine',
          expect.stringMatching(/^0083;[0-9a-f]{8};Push Terminal;$/),
          '/files/a.dmg',
        ],
      ],
    ]);
  });

  it('does nothing elsewhere, and loses no file where a disk knows no marks', async () => {
    const linux = system('linux');
    await markFromNetwork('/files/a', linux);
    expect(linux.done).toEqual([]);
    await markFromNetwork('C:\\a', { ...system('win32'), write: () => Promise.reject(new Error('FAT')) });
  });
});
