import { join, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAppUrl, mayLoad, resolveInside } from './app-url.ts';

const folder = join(sep, 'opt', 'renderer');
const dev = 'http://localhost:5173';

describe('the file of an app: URL', () => {
  test.each<[url: string, path: string | null]>([
    ['app://push-terminal/', join(folder, 'index.html')],
    ['app://push-terminal/index.html?view=desk', join(folder, 'index.html')],
    ['app://push-terminal/assets/a%20b.js', join(folder, 'assets', 'a b.js')],
    ['app://push-terminal/../../etc/passwd', join(folder, 'etc', 'passwd')],
    ['app://push-terminal/%2e%2e/%2e%2e/etc/passwd', join(folder, 'etc', 'passwd')],
    ['app://push-terminal/..%2f..%2fetc%2fpasswd', null],
    ['app://push-terminal/..%2frenderer-evil/a.js', null],
    ['app://push-terminal/a%00.js', null],
    ['app://push-terminal/%ff', null],
    ['app://elsewhere/index.html', null],
    ['file:///etc/passwd', null],
    ['nonsense', null],
  ])('%s', (url, path) => {
    expect(resolveInside(folder, url)).toBe(path);
  });
});

describe('what is ours', () => {
  test.each<[url: string, ours: boolean]>([
    ['app://push-terminal/index.html', true],
    ['app://push-terminal.evil/index.html', false],
    ['http://localhost:5173/index.html', true],
    ['http://localhost:51730/index.html', false],
    ['http://localhost:5173.evil.test/', false],
    ['nonsense', false],
  ])('%s', (url, ours) => {
    expect(isAppUrl(url, dev)).toBe(ours);
  });

  test('the dev server is not ours in a build', () => {
    expect(isAppUrl(`${dev}/index.html`, null)).toBe(false);
  });
});

describe('what may be loaded', () => {
  test.each<[url: string, developmentUrl: string | null, may: boolean]>([
    ['app://push-terminal/a.js', null, true],
    ['data:image/png;base64,AA==', null, true],
    ['pushed://00112233445566778899aabbccddeeff/', null, true],
    ['https://example.com/', null, false],
    ['http://localhost:5173/@vite/client', null, false],
    ['file:///etc/passwd', null, false],
    ['blob:app://push-terminal/1', null, false],
    ['ws://localhost:5173/', dev, true],
    ['https://example.com/', dev, false],
    ['nonsense', dev, false],
  ])('%s', (url, developmentUrl, may) => {
    expect(mayLoad(url, developmentUrl)).toBe(may);
  });
});
