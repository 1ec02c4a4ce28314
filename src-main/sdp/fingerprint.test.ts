import { describe, expect, it } from 'vitest';
import { readFingerprints } from './fingerprint.ts';

const A = { algorithm: 'sha-1', value: 'AA:01' };
const B = { algorithm: 'sha-256', value: 'BB:02' };

describe('readFingerprints (RFC 8122 §5)', () => {
  it.each([
    ['none', ['v=0', 'm=message'], [[]]],
    ['one of the session holds for every m-line', ['a=fingerprint:SHA-1 aa:01', 'm=1', 'm=2'], [[A], [A]]],
    [
      "an m-line's own come before the session's",
      ['a=fingerprint:sha-1 AA:01', 'm=1', 'a=fingerprint:sha-256 BB:02', 'm=2'],
      [[B], [A]],
    ],
    ['several', ['m=1', 'a=fingerprint:sha-1 AA:01', 'a=fingerprint: sha-256  BB:02 '], [[A, B]]],
    ['no hex', ['m=1', 'a=fingerprint:sha-1 xx'], null],
    ['no algorithm', ['m=1', 'a=fingerprint:AA:01'], null],
    ['empty', ['a=fingerprint:', 'm=1'], null],
  ])('%s', (_name, lines, wanted) => {
    expect(readFingerprints(lines)).toEqual(wanted);
  });

  it('reads no more than 16 of one m-line', () => {
    const many = Array<string>(30).fill('a=fingerprint:sha-1 AA:01');
    expect(readFingerprints(['m=1', ...many])?.[0]).toHaveLength(16);
  });
});
