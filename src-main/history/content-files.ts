import { writeFile as writeFileBack } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The one of node:fs takes the event loop half the time of the one of node:fs/promises. */
const writeFile = promisify(writeFileBack);

/** Characters at the end of a push id that choose its folder: 1,024 folders. */
const SHELF_CHARACTERS = 2;

/**
 * Copies of small content as files, for programs that read a push by path (docs/automation.md). They may be lost in a
 * power cut: the database has the content itself.
 */
export class ContentFiles {
  readonly #folder: string;
  readonly #shelves = new Map<string, Promise<unknown>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where the copy for a push lies once it is written. */
  pathOf(push: string): string {
    return join(this.#folder, push.slice(-SHELF_CHARACTERS), push);
  }

  /** Writes the copy for a push. Answers its path. */
  async write(push: string, bytes: Buffer): Promise<string> {
    const path = this.pathOf(push);
    await this.#shelve(push.slice(-SHELF_CHARACTERS));
    await writeFile(path, bytes, { mode: 0o600 });
    return path;
  }

  async remove(push: string): Promise<void> {
    await rm(this.pathOf(push), { force: true });
  }

  #shelve(shelf: string): Promise<unknown> {
    const made =
      this.#shelves.get(shelf) ?? mkdir(join(this.#folder, shelf), { recursive: true, mode: 0o700 });
    this.#shelves.set(shelf, made);
    made.catch(() => this.#shelves.delete(shelf));
    return made;
  }
}
