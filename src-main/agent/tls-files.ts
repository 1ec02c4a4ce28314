import { readFile } from 'node:fs/promises';
import type { TlsSettings } from '../sip/socket.ts';
import { messageOf } from './live-push.ts';
import type { Profile } from './profile.ts';

/** Reads the PEM files that a profile names. Rejects with a sentence that names the setting and the file. */
export async function readTlsFiles(tls: Profile['tls']): Promise<TlsSettings> {
  const read = async (setting: 'ca' | 'cert' | 'key') => {
    const path = tls[setting];
    if (path === null) return null;
    return readFile(path, 'utf8').catch((error: unknown) => {
      throw new Error(
        `tls.${setting} ${path} cannot be read: ${messageOf(error).replace(/, open '.*'$/, '')}`,
      );
    });
  };
  const [ca, cert, key] = await Promise.all([read('ca'), read('cert'), read('key')]);
  return { ca, cert, key, verify: tls.verify, serverName: tls.serverName };
}
