import { describe, expect, it } from 'vitest';
import { acceptsAny, acceptsType } from './accept-types.ts';

describe('accept types (RFC 4975 §8.6, X-19)', () => {
  it.each([
    [['*'], 'x/y', true],
    [['*/*'], 'x/y', true],
    [['image/*'], 'IMAGE/png; q=1', true],
    [['image/*'], 'video/mp4', false],
    [['Text/Plain'], 'text/plain;charset=utf-8', true],
    [[], 'text/plain', false],
  ])('%j takes %s: %s', (list, type, taken) => {
    expect(acceptsType(list, type)).toBe(taken);
  });

  it.each([
    [['video/*'], ['text/plain', 'video/mp4'], [], true],
    [['video/*'], ['message/cpim'], ['text/plain'], false],
    [['video/*'], ['message/cpim'], ['*'], true],
    [['video/*'], ['message/cpim'], [], true],
    [['video/*'], ['text/plain'], ['video/mp4'], false],
    [['video/*'], [], [], false],
  ])('%j takes an m-line of %j wrapping %j: %s', (list, acceptTypes, acceptWrappedTypes, taken) => {
    expect(acceptsAny(list, { acceptTypes, acceptWrappedTypes })).toBe(taken);
  });
});
