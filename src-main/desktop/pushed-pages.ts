import { randomBytes } from 'node:crypto';

/** Pages that wait to be fetched; the oldest goes first. */
const MAX_PAGES = 4;
/** How long a page is kept for its frame. */
export const PAGE_LIFETIME_MS = 60_000;
export const PUSHED_SCHEME = 'pushed';

/**
 * Pages that a window has made of pushed content, each kept for one request of the frame that shows it: under a name
 * nobody can guess, for a minute, and then forgotten.
 */
export class PushedPages {
  readonly #pages = new Map<string, { readonly html: string; readonly timer: NodeJS.Timeout }>();

  /** Keeps a page; answers the URL under which it can be fetched once. */
  keep(html: string): string {
    const token = randomBytes(16).toString('hex');
    const timer = setTimeout(() => this.#pages.delete(token), PAGE_LIFETIME_MS);
    timer.unref();
    this.#pages.set(token, { html, timer });
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= MAX_PAGES) break;
      this.#take(oldest);
    }
    return `${PUSHED_SCHEME}://${token}/`;
  }

  /** The page of a URL, which is gone from then on; null when there is none. */
  take(url: string): string | null {
    const match = /^pushed:\/\/([0-9a-f]{32})\/$/.exec(url);
    return match?.[1] === undefined ? null : this.#take(match[1]);
  }

  #take(token: string): string | null {
    const page = this.#pages.get(token);
    if (page === undefined) return null;
    clearTimeout(page.timer);
    this.#pages.delete(token);
    return page.html;
  }
}
