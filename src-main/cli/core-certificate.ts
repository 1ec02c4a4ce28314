import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { messageOf } from '../agent/live-push.ts';
import type { CoreCertificate, ListenAddress } from '../sandbox/core/listener.ts';
import { UsageError } from './streams.ts';

/**
 * Reads the files of `--cert` and `--key`; null where neither is given and no address needs them.
 * @throws UsageError when one lacks, cannot be read, or is no such thing.
 */
export async function readCertificate(
  options: { readonly cert?: string; readonly key?: string },
  addresses: readonly ListenAddress[],
): Promise<CoreCertificate | null> {
  const { cert, key } = options;
  const secure = addresses.find(({ transport }) => transport === 'tls' || transport === 'wss');
  if (cert === undefined && key === undefined && secure === undefined) return null;
  if (cert === undefined || key === undefined) {
    const who = secure === undefined ? 'TLS' : `--listen ${secure.transport}:…`;
    throw new UsageError(`${who} needs --cert FILE and --key FILE, both PEM.`);
  }
  const certificate = { cert: await readPem('--cert', cert), key: await readPem('--key', key) };
  try {
    createSecureContext(certificate);
  } catch (error) {
    throw new UsageError(
      `--cert ${cert} and --key ${key} are no certificate and its key: ${messageOf(error)}`,
    );
  }
  return certificate;
}

async function readPem(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${option} ${path} cannot be read: ${messageOf(error)}`);
  }
}
