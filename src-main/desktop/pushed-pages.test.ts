import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PAGE_LIFETIME_MS, PushedPages } from './pushed-pages.ts';

describe('a page that was handed over', () => {
  let pages: PushedPages;

  beforeEach(() => {
    vi.useFakeTimers();
    pages = new PushedPages();
  });

  afterEach(() => vi.useRealTimers());

  test('is served once, under a name of its own', () => {
    const url = pages.keep('<p>one</p>');
    expect(url).toMatch(/^pushed:\/\/[0-9a-f]{32}\/$/);
    expect(pages.keep('<p>two</p>')).not.toBe(url);
    expect(pages.take(url)).toBe('<p>one</p>');
    expect(pages.take(url)).toBeNull();
  });

  test('is forgotten after a minute', () => {
    const url = pages.keep('<p>one</p>');
    vi.advanceTimersByTime(PAGE_LIFETIME_MS);
    expect(pages.take(url)).toBeNull();
  });

  test('is forgotten when others come', () => {
    const first = pages.keep('first');
    const later = [1, 2, 3, 4].map((number) => pages.keep(`page ${number}`));
    expect(pages.take(first)).toBeNull();
    expect(later.map((url) => pages.take(url))).toEqual(['page 1', 'page 2', 'page 3', 'page 4']);
  });

  test.each(['pushed://abc/', 'pushed:///', 'app://push-terminal/', ''])('is not %j', (url) => {
    pages.keep('page');
    expect(pages.take(url)).toBeNull();
  });
});
