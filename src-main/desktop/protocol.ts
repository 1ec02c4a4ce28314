import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { protocol, type Session } from 'electron';
import { APP_ORIGIN, APP_SCHEME, isPushedUrl, mayLoad, resolveInside } from './app-url.ts';
import { PUSHED_SCHEME, type PushedPages } from './pushed-pages.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/**
 * Scripts, fonts and styles come from the app alone, frames show nothing but pushed pages, and nothing is ever connected to. React sets styles through
 * the CSSOM, which a policy without unsafe-inline allows.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  `frame-src ${PUSHED_SCHEME}:`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Pushed content runs no scripts and loads nothing: what it shows is in the page. The frame is sandboxed besides. */
export const PUSHED_CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  'img-src data:',
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  'sandbox',
].join('; ');

/** To be called before the app is ready. */
export function declareSchemes(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
    { scheme: PUSHED_SCHEME, privileges: { standard: true, secure: true } },
  ]);
}

/** Serves the built window under app://push-terminal/, and lets the session reach nothing else. */
export function serveApp(session: Session, folder: string, developmentUrl: string | null): void {
  session.protocol.handle(APP_SCHEME, async (request) => {
    const path = resolveInside(folder, request.url);
    if (path === null) return new Response('Not found', { status: 404 });
    try {
      return new Response(new Uint8Array(await readFile(path)), { headers: headersFor(path) });
    } catch {
      return new Response('Not found', { status: 404 });
    }
  });
  session.webRequest.onBeforeRequest((details, callback) => {
    // A pushed page is nothing but a frame in one of our windows.
    const isMisplaced = isPushedUrl(details.url) && details.resourceType !== 'subFrame';
    callback({ cancel: isMisplaced || !mayLoad(details.url, developmentUrl) });
  });
}

/** Serves pages of pushed content to the frames they were handed over for, each once. */
export function servePushedPages(session: Session, pages: PushedPages, developmentUrl: string | null): void {
  const ancestor = developmentUrl === null ? APP_ORIGIN : new URL(developmentUrl).origin;
  session.protocol.handle(PUSHED_SCHEME, (request) => {
    const html = request.method === 'GET' ? pages.take(request.url) : null;
    return new Response(html ?? 'Not found', {
      status: html === null ? 404 : 200,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': `${PUSHED_CONTENT_SECURITY_POLICY}; frame-ancestors ${ancestor}`,
        'X-Content-Type-Options': 'nosniff',
        'Referrer-Policy': 'no-referrer',
        'X-DNS-Prefetch-Control': 'off',
        'Cache-Control': 'no-store',
      },
    });
  });
}

function headersFor(path: string): Record<string, string> {
  return {
    'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  };
}
