import { FetchError } from './fetch-result.ts';

/** Why content is not fetched or not kept though the disk has room for it. */
export function noRoom(): FetchError {
  return new FetchError(
    'quota',
    'There is no room left for fetched content by the profile (content.maxTotalBytes). Remove pushes with fetched content or raise it, then try again.',
  );
}

/** How much content a terminal may still fetch; counts what is on its way into history as kept. */
export class ContentRoom {
  readonly #kept: () => number;
  readonly #limit: () => number;
  #landing = 0;

  /** Both in bytes, of the moment. */
  constructor(kept: () => number, limit: () => number) {
    this.#kept = kept;
    this.#limit = limit;
  }

  /** Bytes there is still room for; 0 when there is none. */
  get left(): number {
    return Math.max(0, this.#limit() - this.#kept() - this.#landing);
  }

  /** Keeps so many bytes. Rejects with a FetchError when others took the room meanwhile, else as `keep` does. */
  async take(bytes: number, keep: () => Promise<void>): Promise<void> {
    if (bytes > this.left) throw noRoom();
    this.#landing += bytes;
    try {
      await keep();
    } finally {
      this.#landing -= bytes;
    }
  }
}
