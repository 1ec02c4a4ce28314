import type { ExternalReference } from '../../content/external-body.ts';

/** Content that was fetched earlier and lies in the vault. */
export type CachedContent = {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly sha1: string;
  readonly bytes: number;
  readonly contentType: string | null;
  /** Its type and those of its parts. */
  readonly types: readonly string[];
  /** For lists, as in a record of history. */
  readonly preview: string | null;
  readonly mismatch: boolean;
};

type Entry = { readonly content: CachedContent; readonly expires: Date };

/** Contents remembered; the one used longest ago goes first. */
const MAX_ENTRIES = 500;

/**
 * What a Content-ID at a URL stood for, so that it is not fetched twice (RFC 4483 §5.6). Another id, or another URL, is
 * fetched again. One cache belongs to one terminal: what its policy let in may be forbidden to another.
 */
export class ContentCache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;

  constructor(maxEntries = MAX_ENTRIES) {
    this.#maxEntries = maxEntries;
  }

  /** How many contents are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * The content a reference means, while the URL is good; null when it must be fetched. A reference that promises
   * another size or hash than the content has gets none: then the fetch says what is wrong.
   */
  find(reference: ExternalReference, now: Date): CachedContent | null {
    const key = keyOf(reference);
    const entry = key === null ? undefined : this.#entries.get(key);
    if (key === null || entry === undefined) return null;
    this.#entries.delete(key);
    if (entry.expires.getTime() <= now.getTime()) return null;
    this.#entries.set(key, entry);
    const { content } = entry;
    const sizeHolds = reference.size === null || reference.size === content.bytes;
    const hashHolds = reference.hash === null || reference.hash === content.sha1;
    return sizeHolds && hashHolds ? content : null;
  }

  /** Remembers fetched content until `expires` (`expiryOf`); without Content-ID there is nothing to know it by. */
  remember(reference: ExternalReference, content: CachedContent, expires: Date): void {
    const key = keyOf(reference);
    if (key === null) return;
    this.#entries.delete(key);
    this.#entries.set(key, { content, expires });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) break;
      this.#entries.delete(oldest);
    }
  }

  /** Forgets content that is no longer in the vault. */
  forget(sha256: string): void {
    for (const [key, { content }] of this.#entries) if (content.sha256 === sha256) this.#entries.delete(key);
  }
}

function keyOf({ contentId, url }: ExternalReference): string | null {
  return contentId === null ? null : JSON.stringify([contentId, url]);
}
