import { expect, it } from 'vitest';
import { errorCode, explainDiskError } from './disk-error.ts';

it.each([
  ['ENOSPC', 'the disk is full'],
  ['ENOENT', 'the folder is gone'],
  ['EROFS', 'writing there is not allowed'],
  ['EIO', 'raw text'],
])('explains %s', (code, words) => {
  const error = Object.assign(new Error('raw text'), { code });
  expect(errorCode(error)).toBe(code);
  expect(explainDiskError(error)).toBe(words);
});

it('explains what is no file system error', () => {
  expect(errorCode('text')).toBeNull();
  expect(explainDiskError('text')).toBe('text');
});
