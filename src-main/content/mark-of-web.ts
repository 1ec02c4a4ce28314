import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** How a mark is set on a system; another one in tests. */
export type MarkingSystem = {
  readonly platform: NodeJS.Platform;
  readonly write: (path: string, text: string) => Promise<void>;
  readonly run: (program: string, args: readonly string[]) => Promise<unknown>;
};

/** Internet zone, as browsers write it for downloads. */
const ZONE_IDENTIFIER = '[ZoneTransfer]\r\nZoneId=3\r\n';
const XATTR_TIMEOUT_MS = 5_000;
const run = promisify(execFile);

const THIS_SYSTEM: MarkingSystem = {
  platform: process.platform,
  write: (path, text) => writeFile(path, text),
  run: (program, args) => run(program, [...args], { timeout: XATTR_TIMEOUT_MS }),
};

/**
 * Marks a file as one that came from the network, so that the system warns before it runs or trusts it: a
 * Zone.Identifier on Windows, `com.apple.quarantine` on macOS. Other systems have no such mark; they rely on the file
 * having no exec bit. Never rejects: a disk that knows no marks (FAT, network shares) is no reason to lose a file.
 */
export async function markFromNetwork(path: string, system: MarkingSystem = THIS_SYSTEM): Promise<void> {
  try {
    if (system.platform === 'win32') await system.write(`${path}:Zone.Identifier`, ZONE_IDENTIFIER);
    if (system.platform === 'darwin') {
      const seconds = Math.floor(Date.now() / 1000).toString(16);
      await system.run('/usr/bin/xattr', [
        '-w',
        'com.apple.quarantine',
        `0083;${seconds};Push Terminal;`,
        path,
      ]);
    }
  } catch {
    // The file is kept all the same; what it may do is limited by how it is opened.
  }
}
