import { describe, expect, it } from 'vitest';
import { bytesOf, NEW_RULE, ruleOf, ruleValues } from './rule-values.ts';

describe('rules about files in the form', () => {
  it.each([
    ['', null],
    ['0', 0],
    ['500', 500],
    ['64 KiB', 65_536],
    ['64kib', 65_536],
    ['1.5 MiB', 1_572_864],
    ['10 MB', 10_000_000],
    ['2 GiB', 2 * 1024 ** 3],
    ['7 bytes', 7],
  ])('reads the size %j', (text, bytes) => {
    expect(bytesOf(text)).toBe(bytes);
  });

  it.each(['much', '1 XB', '-1', '1 2', 'KiB', '1 constructor'])('takes %j for no size', (text) => {
    expect(bytesOf(text)).toBeNaN();
  });

  it('gives a rule back as it was', () => {
    const rule = {
      sender: '*@push.test',
      application: '*',
      type: 'image/*',
      minBytes: 1000,
      maxBytes: 10 * 1024 ** 2,
      decide: 'decline',
    } as const;
    expect(ruleValues(rule)).toMatchObject({ application: '', atLeast: '1000', atMost: '10 MiB' });
    expect(ruleOf(ruleValues(rule))).toEqual(rule);
  });

  it('means any by what is left empty', () => {
    expect(ruleOf(NEW_RULE)).toEqual({
      sender: '*',
      application: '*',
      type: '*/*',
      minBytes: null,
      maxBytes: null,
      decide: 'accept',
    });
  });
});
