import { beforeEach, describe, expect, it } from 'vitest';
import type { ExternalReference } from '../../content/external-body.ts';
import { type CachedContent, ContentCache } from './content-cache.ts';
import { makeReference } from './test-content-server.ts';

const CONTENT: CachedContent = {
  sha256: 'a'.repeat(64),
  sha1: 'b'.repeat(40),
  bytes: 9,
  contentType: 'image/png',
  types: ['image/png'],
  preview: null,
  mismatch: false,
};
const NOW = new Date('2030-01-01T00:00:00Z');
const LATER = new Date('2030-01-01T01:00:00Z');
const REFERENCE = makeReference('https://push.test/image', { contentId: 'one@push.test' });

describe('ContentCache', () => {
  let cache: ContentCache;

  beforeEach(() => {
    cache = new ContentCache();
    cache.remember(REFERENCE, CONTENT, LATER);
  });

  it.each<[name: string, change: Partial<ExternalReference>, found: boolean]>([
    ['the same id at the same URL', {}, true],
    ['a new id', { contentId: 'two@push.test' }, false],
    ['no id', { contentId: null }, false],
    ['the same id at another URL', { url: 'https://evil.test/image' }, false],
    ['the size it has', { size: 9 }, true],
    ['another size', { size: 10 }, false],
    ['the hash it has', { hash: CONTENT.sha1, hashUsable: true }, true],
    ['another hash', { hash: 'c'.repeat(40), hashUsable: true }, false],
    ['a hash that is none', { hash: 'c'.repeat(20) }, false],
  ])('%s', (_name, change, found) => {
    expect(cache.find({ ...REFERENCE, ...change }, NOW)).toEqual(found ? CONTENT : null);
  });

  it('forgets with the expiration of the URL', () => {
    expect(cache.find(REFERENCE, LATER)).toBeNull();
    expect(cache.size).toBe(0);
  });

  it('remembers nothing without Content-ID', () => {
    cache.remember({ ...REFERENCE, contentId: null }, CONTENT, LATER);
    expect(cache.size).toBe(1);
  });

  it('forgets what the vault has lost', () => {
    cache.forget('0'.repeat(64));
    expect(cache.find(REFERENCE, NOW)).toEqual(CONTENT);
    cache.forget(CONTENT.sha256);
    expect(cache.find(REFERENCE, NOW)).toBeNull();
  });

  it('stays bounded, and drops what was used longest ago', () => {
    const small = new ContentCache(2);
    const numbered = (number: number) => ({ ...REFERENCE, contentId: `${number}@push.test` });
    small.remember(numbered(1), CONTENT, LATER);
    small.remember(numbered(2), CONTENT, LATER);
    expect(small.find(numbered(1), NOW)).toEqual(CONTENT);
    small.remember(numbered(3), CONTENT, LATER);
    expect([1, 2, 3].map((number) => small.find(numbered(number), NOW) !== null)).toEqual([
      true,
      false,
      true,
    ]);
  });
});
