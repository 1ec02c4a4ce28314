import { join, normalize, sep } from 'node:path';
import { PUSHED_SCHEME } from './pushed-pages.ts';

export const APP_SCHEME = 'app';
export const APP_ORIGIN = `${APP_SCHEME}://push-terminal`;

/** The file that an app:// URL names, or null when it lies outside the folder or belongs to another host. */
export function resolveInside(folder: string, url: string): string | null {
  let parsed: URL;
  let path: string;
  try {
    parsed = new URL(url);
    path = decodeURIComponent(parsed.pathname);
  } catch {
    return null;
  }
  if (parsed.protocol !== `${APP_SCHEME}:` || parsed.host !== 'push-terminal' || path.includes('\0'))
    return null;
  const root = normalize(folder);
  const full = normalize(join(root, path === '/' ? 'index.html' : path));
  return full.startsWith(root.endsWith(sep) ? root : root + sep) ? full : null;
}

/** Whether a URL is one of our windows. */
export function isAppUrl(url: string, developmentUrl: string | null): boolean {
  if (url.startsWith(`${APP_ORIGIN}/`)) return true;
  if (developmentUrl === null || !URL.canParse(url)) return false;
  return new URL(url).origin === new URL(developmentUrl).origin;
}

/** Whether our session may load a URL at all: the app itself, framed pages, data: URLs, the dev server in development. */
export function mayLoad(url: string, developmentUrl: string | null): boolean {
  if (url.startsWith(`${APP_ORIGIN}/`) || url.startsWith('data:') || url.startsWith('devtools:')) return true;
  if (isPushedUrl(url)) return true;
  if (developmentUrl === null || !URL.canParse(url)) return false;
  // By host, as live reload comes over ws: from the same server.
  return new URL(url).host === new URL(developmentUrl).host;
}

/** Whether a URL is that of a page made of pushed content, which only a frame may show. */
export function isPushedUrl(url: string): boolean {
  return url.startsWith(`${PUSHED_SCHEME}://`);
}
