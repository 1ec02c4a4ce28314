import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { access, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from './sync-folder.ts';

/** Folder of content that is not yet whole. */
const PARTS = 'parts';

/** Files of content by SHA-256: written whole or not at all, kept once however often they come. */
export class Vault {
  readonly #folder: string;
  readonly #writing = new Map<string, Promise<void>>();
  /** Folders by first byte of the hash, at most 256: settled once a folder is there durably. */
  readonly #shelves = new Map<string, Promise<void>>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens a vault, making it when missing, and sweeps parts that a crash left. */
  static async open(folder: string): Promise<Vault> {
    await rm(join(folder, PARTS), { recursive: true, force: true });
    await mkdir(join(folder, PARTS), { recursive: true, mode: 0o700 });
    await syncFolder(dirname(folder));
    return new Vault(folder);
  }

  /** Where content lies. Throws for what is no SHA-256, which might name a file elsewhere. */
  pathOf(sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error('Not a SHA-256.');
    return join(this.#folder, sha256.slice(0, 2), sha256);
  }

  /** Keeps bytes durably under their hash, which the caller computed. */
  async put(sha256: string, bytes: Buffer): Promise<void> {
    // The same content may come twice at once: the second must not be called kept before the first is durable.
    const writing = this.#writing.get(sha256);
    if (writing !== undefined) return writing;
    const written = this.#write(sha256, bytes).finally(() => this.#writing.delete(sha256));
    this.#writing.set(sha256, written);
    return written;
  }

  /** Takes over a file with this hash, which the caller computed; durable once it resolves. */
  async adopt(sha256: string, file: string): Promise<void> {
    const path = this.pathOf(sha256);
    await this.#shelve(dirname(path));
    await rename(file, path);
    await syncFolder(dirname(path));
  }

  /** Content, or null when it is not there or longer than `maxBytes`. */
  async get(sha256: string, maxBytes: number): Promise<Buffer | null> {
    try {
      const path = this.pathOf(sha256);
      return (await stat(path)).size > maxBytes ? null : await readFile(path);
    } catch {
      return null;
    }
  }

  /** Removes content at once, so that nothing can come to rely on it meanwhile. */
  remove(sha256: string): void {
    rmSync(this.pathOf(sha256), { force: true });
  }

  async #write(sha256: string, bytes: Buffer): Promise<void> {
    const path = this.pathOf(sha256);
    if (await exists(path)) return;
    await this.#shelve(dirname(path));
    const part = join(this.#folder, PARTS, randomBytes(8).toString('hex'));
    try {
      await writeDurably(part, bytes);
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  }

  #shelve(shelf: string): Promise<void> {
    const made = this.#shelves.get(shelf);
    if (made !== undefined) return made;
    const making = this.#makeShelf(shelf);
    this.#shelves.set(shelf, making);
    // One that could not be made, as on a full disk, is tried again.
    making.catch(() => this.#shelves.delete(shelf));
    return making;
  }

  async #makeShelf(shelf: string): Promise<void> {
    await mkdir(shelf, { recursive: true, mode: 0o700 });
    await syncFolder(this.#folder);
  }
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
