import { describe, expect, it } from 'vitest';
import { parsePortRange } from './port-range.ts';

describe('parsePortRange', () => {
  it.each([
    ['30000-30100', { first: 30_000, last: 30_100 }],
    ['7-7', { first: 7, last: 7 }],
    ['1-65535', { first: 1, last: 65_535 }],
    ['2-1', null],
    ['0-5', null],
    ['1-65536', null],
    ['5', null],
    ['1-', null],
    ['a-b', null],
    [' 1-2', null],
  ])('%s', (text, range) => {
    expect(parsePortRange(text)).toEqual(range);
  });
});
