import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';

/** A file to push; its size in bytes and SHA-1 as upper-case hex with colons. */
export type LocalFile = {
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha1: string;
};

const TYPES: Readonly<Record<string, string>> = {
  '.gif': 'image/gif',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.txt': 'text/plain',
  '.vcf': 'text/vcard',
  '.webp': 'image/webp',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
};

/** Media type by the ending of a name; application/octet-stream for others. */
export function typeOfName(name: string): string {
  return TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';
}

/** Reads size and hash of a file, streaming. Rejects with a sentence when it cannot be read. */
export async function describeFile(file: {
  readonly path: string;
  readonly name?: string;
  readonly type?: string;
}): Promise<LocalFile> {
  const name = file.name ?? basename(file.path);
  try {
    const { size } = await stat(file.path);
    const hash = createHash('sha1');
    for await (const chunk of createReadStream(file.path)) hash.update(chunk as Buffer);
    const sha1 = (hash.digest('hex').toUpperCase().match(/../g) ?? []).join(':');
    return { path: file.path, name, type: file.type ?? typeOfName(name), size, sha1 };
  } catch (error) {
    throw new Error(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
