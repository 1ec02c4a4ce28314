import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';

/** A file to push; its size in bytes and SHA-1 as upper-case hex with colons. */
export type LocalFile = {
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha1: string;
  /** The first byte that is offered, from 1: more continues a transfer that broke (RFC 5547 §6). */
  readonly from: number;
  readonly icon: FileIcon | null;
};

/** A picture of a file, as its own body part (RFC 5547 §8.8). */
export type FileIcon = { readonly id: string; readonly type: string; readonly bytes: Buffer };

/** A file as it is asked to be pushed. */
export type FileToPush = {
  readonly path: string;
  readonly name?: string;
  readonly type?: string;
  readonly from?: number;
  /** Path of a picture. */
  readonly icon?: string;
};

/** An icon travels in the INVITE, which should stay small. */
const MAX_ICON_BYTES = 64 * 1024;
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
  '.svg': 'image/svg+xml',
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
export async function describeFile(file: FileToPush): Promise<LocalFile> {
  const name = file.name ?? basename(file.path);
  try {
    const { size } = await stat(file.path);
    const hash = createHash('sha1');
    for await (const chunk of createReadStream(file.path)) hash.update(chunk as Buffer);
    const sha1 = (hash.digest('hex').toUpperCase().match(/../g) ?? []).join(':');
    const { path, from = 1 } = file;
    if (from < 1 || from > Math.max(1, size)) throw new Error(`it has no byte ${from}`);
    const icon = file.icon === undefined ? null : await readIcon(file.icon);
    return { path, name, type: file.type ?? typeOfName(name), size, sha1, from, icon };
  } catch (error) {
    throw new Error(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function readIcon(path: string): Promise<FileIcon> {
  const bytes = await readFile(path);
  if (bytes.length > MAX_ICON_BYTES) throw new Error(`its icon has more than ${MAX_ICON_BYTES} bytes`);
  return { id: `${randomUUID()}@push-terminal`, type: typeOfName(path), bytes };
}
